-- One row per talk of a campaign, with what the customer said. Trap: an offer accepted on the
-- phone is a reply here; the order itself comes from elsewhere.
select
    'outbound' as source_system,
    campaign_id as campaign_key,
    cast(customer_no as string) as customer_key,
    cast(null as string) as coupon_key,
    case outcome when 'accepted' then 'reply' when 'do_not_call' then 'refusal' else outcome end
        as response_type,
    cast(noted_at as date) as responded_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'outbound__results') }}
where {{ is_current_load() }}
