{{ config(enabled=systems_feeding('subscriptions') | length > 0) }}
-- One row per cut-off and customer who had a line by then. Trap: a line has a row per plan
-- and period; a change of plan ends one period and begins the next and is no end of a line.
with cutoffs as (
    {{ partitions_to_build(feature_inputs(), 'cutoff_on') }}
),

versions as (
    {{ subscriptions_at_cutoffs() }}
),

periods as (
    select
        *,
        ended_on is null or ended_on >= cutoff_on as is_in_use,
        case when ended_on is null or ended_on >= cutoff_on then contract_ends_on end
            as term_ends_on,
        min(started_on) over (
            partition by source_system, subscription_key, cutoff_on
        ) as line_started_on
    from versions
),

lines as (
    select
        source_system,
        subscription_key,
        customer_id,
        cutoff_on,
        min(line_started_on) as started_on,
        max(ended_on) as ended_on,
        max(case when is_in_use then 1 else 0 end) as in_use,
        max(case when is_in_use and term_ends_on >= cutoff_on then 1 else 0 end)
            as under_term,
        min(case when term_ends_on >= cutoff_on then term_ends_on end) as term_ends_on,
        cast(
            sum(case when is_in_use then coalesce(monthly_fee_amount, 0) else 0 end)
            as decimal(18, 2)
        ) as monthly_fee_amount,
        count_if(
            started_on > line_started_on
            and started_on > {{ add_days('cutoff_on', -182) }}
        ) as plan_changes,
        max(greatest(business_on, started_on)) as newest_on
    from periods
    where customer_id is not null
    group by source_system, subscription_key, customer_id, cutoff_on
),

plans as (
    select
        customer_id,
        cutoff_on,
        count(distinct product_key) as plan_count
    from periods
    where is_in_use
    group by customer_id, cutoff_on
)

select
    lines.customer_id,
    lines.cutoff_on,
    cast(sum(lines.in_use) as bigint) as lines,
    max(coalesce(plans.plan_count, 0)) as plans,
    cast(sum(lines.monthly_fee_amount) as double) as monthly_fee,
    cast({{ days_between('min(lines.started_on)', 'lines.cutoff_on') }} as bigint)
        as line_tenure_days,
    cast({{ days_between('lines.cutoff_on', 'min(lines.term_ends_on)') }} as bigint)
        as contract_days_left,
    cast(sum(lines.in_use - lines.under_term) as bigint) as lines_out_of_term,
    cast(sum(lines.plan_changes) as bigint) as plan_changes_182d,
    count_if(
        lines.in_use = 0 and lines.ended_on > {{ add_days('lines.cutoff_on', -91) }}
    ) as lines_ended_91d,
    max(lines.newest_on) as newest_on,
    cutoffs.input_hash
from lines
inner join cutoffs
    on cutoffs.cutoff_on = lines.cutoff_on
left join plans
    on plans.customer_id = lines.customer_id
    and plans.cutoff_on = lines.cutoff_on
group by lines.customer_id, lines.cutoff_on, cutoffs.input_hash
