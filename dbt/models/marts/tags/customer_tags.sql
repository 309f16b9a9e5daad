-- One row per customer, tag, value and unbroken time in which it holds. Traps: evidence within
-- the life of a tag prolongs it; a tag that is not current was true once; the rows lie by tag,
-- so that a question about a few tags reads a few blocks.
{%- set families = [
    'int_profile_tags_derived', 'int_holding_tags_derived', 'int_service_tags_derived',
    'int_contact_tags_derived', 'int_web_tags_derived', 'int_consent_tags_derived',
    'int_note_tags_derived', 'customer_usage_tags', 'customer_order_tags',
] %}
with evidence as (
    {%- for family in families %}
    select customer_id, tag, tag_value, confidence, from_on, to_on from {{ ref(family) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

periods as (
    select
        evidence.customer_id,
        evidence.tag,
        evidence.tag_value,
        evidence.confidence,
        1 as evidence_count,
        evidence.from_on,
        coalesce(
            evidence.to_on, {{ add_days('evidence.from_on', 'registry.expires_days - 1') }}
        ) as to_on
    from evidence
    inner join {{ ref('tag_registry') }} as registry
        on registry.tag = evidence.tag
    where evidence.from_on <= {{ as_of() }}
),

spans as (
    {{ merged_spans(
        'periods', ['customer_id', 'tag', 'tag_value'], ['max(confidence) as confidence']
    ) }}
)

select
    spans.customer_id,
    spans.tag,
    spans.tag_value,
    registry.source,
    registry.rule_id,
    registry.rule_version,
    spans.evidence_count,
    spans.confidence,
    spans.to_on is null or spans.to_on >= {{ as_of() }} as is_current,
    spans.from_on,
    spans.to_on
from spans
inner join {{ ref('tag_registry') }} as registry
    on registry.tag = spans.tag
order by spans.tag, spans.customer_id, spans.from_on, spans.tag_value
