{{ config(meta={
    'asset': 'conformed.order_lines', 'dimension': 'consistency', 'owner': 'data-engineering', 'capability': ['SRC-7'],
}) }}
-- A returned row is a currency in which a source delivered order lines although the marts are
-- in another: they sum amounts and change no money. Lines of the last 35 business days are
-- looked at; those before were looked at when they came.
select
    source_system,
    currency,
    count(*) as lines
from {{ ref('order_lines') }}
where
    business_on > {{ add_days(as_of(), -35) }}
    and currency <> '{{ var("reporting_currency") }}'
group by source_system, currency
