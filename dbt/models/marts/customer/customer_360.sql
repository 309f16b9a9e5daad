-- One row per customer: what is known of them, from every subject. Traps: a figure that is null
-- has no source or no record, 0 is measured; money of bills and of purchases is not added up.
with customers as (
    select * from {{ ref('dim_customers') }}
),

tags as (
    select customer_id, count(distinct tag) as tag_count
    from {{ ref('customer_tags') }}
    where is_current
    group by customer_id
)

select
    customers.customer_id,
    members.household_id,
    profile.customer_type,
    profile.region,
    profile.gender,
    coalesce(customers.age_band, profile.age_band) as age_band,
    customers.income_band,
    customers.home_ownership,
    customers.marital_status,
    customers.household_size,
    customers.household_composition,
    customers.kids_count,
    holdings.main_product_id,
    service.last_topic,
    standing.lifecycle_stage,
    standing.next_action_code,
    standing.tier,
    homes.current_customer_count as household_customer_count,
    coalesce(tags.tag_count, 0) as tag_count,
    cast({{ days_between(
        'coalesce(profile.joined_on, customers.first_order_on)', as_of()
    ) }} as bigint) as tenure_days,
    holdings.active_line_count,
    holdings.line_count,
    holdings.active_product_count,
    holdings.open_account_count,
    holdings.monthly_fee_amount,
    usage.voice_seconds_3m,
    usage.long_distance_seconds_3m,
    usage.message_count_3m,
    usage.volume_bytes_3m,
    usage.roaming_seconds_3m,
    usage.usage_charge_amount_3m,
    usage.used_months_3m,
    spend.order_count,
    spend.order_count_rfm,
    spend.invoice_count,
    spend.sales_amount,
    spend.sales_amount_rfm,
    spend.invoiced_amount,
    spend.invoiced_amount_91d,
    spend.paid_amount,
    spend.balance_amount,
    standing.growth_slope_amount,
    standing.revenue_amount_12m,
    standing.net_profit_amount_12m,
    service.complaint_count_30d,
    service.complaint_count_91d,
    service.complaint_count_365d,
    service.call_count_91d,
    service.ticket_count_91d,
    service.contact_count_365d,
    service.open_ticket_count,
    service.satisfaction_score_365d,
    contacts.campaign_contact_count_91d,
    contacts.campaign_contact_count_365d,
    contacts.outbound_call_count_91d,
    contacts.response_count_365d,
    web.web_event_count_91d,
    web.web_days_91d,
    web.web_search_count_91d,
    web.web_order_count_91d,
    web.app_event_count_91d,
    standing.is_loss_making,
    customers.has_demographics,
    consent.is_marketing_granted,
    consent.is_profiling_granted,
    coalesce(profile.joined_on, customers.first_order_on) as joined_on,
    holdings.first_line_on,
    holdings.last_line_ended_on,
    holdings.contract_ends_on,
    usage.last_used_month_on,
    customers.first_order_on,
    customers.last_order_on,
    spend.last_invoice_on,
    spend.last_payment_on,
    service.last_service_on,
    service.last_complaint_on,
    contacts.last_contact_on,
    contacts.last_response_on,
    web.last_web_on
from customers
left join {{ ref('bridge_household_members') }} as members
    on members.customer_id = customers.customer_id
left join {{ ref('dim_households') }} as homes on homes.household_id = members.household_id
left join {{ ref('customer_standing') }} as standing
    on standing.customer_id = customers.customer_id
left join tags on tags.customer_id = customers.customer_id
left join {{ ref('customer_profile') }} as profile
    on profile.customer_id = customers.customer_id
left join {{ ref('customer_holdings') }} as holdings
    on holdings.customer_id = customers.customer_id
left join {{ ref('customer_usage_summary') }} as usage
    on usage.customer_id = customers.customer_id
left join {{ ref('customer_spend') }} as spend on spend.customer_id = customers.customer_id
left join {{ ref('customer_service') }} as service
    on service.customer_id = customers.customer_id
left join {{ ref('customer_contacts') }} as contacts
    on contacts.customer_id = customers.customer_id
left join {{ ref('customer_web') }} as web on web.customer_id = customers.customer_id
left join {{ ref('customer_consent_state') }} as consent
    on consent.customer_id = customers.customer_id
