-- One row per customer, month, driver and product: how much of what costs money the customer
-- caused. Trap: customer_id is null where nobody is known; that part stays visible as
-- unallocated. A message of the gateway is the campaign's contact again and not counted twice.
with months as (
    select distinct month_on from {{ ref('dim_dates') }}
),

usage as (
    select
        customer_id,
        month_on,
        cast(
            case when usage_type = 'data' then 0 else network_seconds end / 60.0
            as decimal(18, 6)
        ) as minutes,
        case when usage_type = 'sms' then outgoing_event_count else 0 end as messages,
        cast(volume_bytes / 1048576.0 as decimal(18, 6)) as megabytes
    from {{ ref('line_usage_months') }}
),

line_months as (
    select
        contracts.subscription_key,
        months.month_on,
        max(contracts.customer_id) as customer_id
    from {{ ref('int_subscriptions_identified') }} as contracts
    inner join months
        on contracts.started_on <= last_day(months.month_on)
        and (contracts.ended_on is null or contracts.ended_on >= months.month_on)
    group by contracts.subscription_key, months.month_on
),

new_customers as (
    select
        customer_id,
        cast(date_trunc('month', min(started_on)) as date) as month_on
    from {{ ref('int_subscriptions_identified') }}
    where customer_id is not null
    group by customer_id
),

interactions as (
    select
        customer_id,
        cast(date_trunc('month', opened_at) as date) as month_on,
        case
            when channel = 'store' then 'store_visit'
            when interaction_type = 'complaint' then 'complaint'
            when interaction_type = 'call' and direction = 'inbound' then 'call'
        end as driver
    from {{ ref('int_interactions_identified') }}
),

contacts as (
    select
        contacts.customer_id,
        cast(date_trunc('month', contacts.contacted_on) as date) as month_on,
        case
            when contacts.channel = 'sms' then 'sms_contact'
            when contacts.channel = 'phone' then 'phone_contact'
        end as driver
    from {{ ref('int_campaign_contacts_identified') }} as contacts
    inner join {{ ref('campaigns') }} as campaigns
        on campaigns.source_system = contacts.source_system
        and campaigns.campaign_key = contacts.campaign_id
),

-- Only items that a unit cost is for: a retailer's 70 million lines cost nothing here.
costed_items as (
    select distinct product_key, month_on from {{ ref('int_costs_dated') }} where unit = 'item'
),

items as (
    select
        lines.customer_id,
        costed_items.month_on,
        lines.product_id,
        lines.quantity
    from {{ ref('fct_order_lines') }} as lines
    inner join costed_items
        on costed_items.product_key = lines.product_id
        and costed_items.month_on = cast(date_trunc('month', lines.ordered_on) as date)
),

caused as (
    select customer_id, month_on, 'minute' as driver, null as product_id, minutes as quantity
    from usage
    union all
    select customer_id, month_on, 'message' as driver, null as product_id, messages as quantity
    from usage
    union all
    select
        customer_id, month_on, 'megabyte' as driver, null as product_id, megabytes as quantity
    from usage
    union all
    select customer_id, month_on, driver, null as product_id, 1 as quantity from interactions
    union all
    select customer_id, month_on, driver, null as product_id, 1 as quantity from contacts
    union all
    select customer_id, month_on, 'item' as driver, product_id, quantity from items
    union all
    select customer_id, month_on, 'new_customer' as driver, null as product_id, 1 as quantity
    from new_customers
    union all
    select customer_id, month_on, 'line_month' as driver, null as product_id, 1 as quantity
    from line_months
)

select
    caused.customer_id,
    caused.driver,
    cast(caused.product_id as string) as product_id,
    cast(sum(caused.quantity) as decimal(18, 6)) as quantity,
    caused.month_on
from caused
inner join months
    on months.month_on = caused.month_on
where caused.driver is not null
group by caused.customer_id, caused.driver, caused.product_id, caused.month_on
having count_if(caused.quantity <> 0) > 0
