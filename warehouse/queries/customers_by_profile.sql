-- Question: who are our customers, by age and gender?
-- Grain: one row per age band and gender; null = not known.
-- Expected on the demo: 7 rows; most known are 45-54 (288), 1668 not known at all.
select
    age_band,
    gender,
    count(*) as customers,
    round(100.0 * count(*) / sum(count(*)) over (), 1) as customers_pct
from marts.customer_360
group by age_band, gender
order by age_band nulls last, gender nulls last;
