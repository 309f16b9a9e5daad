{# Which rows of a raw table count. Raw keeps every row that was ever delivered; a staging model reads the table
   through one of these, according to the load mode in the contract of the extract:

   append    {{ '{{' }} current_rows(source('raw', 'shop__orders')) }}: rows of the loads that stand
   snapshot  the same: rows of the newest business date; {{ '{{' }} snapshot_versions(source(...)) }}: all of them
   upsert    {{ '{{' }} current_rows(source(...), key=['customer_id']) }}: the last row of each key
   cdc       {{ '{{' }} current_rows(source(...), key=['customer_id'], sequence='change_no', operation='op') }}

   All stand in the place of a table and need an alias: from {{ '{{' }} current_rows(...) }} as delivered. `loads` is
   a relation like stg_ops__loads, by default that one (as_of); `known_loads('2017-02-01')` reads the past. Rendered
   by `delivered_rows` (loads.sql), a model with a key gives each record as every load left it. #}

{% macro current_rows(relation, key=none, sequence=none, operation=none, loads=none) -%}
    {%- if key and (loads or not model.name.endswith('_delivered')) -%}
    (
        select versions.*
        from {{ record_versions(relation, key, sequence, operation, loads) }} as versions
        where versions.valid_to_on is null
    )
    {%- elif key -%}
    (
        select versions.*
        from (
            select
                delivered.*,
                row_number() over (
                    partition by
                        delivered._load_id,
                        {% for name in key %}delivered.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
                    order by
                        {% if sequence %}delivered.{{ sequence }} desc nulls last,{% endif %}
                        delivered._row_number desc nulls last
                ) as version_in_load
            from {{ relation }} as delivered
            inner join {{ counted_loads() }} as loads
                on loads.load_id = delivered._load_id
        ) as versions
        where versions.version_in_load = 1
    )
    {%- else -%}
    (
        select delivered.*
        from {{ relation }} as delivered
        inner join {{ loads or counted_loads() }} as loads
            on loads.load_id = delivered._load_id
        where loads.is_current
    )
    {%- endif -%}
{%- endmacro %}

{# Every version of a record of an upsert or cdc extract: valid_from_on <= day < valid_to_on, null while it lasts; at
   most one of them on any day. A change that comes late (in a file after that of its successor) never was valid. #}
{% macro record_versions(relation, key, sequence=none, operation=none, loads=none) -%}
    (
        select versions.*
        from (
            select
                delivered.*,
                delivered._business_on as valid_from_on,
                {{ 'min' if sequence else 'lead' }}(delivered._business_on) over (
                    partition by {% for name in key %}delivered.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
                    order by
                        {% if sequence %}delivered.{{ sequence }} asc nulls last,{% endif %}
                        delivered._business_on asc nulls last,
                        loads.part asc nulls last,
                        delivered._row_number asc nulls last,
                        delivered._load_id asc nulls last
                    {% if sequence %}rows between 1 following and unbounded following{% endif %}
                ) as valid_to_on
            from {{ relation }} as delivered
            inner join {{ loads or ref('stg_ops__loads') }} as loads
                on loads.load_id = delivered._load_id
        ) as versions
        where (versions.valid_to_on is null or versions.valid_to_on > versions.valid_from_on)
            {% if operation %}and versions.{{ operation }} <> 'D'{% endif %}
    )
{%- endmacro %}

{# Every row of every standing snapshot with the days on which its snapshot was the newest: valid_from_on <= day <
   valid_to_on, null for the newest. A record is closed on the date of the first snapshot that lacks it. #}
{% macro snapshot_versions(relation, loads=none) -%}
    (
        select
            delivered.*,
            periods.valid_from_on,
            periods.valid_to_on
        from {{ relation }} as delivered
        inner join {{ loads or ref('stg_ops__loads') }} as loads
            on loads.load_id = delivered._load_id
        inner join (
            select
                dates.business_on as valid_from_on,
                lead(dates.business_on) over (order by dates.business_on asc nulls last) as valid_to_on
            from (
                select distinct standing.business_on
                from {{ loads or ref('stg_ops__loads') }} as standing
                where standing.raw_table = '{{ relation.identifier }}'
            ) as dates
        ) as periods
            on periods.valid_from_on = loads.business_on
    )
{%- endmacro %}
