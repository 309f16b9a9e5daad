{{ config(meta={
    'asset': 'marts.customer_stage_flows', 'dimension': 'accuracy', 'owner': 'customer-analytics', 'capability': ['LIF-3', 'LIF-7'],
}) }}
-- A returned row is a day on which the stages and segments together hold other than the
-- customers on record, a stage of the rules that the playbook has no action for in all
-- segments, or a priority of the playbook that is used twice.
with by_stage as (
    select day_on, cast(sum(closing_customers) as bigint) as customers
    from {{ ref('customer_stage_flows') }}
    group by day_on
),

by_state as (
    select day_on, cast(sum(closing_customers) as bigint) as customers
    from {{ ref('customer_lifecycle_flows') }}
    group by day_on
),

stages as (
    select distinct stage from {{ ref('lifecycle_rules') }}
)

select 'customers on ' || cast(by_state.day_on as string) as broken
from by_state
left join by_stage
    on by_stage.day_on = by_state.day_on
where by_stage.customers is null or by_stage.customers <> by_state.customers
union all
select 'no action for ' || stages.stage as broken
from stages
left join {{ ref('stage_playbook') }} as playbook
    on playbook.stage = stages.stage and playbook.segment = '*'
where playbook.stage is null
union all
select 'priority ' || cast(priority as string) as broken
from {{ ref('stage_playbook') }}
group by priority
having count(*) > 1
