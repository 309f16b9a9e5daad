{# Incremental tables without state. Every such table carries `input_hash`: a fingerprint of the loads that its
   partition was built from. A partition whose stored fingerprint is not the one that the ledger gives today is
   deleted and built again, whatever happened in between: new file, late file, restated file, killed run, or a
   business date moved back. Nothing else is read. #}

{# Aggregate: fingerprint of a set of loads. #}
{% macro fingerprint(load_id) -%}
    md5({{ string_agg_ordered(load_id, ',') }})
{%- endmacro %}

{# Pre-hook: delete the partitions that the inputs no longer vouch for. `inputs` selects <partition_by>, input_hash. #}
{% macro delete_stale_partitions(inputs, partition_by) %}
    {%- if is_incremental() %}
        delete from {{ this }}
        where {{ partition_by }} in (
            select stored.{{ partition_by }}
            from (select distinct {{ partition_by }}, input_hash from {{ this }}) as stored
            left join ({{ inputs }}) as inputs
                on inputs.{{ partition_by }} = stored.{{ partition_by }}
                and inputs.input_hash = stored.input_hash
            where inputs.{{ partition_by }} is null
        )
    {%- endif %}
{% endmacro %}

{# Body: the partitions still to build, with their fingerprints: those that are missing once the pre-hook has deleted
   the stale ones. Their dates alone are cheap to list; the fingerprints need not be compared twice. #}
{% macro partitions_to_build(inputs, partition_by) %}
    select
        inputs.{{ partition_by }},
        inputs.input_hash
    from ({{ inputs }}) as inputs
    {%- if is_incremental() %}
    left join (select distinct {{ partition_by }} from {{ this }}) as stored
        on stored.{{ partition_by }} = inputs.{{ partition_by }}
    where stored.{{ partition_by }} is null
    {%- endif %}
{% endmacro %}

{# The inputs of each incremental table: partition, input_hash. #}
{% macro order_line_inputs() -%}
    select business_on, line_hash as input_hash from {{ ref('int_order_dates_fingerprinted') }}
{%- endmacro %}

{% macro order_inputs() -%}
    select business_on, order_hash as input_hash from {{ ref('int_order_dates_fingerprinted') }}
{%- endmacro %}

{% macro customer_month_inputs() -%}
    select order_months.month_on, {{ fingerprint('dates.order_hash') }} as input_hash
    from (
        select distinct cast(date_trunc('month', ordered_on) as date) as month_on, business_on
        from (select distinct ordered_on, business_on from {{ ref('fct_orders') }}) as order_days
    ) as order_months
    inner join {{ ref('int_order_dates_fingerprinted') }} as dates
        on dates.business_on = order_months.business_on
    group by order_months.month_on
{%- endmacro %}

{% macro feature_inputs() -%}
    select cutoff_on, feature_hash as input_hash from {{ ref('int_cutoffs_fingerprinted') }}
{%- endmacro %}

{% macro label_inputs() -%}
    select cutoff_on, label_hash as input_hash from {{ ref('int_cutoffs_fingerprinted') }}
{%- endmacro %}

{% macro usage_month_inputs() -%}
    select month_on, input_hash from {{ ref('int_usage_months_fingerprinted') }}
{%- endmacro %}

{# One row per business date of an entity's loads: business_on, order_hash, the fingerprint of its loads and of the
   ids that moved among the customers in its rows. A fact that bears ids is built again when one of them moves, and only
   the partitions that hold it are. #}
{% macro with_moved_ids(entity) %}
    {%- if var('shared_customer_key') %}
    select
        business_on,
        {{ fingerprint('load_id') }} as order_hash
    from ({{ loads_of([entity]) }}) as loads
    group by business_on
    {%- else %}
    select
        loads.business_on,
        md5(
            {{ string_agg_ordered('loads.load_id', ',') }}
            || coalesce(max(moved_dates.moved_hash), '')
        ) as order_hash
    from ({{ loads_of([entity]) }}) as loads
    left join (
        select
            facts.business_on,
            {{ fingerprint("moved.customer_key || '=' || moved.customer_id_text") }} as moved_hash
        from {{ ref(entity) }} as facts
        inner join {{ ref('int_customer_ids_moved') }} as moved
            on moved.customer_key = facts.customer_key
            and moved.affects_before_on > facts.business_on
        group by facts.business_on
    ) as moved_dates
        on moved_dates.business_on = loads.business_on
    group by loads.business_on
    {%- endif %}
{% endmacro %}

{# Text that changes when any customer_id moved; empty where ids never do. For tables whose partitions look at the whole
   history of a customer. #}
{% macro moved_ids_hash() -%}
    {%- if var('shared_customer_key') -%}
    ''
    {%- else -%}
    coalesce(
        (
            select {{ fingerprint("moved.customer_key || '=' || moved.customer_id_text") }}
            from {{ ref('int_customer_ids_moved') }} as moved
            where moved.affects_before_on = cast('9999-12-31' as date)
        ),
        ''
    )
    {%- endif -%}
{%- endmacro %}
