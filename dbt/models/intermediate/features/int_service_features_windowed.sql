{{ config(enabled=systems_feeding('interactions') | length > 0) }}
-- One row per cut-off and customer who was in contact with the company in the 182 days up to
-- it. Traps: a ticket is delivered again with every change, and counts as it was known at the
-- cut-off; look-ups of other businesses are no contact with us.
with cutoffs as (
    {{ partitions_to_build(feature_inputs(), 'cutoff_on') }}
),

known_loads as (
    {{ loads_at_cutoffs() }}
),

versions as (
    select
        contacts.customer_id,
        contacts.interaction_type,
        contacts.direction,
        contacts.satisfaction_score,
        contacts.closed_at,
        loads.cutoff_on,
        loads.business_on,
        cast(contacts.opened_at as date) as opened_on,
        {{ days_between('cast(contacts.opened_at as date)', 'loads.cutoff_on') }} as age_days,
        row_number() over (
            partition by
                contacts.source_system, contacts.interaction_key, loads.cutoff_on
            order by
                loads.business_on desc nulls last, loads.part desc nulls last,
                loads.load_id desc nulls last
        ) as version_rank
    from {{ ref('int_interactions_delivered') }} as contacts
    inner join known_loads as loads
        on loads.load_id = contacts.load_id
    where loads.age_days < 182 and contacts.interaction_type <> 'look-up'
),

contacts as (
    select
        *,
        interaction_type = 'complaint' as is_complaint,
        interaction_type <> 'call' and closed_at is null as is_open
    from versions
    where
        version_rank = 1
        and customer_id is not null
        and opened_on <= cutoff_on
        and age_days < 182
)

select
    contacts.customer_id,
    contacts.cutoff_on,
    {{ count_within(28, "direction = 'inbound'") }} as contacts_in_28d,
    {{ count_within(91, "direction = 'inbound'") }} as contacts_in_91d,
    {{ count_within(91, "direction = 'outbound'") }} as contacts_out_91d,
    {{ count_within(91, 'is_complaint') }} as complaints_91d,
    {{ count_within(182, 'is_complaint') }} as complaints_182d,
    cast(min(case when is_complaint then age_days end) as bigint)
        as complaint_recency_days,
    {{ count_within(182, 'is_open') }} as open_cases,
    cast(cast(sum(contacts.satisfaction_score) as decimal(18, 2)) as double)
    / nullif(count(contacts.satisfaction_score), 0) as satisfaction_182d,
    max(greatest(contacts.business_on, contacts.opened_on)) as newest_on,
    cutoffs.input_hash
from contacts
inner join cutoffs
    on cutoffs.cutoff_on = contacts.cutoff_on
group by contacts.customer_id, contacts.cutoff_on, cutoffs.input_hash
