{{ config(meta={
    'asset': 'marts.allocation_rules', 'dimension': 'validity', 'owner': 'finance', 'capability': ['VAL-3', 'VAL-5'],
}) }}
-- A returned row is a unit cost in a month that no allocation rule takes or that two take, a
-- rule whose driver is never counted, or an amount in another than the reporting currency.
with taken as (
    select
        rates.cost_key,
        rates.month_on,
        count(rules.rule_id) as rule_count,
        max(rules.rule_id) as rule_id
    from {{ ref('int_costs_dated') }} as rates
    left join {{ ref('allocation_rules') }} as rules
        on rules.cost_type = rates.cost_type
        and rules.unit = rates.unit
        and rules.valid_from_on <= rates.month_on
        and (rules.valid_to_on is null or rules.valid_to_on >= rates.month_on)
    group by rates.cost_key, rates.month_on
)

select 'rules for cost ' || cost_key as broken, month_on
from taken
where rule_count <> 1
union all
select 'rule ' || rule_id as broken, valid_from_on as month_on
from {{ ref('allocation_rules') }}
where
    driver not in (
        'minute', 'message', 'megabyte', 'line_month', 'call', 'complaint', 'store_visit',
        'sms_contact', 'phone_contact', 'item', 'new_customer'
    )
    or profit_level not in ('marginal', 'total', 'net')
union all
select 'currency of cost ' || cost_key as broken, month_on
from {{ ref('int_costs_dated') }}
where currency <> '{{ var("reporting_currency") }}'
union all
select 'currency of invoice ' || invoice_key as broken, issued_on as month_on
from {{ ref('int_invoices_identified') }}
where currency <> '{{ var("reporting_currency") }}'
