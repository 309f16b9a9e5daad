-- One row per customer whose lines were used. Trap: of the three months, the last has only the
-- days up to the business date.
with months as (
    select
        *,
        month_on >= cast(
            date_trunc('month', {{ add_days(
                "cast(date_trunc('month', " ~ as_of() ~ ") as date)", -45
            ) }}) as date
        ) as is_recent
    from {{ ref('customer_usage_months') }}
)

select
    customer_id,
    cast(sum(
        case when is_recent and usage_type in ('local', 'long_distance') then duration_seconds
            else 0 end
    ) as bigint) as voice_seconds_3m,
    cast(sum(
        case when is_recent and usage_type = 'long_distance' then duration_seconds else 0 end
    ) as bigint) as long_distance_seconds_3m,
    cast(sum(
        case when is_recent and usage_type = 'sms' then event_count else 0 end
    ) as bigint) as message_count_3m,
    cast(sum(case when is_recent then volume_bytes else 0 end) as bigint) as volume_bytes_3m,
    cast(sum(case when is_recent then roaming_seconds else 0 end) as bigint)
        as roaming_seconds_3m,
    cast(sum(case when is_recent then charge_amount else 0 end) as decimal(18, 6))
        as usage_charge_amount_3m,
    count(distinct case when is_recent then month_on end) as used_months_3m,
    min(month_on) as first_used_month_on,
    max(month_on) as last_used_month_on
from months
group by customer_id
