-- One row per source record that is to be given a customer_id, with what may be compared:
-- values that stewards excluded are left out. Trap: resolution finds what changed by the hash
-- of all there is, so what is compared and what is hashed is one list.
{%- set excludable = ['id_number', 'email', 'phone', 'address'] %}
{%- set columns = [
    'source_system', 'customer_key', 'record_kind', 'full_name', 'surname', 'gender', 'id_number',
    'email', 'login', 'phone', 'address', 'district', 'merged_into_key', 'born_on', 'enquired_on',
    'joined_on', 'registered_on',
] %}
with excluded as (
    select distinct value_kind, excluded_value from {{ ref('identity_exclusions') }}
),

prepared as (
    select
        {%- for column in columns %}
        {%- if column in excludable %}
        case when not_{{ column }}.excluded_value is null then listed.{{ column }} end
            as {{ column }}
        {%- else %}
        listed.{{ column }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_records_listed') }} as listed
    {%- for value in excludable %}
    left join excluded as not_{{ value }}
        on not_{{ value }}.value_kind = '{{ value }}'
        and not_{{ value }}.excluded_value = listed.{{ value }}
    {%- endfor %}
)

select
    *,
    {{ row_hash(columns) }} as content_hash
from prepared
