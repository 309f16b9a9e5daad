-- One row per customer who turned to us. Traps: a call and the ticket opened in it are two
-- contacts; only callers brought home count; days are UTC.
with contacts as (
    select
        *,
        cast(opened_at as date) as opened_on,
        {{ days_between('cast(opened_at as date)', as_of()) }} as age_days,
        row_number() over (
            partition by customer_id
            order by
                case when topic is null then 1 else 0 end asc nulls last,
                opened_at desc nulls last, source_system asc nulls last,
                interaction_key asc nulls last
        ) as topic_rank
    from {{ ref('int_interactions_identified') }}
    where
        customer_id is not null
        and direction is distinct from 'outbound'
        and interaction_type <> 'look-up'
)

select
    customer_id,
    max(case when topic_rank = 1 then topic end) as last_topic,
    {{ count_within(30, "interaction_type = 'complaint'") }} as complaint_count_30d,
    {{ count_within(91, "interaction_type = 'complaint'") }} as complaint_count_91d,
    {{ count_within(365, "interaction_type = 'complaint'") }} as complaint_count_365d,
    {{ count_within(91, "interaction_type = 'call'") }} as call_count_91d,
    {{ count_within(91, "interaction_type <> 'call'") }} as ticket_count_91d,
    {{ count_within(365) }} as contact_count_365d,
    cast(count_if(interaction_type <> 'call' and closed_at is null) as bigint)
        as open_ticket_count,
    cast(avg(case when age_days < 365 then cast(satisfaction_score as double) end)
        as decimal(5, 2)) as satisfaction_score_365d,
    max(opened_on) as last_service_on,
    max(case when interaction_type = 'complaint' then opened_on end) as last_complaint_on
from contacts
group by customer_id
