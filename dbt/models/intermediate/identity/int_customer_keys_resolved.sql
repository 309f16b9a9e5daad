-- One row per key by which any system names a customer, and period. Traps: a phone number goes
-- from one customer to the next, and the last period counts where no day is asked for; who is
-- known as a prospect or a login only is no customer and has no row.
with records as (
    select
        customer_key,
        customer_id
    from {{ source('identity', 'customer_xref') }}
    where is_customer
),

holdings as (
    select
        'msisdn:' || lines.phone as customer_key,
        records.customer_id,
        min(lines.started_on) as valid_from_on,
        max(coalesce(lines.ended_on, cast('9999-12-31' as date))) as last_on
    from {{ ref('subscriptions') }} as lines
    inner join records
        on records.customer_key = lines.customer_key
    where lines.phone is not null
    group by lines.phone, records.customer_id, lines.subscription_key
),

numbers as (
    select
        customer_key,
        customer_id,
        valid_from_on,
        lead(valid_from_on) over (
            partition by customer_key
            order by valid_from_on asc nulls last, last_on asc nulls last,
                customer_id asc nulls last
        ) as valid_to_on
    from holdings
)

select
    customer_key,
    customer_id,
    cast(null as date) as valid_from_on,
    cast(null as date) as valid_to_on,
    true as is_latest
from records
union all
select
    customer_key,
    customer_id,
    valid_from_on,
    valid_to_on,
    valid_to_on is null as is_latest
from numbers
