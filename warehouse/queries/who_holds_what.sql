-- Question: which age band is over-represented among the customers of a product?
-- Grain: one row per product or category and age band with at least 20 customers.
-- Expected on the demo: 129 rows; FROZEN GROCERY and 35-44 first with a lift of 2.38.
with everybody as (
    select
        coalesce(view.age_band, 'not known') as age_band,
        count(*) / sum(count(*)) over () as usual_share
    from marts.customer_360 as view
    group by coalesce(view.age_band, 'not known')
)

select
    product_scope,
    product_key,
    attribute_value as age_band,
    customer_count as customers,
    round(customer_count / base_customer_count / usual_share, 2) as lift
from marts.product_demographics
inner join everybody
    on everybody.age_band = attribute_value
where attribute = 'age_band' and customer_count >= 20
order by lift desc, product_scope asc, product_key asc, age_band asc;
