-- One row per customer with a household: a record that stands for a household, an address that
-- at most household_max_customers share, or else the household of whoever pays. Traps: an
-- address of more is a block or a company and makes no household; the id is that of the
-- founder, the customer who came first, so that who joins later does not change it.
with records as (
    select
        *,
        min(coalesce(registered_on, business_on)) over (partition by customer_id) as came_on,
        row_number() over (
            partition by customer_id
            order by
                case when address_key is null then 1 else 0 end asc nulls last,
                business_on desc nulls last, source_system asc nulls last,
                customer_key asc nulls last
        ) as record_rank
    from {{ ref('int_profiles_identified') }}
    where customer_id is not null
),

customers as (
    select customer_id, customer_type, address_key, came_on
    from records
    where record_rank = 1
),

addresses as (
    select
        customer_id,
        count(*) over (partition by address_key) as customer_count,
        first_value(customer_id) over (
            partition by address_key order by came_on asc nulls last, customer_id asc nulls last
        ) as founder_id
    from customers
    where address_key is not null and customer_type is distinct from 'household'
),

own as (
    select customer_id, customer_id as founder_id, 'declared' as evidence
    from customers
    where customer_type = 'household'
    union all
    select customer_id, founder_id, 'address' as evidence
    from addresses
    where customer_count <= {{ var('household_max_customers') }}
),

-- Who has no household of their own, and whose line another customer's account pays.
payers as (
    select
        subscriptions.customer_id,
        min(own.founder_id) as founder_id
    from {{ ref('int_subscriptions_identified') }} as subscriptions
    inner join {{ ref('int_accounts_identified') }} as accounts
        on accounts.source_system = subscriptions.source_system
        and accounts.account_key = subscriptions.account_key
    inner join own
        on own.customer_id = accounts.customer_id
    left join addresses
        on addresses.customer_id = subscriptions.customer_id
    left join own as already
        on already.customer_id = subscriptions.customer_id
    where
        subscriptions.customer_id <> accounts.customer_id
        and addresses.customer_id is null
        and already.customer_id is null
    group by subscriptions.customer_id
)

select customer_id, founder_id, evidence from own
union all
select customer_id, founder_id, 'payer' as evidence from payers
