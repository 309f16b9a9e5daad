{{ config(materialized='table') }}
-- One row per cut-off at which features and labels are taken, with the fingerprints of the
-- loads known then. Cut-offs: a fixed grid counted from Sunday 1970-01-04, from 91 days of
-- history on, and as_of. Traps: the grid must not depend on the run, or history would move;
-- the fingerprints are of what was known then, so that a later correction changes none. A
-- table, because every feature model asks for it twice.
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

feature_loads as (
    {{ loads_used_of(feature_entities()) }}
),

order_loads as (
    {{ loads_used_of(['order_lines']) }}
),

feature_hashes as (
    select
        cutoffs.cutoff_on,
        {{ fingerprint('feature_loads.load_id') }} as feature_hash
    from cutoffs
    left join feature_loads
        on {{ is_known_at('feature_loads', 'cutoffs.cutoff_on') }}
    group by cutoffs.cutoff_on
),

label_hashes as (
    select
        cutoffs.cutoff_on,
        {{ fingerprint('order_loads.load_id') }} as order_hash
    from cutoffs
    left join order_loads
        on {{ is_known_at('order_loads', 'cutoffs.label_closes_on') }}
    where cutoffs.label_closes_on <= {{ as_of() }}
    group by cutoffs.cutoff_on
)

select
    cutoffs.cutoff_on,
    {{ add_days('cutoffs.cutoff_on', 1) }} as label_opens_on,
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
