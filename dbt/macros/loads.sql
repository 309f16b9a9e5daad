{# The ledger decides what exists: raw rows count only through a load that stands. #}

{# Predicate of a staging model: the row belongs to a load that is current at as_of. #}
{% macro is_current_load() -%}
    _load_id in (select load_id from {{ counted_loads() }} where is_current)
{%- endmacro %}

{# The loads whose rows count in the model that is being rendered, in the place of a table: those that stand; where
   `delivered_rows` renders staging code once more, every load that ever was in use (int_*_delivered), or those of them
   that gave way (int_*_superseded). #}
{% macro counted_loads() -%}
    {%- if model.name.endswith('_delivered') -%}
    (select load_id, true as is_current from {{ ref('stg_ops__load_periods') }})
    {%- elif model.name.endswith('_superseded') -%}
    (select load_id, true as is_current from {{ ref('stg_ops__load_periods') }} where is_superseded)
    {%- else -%}
    {{ ref('stg_ops__loads') }}
    {%- endif -%}
{%- endmacro %}

{# Every row of an entity that ever counted, with our customer_id where the entity has customers: the code of its
   staging models over all loads that were in use. Of an upsert extract that is every version of a record. What counts
   on which day is said by int_loads_used; a reader joins it by load_id. #}
{% macro delivered_rows(entity) %}
    {# Named here because dbt takes dependencies from what it meets while parsing. #}
    {%- set read_at_run_time = [ref(entity), ref('stg_ops__load_periods'), customer_id_of('source_system', 'customer_key')] -%}
    {%- if execute -%}
    {%- set columns = graph.nodes['model.tenure.' ~ entity].columns.values() | list -%}
    {%- for system in systems_feeding(entity) %}
    select
        {%- for column in columns %}
        {{ column.name }},
        {%- endfor %}
        {{ customer_id_of('source_system', 'customer_key')
            if columns | selectattr('name', 'equalto', 'customer_key') | list else 'cast(null as bigint)' }}
            as customer_id
    from (
        {{ render(graph.nodes['model.tenure.stg_' ~ system ~ '__' ~ entity].raw_code) }}
    ) as {{ system }}_{{ entity }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select
        {%- for column in columns %}
        cast(null as {{ column.data_type }}) as {{ column.name }},
        {%- endfor %}
        cast(null as bigint) as customer_id
    where 1 = 0
    {%- endfor %}
    {%- else %}
    select {{ customer_id_of('source_system', 'customer_key') }} as customer_id
    {%- endif %}
{% endmacro %}

{# The loads that ever were in use and feed the given entities. #}
{% macro loads_used_of(entities) -%}
    select
        load_id,
        known_from_on,
        known_to_on
    from {{ ref('int_loads_used') }}
    where raw_table in (
        {%- for raw_table in raw_tables_of(entities) %}'{{ raw_table }}', {% endfor -%} ''
    )
{%- endmacro %}

{# Predicate: the load counted on the day. `loads` is an alias of int_loads_used. #}
{% macro is_known_at(loads, day) -%}
    {{ loads }}.known_from_on <= {{ day }}
    and ({{ loads }}.known_to_on is null or {{ loads }}.known_to_on > {{ day }})
{%- endmacro %}

{# The loads with rows that feed the given conformed entities: business_on, load_id.
   The raw tables are read off the staging models, so a new source system needs no change here. #}
{% macro loads_of(entities) -%}
    select
        business_on,
        load_id
    from {{ ref('stg_ops__loads') }}
    where rows_loaded > 0 and raw_table in (
        {%- for raw_table in raw_tables_of(entities) %}'{{ raw_table }}', {% endfor -%} ''
    )
{%- endmacro %}

{% macro raw_tables_of(entities) %}
    {%- set raw_tables = [] -%}
    {%- if execute -%}
        {%- for entity in entities -%}
            {%- for system in systems_feeding(entity) -%}
                {%- set staging_id = 'model.tenure.stg_' ~ system ~ '__' ~ entity -%}
                {%- for upstream in graph.nodes[staging_id].depends_on.nodes -%}
                    {%- if upstream.startswith('source.tenure.raw.') -%}
                        {%- do raw_tables.append(upstream.split('.')[-1]) -%}
                    {%- endif -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(raw_tables | sort) }}
{% endmacro %}

{# The ledger's loads under a condition, with what makes them current: the body of stg_ops__loads. Of a snapshot
   extract only the newest business date is current. #}
{% macro loads_that(condition) -%}
    select
        loads.load_id,
        loads.system as source_system,
        loads.system || '__' || loads.extract as raw_table,
        loads.part,
        loads.rows_loaded,
        loads.load_mode <> 'snapshot' or loads.business_on = newest.business_on as is_current,
        loads.business_on
    from (select * from {{ source('ops', 'loads') }} where {{ condition }}) as loads
    inner join (
        select
            ledger.system,
            ledger.extract,
            max(ledger.business_on) as business_on
        from (select * from {{ source('ops', 'loads') }} where {{ condition }}) as ledger
        group by ledger.system, ledger.extract
    ) as newest
        on newest.system = loads.system and newest.extract = loads.extract
{%- endmacro %}

{# The loads as they stood after the run of a date, whatever was corrected since: the columns of stg_ops__loads, in
   the place of a table. `on_date` is an ISO date, such as '2017-02-01'. #}
{% macro known_loads(on_date) -%}
    {%- set day = "cast('" ~ on_date ~ "' as date)" -%}
    (
        {{ loads_that(
            "known_from_on <= " ~ day ~ " and (known_to_on is null or known_to_on > " ~ day ~ ")"
            ~ " and business_on <= " ~ day
        ) }}
    )
{%- endmacro %}
