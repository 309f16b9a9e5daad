-- One row per source record that is to be given a customer_id, with what may be compared:
-- values that stewards excluded are left out. Trap: resolution finds what changed by the hash
-- of all there is, so a column that is compared and not hashed would be missed.
with excluded as (
    select distinct value_kind, excluded_value from {{ ref('identity_exclusions') }}
),

prepared as (
    select
        listed.source_system,
        listed.customer_key,
        listed.record_kind,
        listed.full_name,
        listed.surname,
        listed.gender,
        case when not_id_number.excluded_value is null then listed.id_number end as id_number,
        case when not_email.excluded_value is null then listed.email end as email,
        listed.login,
        case when not_phone.excluded_value is null then listed.phone end as phone,
        case when not_address.excluded_value is null then listed.address end as address,
        listed.district,
        listed.merged_into_key,
        listed.born_on,
        listed.enquired_on,
        listed.joined_on,
        listed.registered_on
    from {{ ref('int_records_listed') }} as listed
    {%- for value in ['id_number', 'email', 'phone', 'address'] %}
    left join excluded as not_{{ value }}
        on not_{{ value }}.value_kind = '{{ value }}'
        and not_{{ value }}.excluded_value = listed.{{ value }}
    {%- endfor %}
)

select
    *,
    {{ row_hash([
        'source_system', 'customer_key', 'record_kind', 'full_name', 'surname', 'gender',
        'id_number', 'email', 'login', 'phone', 'address', 'district', 'merged_into_key',
        'born_on', 'enquired_on', 'joined_on', 'registered_on'
    ]) }} as content_hash
from prepared
