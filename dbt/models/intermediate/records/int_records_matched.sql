-- One row per pair of source records that a rule says are one person, and rule. Traps: a value
-- that more than identity_shared_limit records bear is shared and links nobody; a rule never
-- asks for the address alone, which a household shares.
with records as (
    select * from {{ ref('int_records_prepared') }}
),

customers as (
    select * from records where record_kind = 'customer'
),

shared_by_few as (
    {%- for value in ['id_number', 'email', 'phone'] %}
    select
        '{{ value }}' as value_kind,
        {{ value }} as shared_value
    from customers
    where {{ value }} is not null
    group by {{ value }}
    having count(*) between 2 and {{ var('identity_shared_limit') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

same_value as (
    {%- for value in ['id_number', 'email', 'phone'] %}
    select
        '{{ value }}' as rule,
        one.source_system as left_system,
        one.customer_key as left_key,
        other.source_system as right_system,
        other.customer_key as right_key
    from shared_by_few
    inner join customers as one
        on one.{{ value }} = shared_by_few.shared_value
    inner join customers as other
        on other.{{ value }} = shared_by_few.shared_value
    where shared_by_few.value_kind = '{{ value }}'
        and (one.source_system, one.customer_key) < (other.source_system, other.customer_key)
        and (
            one.born_on = other.born_on
            {{ 'or one.full_name = other.full_name' if value == 'id_number' }}
        )
    union all
    {%- endfor %}
    select
        'merged_at_source' as rule,
        merged.source_system as left_system,
        merged.merged_into_key as left_key,
        merged.source_system as right_system,
        merged.customer_key as right_key
    from customers as merged
    inner join customers as survivor
        on survivor.source_system = merged.source_system
        and survivor.customer_key = merged.merged_into_key
),

same_login as (
    select
        'email_login' as rule,
        customers.source_system as left_system,
        customers.customer_key as left_key,
        logins.source_system as right_system,
        logins.customer_key as right_key
    from records as logins
    inner join customers
        on split_part(customers.email, '@', 1) = logins.login
    where logins.record_kind = 'login'
),

web_orders as (
    select
        web.customer_key as login_key,
        web.web_event_key,
        orders.source_system,
        orders.customer_key,
        count(*) over (partition by web.web_event_key) as orders_near,
        count(*) over (partition by orders.source_system, orders.order_key) as clicks_near
    from {{ ref('web_events') }} as web
    inner join {{ ref('order_lines') }} as orders
        on orders.product_key = web.product_key
        and orders.ordered_at >= web.occurred_at - interval '2' minute
        and orders.ordered_at <= web.occurred_at + interval '2' minute
    where web.event_type = 'order'
        and web.customer_key like 'web:%'
)

select
    rule,
    left_system,
    left_key,
    right_system,
    right_key,
    cast(1 as bigint) as occurrences
from same_value
union all
select
    rule,
    left_system,
    left_key,
    right_system,
    right_key,
    cast(1 as bigint) as occurrences
from same_login
union all
select
    'web_order' as rule,
    source_system as left_system,
    customer_key as left_key,
    'web' as right_system,
    login_key as right_key,
    count(*) as occurrences
from web_orders
where orders_near = 1
    and clicks_near = 1
group by source_system, customer_key, login_key
