{# The one place that turns a customer key of any source system into our customer_id; null = nobody we know as a
   customer. Where all systems share one customer number, the number is the id: no join, which matters at
   70 million lines. Else the key is looked up. Keys of other systems resolve too, because a key means the same in
   every system: a bare number is a customer record, and what is not bears a prefix (msisdn:, web:, dir:).

   `on` is a day: a phone number then belongs to who held it on that day; without it, to who held it last. #}
{% macro customer_id_of(source_system, customer_key, on=none) -%}
    {%- if var('shared_customer_key') -%}
    try_cast({{ customer_key }} as bigint)
    {%- else -%}
    (
        select max(resolved.found_id)
        from (
            select
                customer_key as sought_key,
                customer_id as found_id,
                valid_from_on as sought_from_on,
                valid_to_on as sought_to_on,
                is_latest as is_sought
            from {{ ref('int_customer_keys_resolved') }}
        ) as resolved
        where resolved.sought_key = {{ customer_key }}
        {%- if on is none %}
            and resolved.is_sought
        {%- else %}
            and coalesce(resolved.sought_from_on <= {{ on }}, true)
            and coalesce(resolved.sought_to_on > {{ on }}, true)
        {%- endif %}
    )
    {%- endif -%}
{%- endmacro %}

{# A record's key as published: a login is a person's own word and stands as its hash, numbers of records as they are. #}
{% macro published_key(customer_key) -%}
    case
        when {{ customer_key }} like 'web:%' then 'web:' || md5({{ customer_key }})
        else {{ customer_key }}
    end
{%- endmacro %}
