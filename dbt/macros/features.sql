{# Building blocks of ml.customer_features. Each is the body of a CTE and reads the CTEs that it is given:
   orders (customer_id, store_id, business_on, …), cutoffs (cutoff_on, input_hash) and
   days (business_on, cutoff_on, age_days), the pairs of an order day and the cut-offs that know it. #}

{# One row per cut-off and customer who had bought by then: first_on and last_on, the order days known at the
   cut-off. Orders are grouped by the first cut-off that saw them and the last day is carried forward, so that no
   order is paired with all later cut-offs. #}
{% macro customers_at_cutoffs(orders, cutoffs, days) %}
    select
        customers.customer_id,
        customers.first_on,
        cutoffs.cutoff_on,
        cutoffs.input_hash,
        max(sighted.last_on) over (
            partition by customers.customer_id order by cutoffs.cutoff_on asc nulls last
            rows between unbounded preceding and current row
        ) as last_on
    from (
        select customer_id, min(business_on) as first_on from {{ orders }} group by customer_id
    ) as customers
    inner join {{ cutoffs }} as cutoffs
        on cutoffs.cutoff_on >= customers.first_on
    left join (
        select
            orders.customer_id,
            first_cutoffs.cutoff_on,
            max(orders.business_on) as last_on
        from {{ orders }} as orders
        inner join (
            select business_on, min(cutoff_on) as cutoff_on from {{ days }} group by business_on
        ) as first_cutoffs
            on first_cutoffs.business_on = orders.business_on
        group by orders.customer_id, first_cutoffs.cutoff_on
    ) as sighted
        on sighted.customer_id = customers.customer_id
        and sighted.cutoff_on = cutoffs.cutoff_on
{% endmacro %}

{# One row per cut-off and customer with an order in the last n days: number of different stores. #}
{% macro stores_within(n, orders, days) %}
    select
        orders.customer_id,
        days.cutoff_on,
        count(distinct orders.store_id) as store_count
    from {{ orders }} as orders
    inner join {{ days }} as days
        on days.business_on = orders.business_on
    where days.age_days < {{ n }}
    group by orders.customer_id, days.cutoff_on
{% endmacro %}

{# One row per cut-off and customer with an event in the last n days that was delivered by then: number of events. #}
{% macro events_within(n, events, happened_on, cutoffs) %}
    select
        events.customer_id,
        cutoffs.cutoff_on,
        count(*) as event_count
    from {{ events }} as events
    inner join {{ cutoffs }} as cutoffs
        on cutoffs.cutoff_on >= greatest(events.{{ happened_on }}, events.business_on)
        and cutoffs.cutoff_on < {{ add_days('events.' ~ happened_on, n) }}
    group by events.customer_id, cutoffs.cutoff_on
{% endmacro %}

{# Aggregates over rows with `age_days`, 0 = the cut-off day. #}
{% macro count_within(n, condition='true') -%}
    cast(count_if(age_days < {{ n }} and {{ condition }}) as bigint)
{%- endmacro %}

{% macro sum_within(n, amount, data_type='decimal(18, 2)') -%}
    cast(sum(case when age_days < {{ n }} then {{ amount }} else 0 end) as {{ data_type }})
{%- endmacro %}
