{{ config(materialized='view') }}
-- One row per customer and month on record: the stage at its end (at as_of in the running
-- month), what they brought and did. Traps: a month counts whole where it ended; who has no
-- stage then, and the row with customer_id null, are stage unallocated, so that sums are whole.
{%- set counts = [
    'order_count', 'usage_event_count', 'contact_count', 'complaint_count', 'score_count',
    'campaign_contact_count', 'campaign_response_count', 'score_sum',
] %}
with months as (
    select month_on, max(day_on) as last_on
    from {{ ref('dim_dates') }}
    group by month_on
),

held as (
    select
        spells.customer_id,
        spells.stage,
        cast({{ days_between('spells.from_on', 'months.last_on') }} + 1 as bigint)
            as stage_days,
        months.month_on
    from {{ ref('customer_stage_spells') }} as spells
    inner join months
        on months.last_on between spells.from_on and spells.to_on
),

activity as (
    select * from {{ ref('customer_activity_months') }}
),

money as (
    select * from {{ ref('customer_profit_loss') }}
),

-- Null customers meet each other too: keyed with -1, which no id is.
pairs as (
    select customer_id as customer_ref, month_on from held
    union
    select customer_id as customer_ref, month_on from activity
    union
    select coalesce(customer_id, -1) as customer_ref, month_on from money
)

select
    nullif(pairs.customer_ref, -1) as customer_id,
    coalesce(held.stage, 'unallocated') as stage,
    held.stage_days,
    {%- for name in counts %}
    activity.{{ name }},
    {%- endfor %}
    money.revenue_amount,
    money.net_profit_amount,
    money.is_closed,
    pairs.month_on
from pairs
left join held
    on held.customer_id = pairs.customer_ref
    and held.month_on = pairs.month_on
left join activity
    on activity.customer_id = pairs.customer_ref
    and activity.month_on = pairs.month_on
left join money
    on coalesce(money.customer_id, -1) = pairs.customer_ref
    and money.month_on = pairs.month_on
