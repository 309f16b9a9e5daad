{# Building blocks of the feature models. A feature sees a row only through the load that delivered it, and a load only
   through `loads_at_cutoffs`: nothing else may bring rows into a feature model (a project test holds this). #}

{# The conformed entities that features are taken from; the fingerprint of a cut-off is over their loads. #}
{% macro feature_entities() %}
    {{ return([
        'campaign_contacts', 'campaign_responses', 'campaigns', 'interactions', 'invoices', 'order_lines', 'payments',
        'subscriptions', 'usage_events', 'web_events',
    ]) }}
{% endmacro %}

{# Body of a CTE: the loads that counted at each cut-off, their age in days (0 = delivered on the cut-off day). #}
{% macro loads_at_cutoffs(cutoffs='cutoffs') %}
    select
        cutoffs.cutoff_on,
        loads.load_id,
        loads.part,
        loads.business_on,
        loads.is_superseded,
        {{ days_between('loads.business_on', 'cutoffs.cutoff_on') }} as age_days
    from {{ cutoffs }} as cutoffs
    inner join {{ ref('int_loads_used') }} as loads
        on {{ is_known_at('loads', 'cutoffs.cutoff_on') }}
{% endmacro %}

{# Body of a CTE: every order that ever counted, those of replaced loads included. #}
{% macro delivered_orders(condition) %}
    {%- for relation in [ref('fct_orders'), ref('int_orders_superseded')] %}
    select
        customer_id,
        store_id,
        unit_count,
        sales_amount,
        discount_amount,
        coupon_discount_amount,
        business_on,
        load_id
    from {{ relation }}
    where {{ condition }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{% endmacro %}

{# Body of a CTE: one row per cut-off and customer who had bought by then: first_on and last_on, the order days known
   at the cut-off. Orders of loads that stand are grouped by the first cut-off that knew them and carried forward, so
   that no order is paired with all later cut-offs; the few of replaced loads are paired with each that knew them. #}
{% macro customers_at_cutoffs(orders, cutoffs, known_loads) %}
    select
        coalesce(standing.customer_id, replaced.customer_id) as customer_id,
        coalesce(standing.cutoff_on, replaced.cutoff_on) as cutoff_on,
        least(standing.first_on, replaced.first_on) as first_on,
        greatest(standing.last_on, replaced.last_on) as last_on
    from (
        select
            customers.customer_id,
            cutoffs.cutoff_on,
            min(sighted.first_on) over (
                partition by customers.customer_id order by cutoffs.cutoff_on asc nulls last
                rows between unbounded preceding and current row
            ) as first_on,
            max(sighted.last_on) over (
                partition by customers.customer_id order by cutoffs.cutoff_on asc nulls last
                rows between unbounded preceding and current row
            ) as last_on
        from (
            select orders.customer_id, min(firsts.cutoff_on) as cutoff_on
            from {{ orders }} as orders
            inner join (
                select load_id, min(cutoff_on) as cutoff_on
                from {{ known_loads }} where not is_superseded group by load_id
            ) as firsts
                on firsts.load_id = orders.load_id
            group by orders.customer_id
        ) as customers
        inner join {{ cutoffs }} as cutoffs
            on cutoffs.cutoff_on >= customers.cutoff_on
        left join (
            select
                orders.customer_id,
                firsts.cutoff_on,
                min(orders.business_on) as first_on,
                max(orders.business_on) as last_on
            from {{ orders }} as orders
            inner join (
                select load_id, min(cutoff_on) as cutoff_on
                from {{ known_loads }} where not is_superseded group by load_id
            ) as firsts
                on firsts.load_id = orders.load_id
            group by orders.customer_id, firsts.cutoff_on
        ) as sighted
            on sighted.customer_id = customers.customer_id
            and sighted.cutoff_on = cutoffs.cutoff_on
    ) as standing
    full outer join (
        select
            orders.customer_id,
            known_loads.cutoff_on,
            min(orders.business_on) as first_on,
            max(orders.business_on) as last_on
        from {{ orders }} as orders
        inner join {{ known_loads }} as known_loads
            on known_loads.load_id = orders.load_id
        where known_loads.is_superseded
        group by orders.customer_id, known_loads.cutoff_on
    ) as replaced
        on replaced.customer_id = standing.customer_id
        and replaced.cutoff_on = standing.cutoff_on
{% endmacro %}

{# A query: one row per cut-off and period of a line that had begun by then, as it was known. Of several versions the
   last delivered counts. #}
{% macro subscriptions_at_cutoffs(cutoffs='cutoffs') %}
    select * from (
        select
            lines.source_system,
            lines.subscription_key,
            lines.customer_id,
            lines.product_key,
            lines.monthly_fee_amount,
            lines.started_on,
            lines.contract_ends_on,
            lines.ended_on,
            loads.cutoff_on,
            loads.business_on,
            row_number() over (
                partition by
                    lines.source_system, lines.subscription_key, lines.started_on, loads.cutoff_on
                order by
                    loads.business_on desc nulls last, loads.part desc nulls last, loads.load_id desc nulls last
            ) as version_rank
        from {{ ref('int_subscriptions_delivered') }} as lines
        inner join ({{ loads_at_cutoffs(cutoffs) }}) as loads
            on loads.load_id = lines.load_id
    ) as ranked
    where version_rank = 1 and started_on <= cutoff_on
{% endmacro %}

{# Sums of usage records, as columns of a select list. Calls in and out; seconds off net are of outgoing calls. #}
{% macro usage_sums() -%}
    {%- set is_call = "usage_type in ('local', 'long_distance')" -%}
    cast(sum(case when {{ is_call }} then coalesce(duration_seconds, 0) else 0 end) as bigint) as call_seconds,
        cast(
            sum(case when {{ is_call }} and direction = 'outgoing' then coalesce(duration_seconds, 0) else 0 end)
            as bigint
        ) as out_seconds,
        cast(
            sum(
                case
                    when {{ is_call }} and direction = 'outgoing' and not is_on_net then coalesce(duration_seconds, 0)
                    else 0
                end
            ) as bigint
        ) as off_net_seconds,
        cast(sum(case when is_roaming then event_count else 0 end) as bigint) as roaming_events,
        cast(sum(case when usage_type = 'sms' then event_count else 0 end) as bigint) as messages,
        cast(sum(coalesce(volume_bytes, 0)) as bigint) as data_bytes,
        cast(sum(charge_amount) as decimal(18, 6)) as charge_amount
{%- endmacro %}

{# A count or sum over rows with `age_days`, 0 = the cut-off day. #}
{% macro count_within(n, condition='true') -%}
    cast(count_if(age_days < {{ n }} and {{ condition }}) as bigint)
{%- endmacro %}

{% macro sum_within(n, amount, data_type='decimal(18, 2)') -%}
    cast(sum(case when age_days < {{ n }} then {{ amount }} else 0 end) as {{ data_type }})
{%- endmacro %}

{# The features of a subject, as columns of the select list of ml.customer_features: those that its YAML declares with
   this subject. In a pack without a source of the entity they are null: nobody looked. With a source, a customer whom
   the subject has no row of had none of it: the declared value, or null where there is none. `subject` is the alias. #}
{% macro features_of(subject) -%}
    {%- set columns = graph.nodes['model.tenure.customer_features'].columns.values() if execute else [] -%}
    {%- for column in columns if column.config.meta.feature and column.config.meta.feature.subject == subject %}
    {%- set feature = column.config.meta.feature %}
    {% if not systems_feeding(feature.entity) -%}
        cast(null as {{ column.data_type }}) as {{ column.name }},
    {%- elif feature.absent is none -%}
        cast({{ subject }}.{{ column.name }} as {{ column.data_type }}) as {{ column.name }},
    {%- else -%}
        cast(coalesce({{ subject }}.{{ column.name }}, {{ feature.absent }}) as {{ column.data_type }})
            as {{ column.name }},
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{# The join of a subject, where the pack has a source of its entity. #}
{% macro join_subject(subject, entity) %}
    {%- set rows = ref('int_' ~ subject ~ '_features_windowed') if systems_feeding(entity) else none %}
    {%- if rows is not none %}
left join {{ rows }} as {{ subject }}
    on {{ subject }}.customer_id = customers.customer_id
    and {{ subject }}.cutoff_on = customers.cutoff_on
    {%- endif %}
{%- endmacro %}
