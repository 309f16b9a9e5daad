-- One row per event of a customer, over all systems. Traps: a day without a time stands at
-- midnight, is_timed says so; times are UTC, but the day of an order is the shop's; the rows
-- lie by customer, so that one customer's events are read from a few blocks.
with events as (
    {{ timeline_events(
        ref('int_contact_events_listed'), 'event_type', 'event_key', at='timed_at',
        on='occurred_on', channel='channel', detail='detail', source_system='source_system',
        event_count='event_count'
    ) }}
    union all
    {{ timeline_events(
        ref('dim_prospects'), "'enquired'", 'prospect_key', on='enquired_on',
        source_system='source_system'
    ) }}
    union all
    {{ timeline_events(ref('customer_360'), "'joined'", 'customer_id', on='joined_on') }}
    union all
    {{ timeline_events(
        ref('customer_products'), "'product_started'", "user_id || ' ' || cast(from_on as string)",
        on='from_on', detail='product_id', amount='monthly_fee_amount'
    ) }}
    union all
    {{ timeline_events(
        ref('customer_products'), "'product_ended'", "user_id || ' ' || cast(from_on as string)",
        on='to_on', detail='product_id', amount='monthly_fee_amount'
    ) }}
    union all
    {{ timeline_events(
        ref('customer_usage_months'), "'usage_month'",
        "usage_type || ' ' || cast(month_on as string)",
        on='least(last_day(month_on), ' ~ as_of() ~ ')', detail='usage_type',
        event_count='event_count', amount='charge_amount'
    ) }}
    union all
    {{ timeline_events(
        ref('fct_orders'), "'order'", 'order_id', at='ordered_at', on='ordered_on',
        detail='store_id', source_system='source_system', event_count='line_count',
        amount='sales_amount'
    ) }}
    union all
    {{ timeline_events(
        ref('int_invoices_identified'), "'invoice'", 'invoice_key', on='issued_on',
        detail='invoice_type', source_system='source_system', amount='gross_amount'
    ) }}
    union all
    {{ timeline_events(
        ref('int_payments_identified'), "'payment'", 'payment_key', at='paid_at',
        detail='payment_method', source_system='source_system', amount='amount'
    ) }}
    union all
    {{ timeline_events(
        ref('customer_holdings'), "'left'", 'customer_id', on='last_line_ended_on'
    ) }}
)

select
    customer_id,
    event_type,
    channel,
    detail,
    source_system,
    event_key,
    event_count,
    amount,
    is_timed,
    occurred_on,
    occurred_at
from events
order by customer_id, occurred_at, event_type, event_key
