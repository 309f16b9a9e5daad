-- One row per customer who holds or held a line or service. Trap: the main product is that of
-- the dearest line in use, not of the most used one.
with holdings as (
    select * from {{ ref('customer_products') }}
),

ranked as (
    select
        customer_id,
        product_id,
        row_number() over (
            partition by customer_id
            order by
                monthly_fee_amount desc nulls last, from_on asc nulls last,
                user_id asc nulls last
        ) as fee_rank
    from holdings
    where is_current
),

totals as (
    select
        customer_id,
        count(distinct case when is_current then user_id end) as active_line_count,
        count(distinct user_id) as line_count,
        count(distinct case when is_current then product_id end) as active_product_count,
        cast(sum(case when is_current then monthly_fee_amount else 0 end) as decimal(18, 2))
            as monthly_fee_amount,
        min(from_on) as first_line_on,
        case when count_if(is_current) = 0 then max(to_on) end as last_line_ended_on,
        min(
            case when is_current and contract_ends_on >= {{ as_of() }} then contract_ends_on end
        ) as contract_ends_on
    from holdings
    group by customer_id
),

accounts as (
    select
        customer_id,
        cast(count_if(to_on is null or to_on >= {{ as_of() }}) as bigint) as open_account_count
    from {{ ref('bridge_customer_accounts') }}
    group by customer_id
)

select
    totals.customer_id,
    ranked.product_id as main_product_id,
    totals.active_line_count,
    totals.line_count,
    totals.active_product_count,
    coalesce(accounts.open_account_count, 0) as open_account_count,
    totals.monthly_fee_amount,
    totals.first_line_on,
    totals.last_line_ended_on,
    totals.contract_ends_on
from totals
left join ranked
    on ranked.customer_id = totals.customer_id
    and ranked.fee_rank = 1
left join accounts
    on accounts.customer_id = totals.customer_id
