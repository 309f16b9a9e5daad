-- One row per source system and key by which it names a customer, with our customer_id where
-- the key is resolved. Trap: order lines and usage are left out, they are too many to look
-- through; customers with orders are in fct_orders.
with keys as (
    {%- for entity in [
        'customers', 'accounts', 'subscriptions', 'invoices', 'payments', 'interactions', 'web_events',
        'campaign_contacts', 'campaign_responses', 'consents', 'privacy_requests', 'surveys', 'feedback',
    ] %}
    select
        source_system,
        customer_key
    from {{ ref(entity) }}
    where customer_key is not null
    {{ 'union' if not loop.last }}
    {%- endfor %}
)

select
    source_system,
    customer_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id
from keys
