{{ config(meta={
    'asset': 'ml.customer_features', 'dimension': 'completeness', 'owner': 'retention', 'capability': ['X-13'],
}) }}
-- A returned row is a customer with an order known on the business date who has no features
-- on it. An order in a file that came late is not known to earlier cut-offs.
select orders.customer_id
from {{ ref('fct_orders') }} as orders
inner join {{ ref('int_loads_used') }} as loads
    on loads.load_id = orders.load_id
left join (
    select customer_id from {{ ref('customer_features') }}
    where cutoff_on = {{ as_of() }}
) as features
    on features.customer_id = orders.customer_id
where {{ is_known_at('loads', as_of()) }} and features.customer_id is null
group by orders.customer_id
