-- One row per cut-off at which features and labels are taken, with the fingerprints of the
-- loads known then. Cut-offs: a fixed grid counted from Sunday 1970-01-04, from 91 days of
-- history on, and as_of. Trap: the grid must not depend on the run, or history would move.
with days as (
    {{ days_from_to("cast('" ~ var('start_on') ~ "' as date)", as_of()) }}
),

cutoffs as (
    select
        day_on as cutoff_on,
        {{ add_days('day_on', var('churn_horizon_days')) }} as label_closes_on
    from days
    where
        day_on = {{ as_of() }}
        or (
            {{ days_between("cast('1970-01-04' as date)", 'day_on') }}
            % {{ var('cutoff_step_days') }} = 0
            and {{ days_between("cast('" ~ var('start_on') ~ "' as date)", 'day_on') }}
            >= 91
        )
),

loads as (
    {{ loads_of(['order_lines', 'campaigns', 'campaign_contacts', 'campaign_responses']) }}
),

order_loads as (
    {{ loads_of(['order_lines']) }}
),

feature_hashes as (
    select
        cutoffs.cutoff_on,
        {{ fingerprint('loads.load_id') }} as feature_hash
    from cutoffs
    left join loads
        on loads.business_on <= cutoffs.cutoff_on
    group by cutoffs.cutoff_on
),

label_hashes as (
    select
        cutoffs.cutoff_on,
        {{ fingerprint('order_loads.load_id') }} as order_hash
    from cutoffs
    left join order_loads
        on order_loads.business_on <= cutoffs.label_closes_on
    where cutoffs.label_closes_on <= {{ as_of() }}
    group by cutoffs.cutoff_on
)

select
    cutoffs.cutoff_on,
    cutoffs.label_closes_on,
    cutoffs.label_closes_on <= {{ as_of() }} as is_closed,
    coalesce(feature_hashes.feature_hash, '') || {{ moved_ids_hash() }} as feature_hash,
    md5(
        coalesce(feature_hashes.feature_hash, '') || coalesce(label_hashes.order_hash, 'open')
        || {{ moved_ids_hash() }}
        || '{{ var('churn_active_days') }}|{{ var('churn_horizon_days') }}'
    ) as label_hash
from cutoffs
left join feature_hashes
    on feature_hashes.cutoff_on = cutoffs.cutoff_on
left join label_hashes
    on label_hashes.cutoff_on = cutoffs.cutoff_on
