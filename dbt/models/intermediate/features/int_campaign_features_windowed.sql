-- One row per cut-off and customer whom a campaign contacted, or who answered one, in the
-- 182 days up to it. Traps: a source without a date of contact counts as contacted on the
-- first day of the campaign, as it was known then; who was held back was not contacted.
with cutoffs as (
    {{ partitions_to_build(feature_inputs(), 'cutoff_on') }}
),

known_loads as (
    {{ loads_at_cutoffs() }}
),

campaigns as (
    select
        campaigns.source_system,
        campaigns.campaign_key,
        known_loads.cutoff_on,
        campaigns.starts_on,
        row_number() over (
            partition by
                campaigns.source_system, campaigns.campaign_key, known_loads.cutoff_on
            order by campaigns.business_on desc nulls last, campaigns.load_id desc nulls last
        ) as version_rank
    from {{ ref('int_campaigns_delivered') }} as campaigns
    inner join known_loads
        on known_loads.load_id = campaigns.load_id
),

contacts as (
    select
        contacts.customer_id,
        known_loads.cutoff_on,
        known_loads.business_on,
        coalesce(contacts.contacted_on, campaigns.starts_on) as happened_on,
        'contact' as event_type
    from {{ ref('int_campaign_contacts_delivered') }} as contacts
    inner join known_loads
        on known_loads.load_id = contacts.load_id
    left join campaigns
        on campaigns.source_system = contacts.source_system
        and campaigns.campaign_key = contacts.campaign_key
        and campaigns.cutoff_on = known_loads.cutoff_on
        and campaigns.version_rank = 1
    where contacts.contact_status is distinct from 'held_out'
),

responses as (
    select
        responses.customer_id,
        known_loads.cutoff_on,
        known_loads.business_on,
        responses.responded_on as happened_on,
        responses.response_type as event_type
    from {{ ref('int_campaign_responses_delivered') }} as responses
    inner join known_loads
        on known_loads.load_id = responses.load_id
),

events as (
    select
        *,
        {{ days_between('happened_on', 'cutoff_on') }} as age_days
    from (
        select * from contacts
        union all
        select * from responses
    ) as happened
    where customer_id is not null and happened_on <= cutoff_on
)

select
    events.customer_id,
    events.cutoff_on,
    {{ count_within(91, "event_type = 'contact'") }} as campaigns_91d,
    {{ count_within(91, "event_type = 'redemption'") }} as redemptions_91d,
    {{ count_within(182, "event_type = 'refusal'") }} as refusals_182d,
    max(greatest(events.business_on, events.happened_on)) as newest_on,
    cutoffs.input_hash
from events
inner join cutoffs
    on cutoffs.cutoff_on = events.cutoff_on
where events.age_days < 182
group by events.customer_id, events.cutoff_on, cutoffs.input_hash
