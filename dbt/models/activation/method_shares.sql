-- One row per asset and metric that is a share of what was counted. Trap: only a share of cases
-- that stand for more to come (is_sample) has an interval; a count of all there is, is exact.
with shares as (
    select
        'marts.churn_onsets' as asset,
        'onset_found_share' as metric,
        count(onset_on) as hits,
        count(*) as trials,
        true as is_sample
    from {{ ref('churn_onsets') }}
    union all
    select
        'ml.customer_segments' as asset,
        'largest_segment_share' as metric,
        coalesce(max(customer_count), 0) as hits,
        cast(coalesce(sum(customer_count), 0) as bigint) as trials,
        false as is_sample
    from {{ source('ml', 'segment_profiles') }}
    where as_of_on = {{ as_of() }}
    union all
    select
        'marts.rpt_silo' as asset,
        'in_several_systems_share' as metric,
        cast(coalesce(sum(case when system_count > 1 then customer_count end), 0) as bigint)
            as hits,
        cast(coalesce(sum(customer_count), 0) as bigint) as trials,
        false as is_sample
    from {{ ref('rpt_silo') }}
    union all
    select
        'marts.attribute_catalog' as asset,
        'key_attribute_fill_share' as metric,
        cast(coalesce(sum(filled_count), 0) as bigint) as hits,
        cast(coalesce(sum(customer_count), 0) as bigint) as trials,
        false as is_sample
    from {{ ref('attribute_catalog') }}
    where is_key
    union all
    select
        'marts.text_topic_coverage' as asset,
        'with_topic_share' as metric,
        cast(coalesce(sum(with_topic_count), 0) as bigint) as hits,
        cast(coalesce(sum(text_count), 0) as bigint) as trials,
        true as is_sample
    from {{ ref('text_topic_coverage') }}
    union all
    select
        'marts.tier_changes' as asset,
        'downgrade_share' as metric,
        cast(count_if(direction = 'down') as bigint) as hits,
        count(*) as trials,
        true as is_sample
    from {{ ref('tier_changes') }}
    union all
    select
        'marts.campaign_results' as asset,
        'response_share' as metric,
        cast(coalesce(sum(responding_customers), 0) as bigint) as hits,
        cast(coalesce(sum(targeted_customers), 0) as bigint) as trials,
        true as is_sample
    from {{ ref('campaign_results') }}
    where is_over
    union all
    select
        'marts.capability_status' as asset,
        'fed_entity_share' as metric,
        cast(count_if(is_fed) as bigint) as hits,
        count(*) as trials,
        false as is_sample
    from {{ ref('capability_status') }}
    union all
    select
        'ops.reconciliation' as asset,
        'agreeing_share' as metric,
        cast(count_if(first_difference is null) as bigint) as hits,
        count(*) as trials,
        false as is_sample
    from {{ source('ops_figures', 'reconciliation') }}
    where business_on <= {{ as_of() }}
)

select
    asset,
    metric,
    hits,
    trials,
    cast(hits as double) / nullif(trials, 0) as measured_value,
    case when is_sample then {{ wilson_bound('hits', 'trials', '-') }} end as ci_low,
    case when is_sample then {{ wilson_bound('hits', 'trials', '+') }} end as ci_high,
    is_sample
from shares
where trials > 0
