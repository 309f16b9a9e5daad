-- One row per day from which the value of customers is looked at, value_horizon_months apart:
-- the last day of the last closed month (final), and two before it. Trap: before a month is
-- closed the days lie before start_on, where nothing is on record.
{%- set horizon = var('value_horizon_months') | int %}
{%- set recent = var('value_recent_months') | int %}
{%- set start_on = "cast('" ~ var('start_on') ~ "' as date)" %}
{%- set start_month = "cast(date_trunc('month', " ~ start_on ~ ") as date)" %}
with closed as (
    select
        coalesce(min(month_on), {{ start_month }}) as first_month_on,
        coalesce(max(month_on), {{ add_months(start_month, -1) }}) as last_month_on
    from {{ ref('customer_profit_loss') }}
    where is_closed
),

roles as (
    {%- for role in ['final', 'test', 'interval'] %}
    select
        '{{ role }}' as cutoff_role,
        first_month_on,
        {{ add_months('last_month_on', -horizon * loop.index0) }} as last_month_on
    from closed
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    last_day(last_month_on) as cutoff_on,
    cutoff_role,
    cast({{ horizon }} as bigint) as horizon_months,
    first_month_on,
    {{ add_months('last_month_on', 1 - recent) }} as recent_from_on,
    {{ add_months('last_month_on', 1 - horizon) }} as period_from_on,
    last_month_on,
    {{ add_months('last_month_on', horizon) }} as outcome_to_on
from roles
order by cutoff_on
