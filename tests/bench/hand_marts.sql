-- The marts, as an engineer writes them who owns one script. Variables: as_of, start_on (dates) and changed_from, the
-- earliest business date that may have changed; the large tables are rewritten from there on, the others as a whole.
-- A first run finds empty tables and changed_from = start_on, so the same statements build everything.

create or replace temp view products as
select
    product_id, manufacturer_id, department, brand, product_category, product_type, package_size,
    _business_on = max(_business_on) over () as is_listed,
    case when min(_business_on) over (partition by product_id) > min(_business_on) over ()
        then min(_business_on) over (partition by product_id) end as listed_on
from raw.product__products
qualify row_number() over (partition by product_id order by _business_on desc) = 1;

create or replace temp view campaigns as
select campaign_id::varchar as campaign_id, campaign_type, start_date as starts_on, end_date as ends_on
from raw.campaign__campaigns
qualify row_number() over (partition by campaign_id order by _business_on desc) = 1;

-- ---- calendar and facts ---------------------------------------------------------------------------------------
create or replace table marts.dim_dates as
select day_on, date_trunc('week', day_on)::date as week_on, date_trunc('month', day_on)::date as month_on
from (select unnest(generate_series(
    getvariable('start_on')::timestamp, getvariable('as_of')::timestamp, interval 1 day))::date as day_on);

delete from marts.fct_order_lines where business_on >= getvariable('changed_from');
insert into marts.fct_order_lines
select
    'pos', basket_id::varchar, line.product_id::varchar, household_id, store_id::varchar, quantity,
    sales_value, retail_disc, coupon_disc, coupon_match_disc,
    product.product_id is not null and (product.listed_on is null or product.listed_on <= _business_on),
    trading_date, transaction_timestamp, _business_on, _load_id
from raw.pos__transactions as line
left join products as product on product.product_id = line.product_id
where _business_on >= getvariable('changed_from');

delete from marts.fct_orders where business_on >= getvariable('changed_from');
insert into marts.fct_orders
select
    'pos', basket_id::varchar, min(household_id), min(store_id)::varchar, count(*), sum(quantity), sum(sales_value),
    sum(retail_disc + coupon_disc + coupon_match_disc), sum(coupon_disc), min(trading_date),
    min(transaction_timestamp), _business_on, any_value(_load_id)
from raw.pos__transactions
where _business_on >= getvariable('changed_from')
group by basket_id, _business_on;

delete from marts.fct_customer_months where month_on >= date_trunc('month', getvariable('changed_from'));
insert into marts.fct_customer_months
select
    customer_id, date_trunc('month', ordered_on)::date as month_on, count(*), sum(line_count), sum(unit_count),
    bit_count(bit_or(1 << (day(ordered_on) - 1))), sum(sales_amount), sum(discount_amount)
from marts.fct_orders
where ordered_on >= date_trunc('month', getvariable('changed_from'))
group by customer_id, month_on;

-- ---- campaigns ------------------------------------------------------------------------------------------------
create or replace table marts.fct_campaign_contacts as
select
    contact.campaign_id::varchar as campaign_id, household_id as customer_id, null::varchar as channel,
    campaign.starts_on as contacted_on, _business_on as business_on, _load_id as load_id
from raw.campaign__campaign_households as contact
left join campaigns as campaign on campaign.campaign_id = contact.campaign_id::varchar
qualify row_number() over (partition by contact.campaign_id, household_id order by _business_on, _load_id) = 1;

create or replace table marts.fct_coupon_redemptions as
select
    'loyalty' as source_system, redemption.campaign_id::varchar as campaign_id, coupon_upc::varchar as coupon_id,
    household_id as customer_id, contact.customer_id is not null as is_targeted, redemption_date as redeemed_on,
    _business_on as business_on, _load_id as load_id
from raw.loyalty__coupon_redemptions as redemption
left join (select campaign_id, customer_id from marts.fct_campaign_contacts) as contact
    on contact.campaign_id = redemption.campaign_id::varchar and contact.customer_id = redemption.household_id;

create or replace table marts.campaign_results as
select
    campaign.campaign_id, campaign.campaign_type, coalesce(coupon_count, 0) as coupon_count,
    coalesce(targeted_customers, 0) as targeted_customers, coalesce(redeeming_customers, 0) as redeeming_customers,
    coalesce(responding_customers, 0) as responding_customers, coalesce(redemption_count, 0) as redemption_count,
    coalesce(responding_customers, 0)::double / targeted_customers as response_share,
    coalesce(ends_on < getvariable('as_of'), false) as is_over, starts_on, ends_on
from campaigns as campaign
left join (
    select campaign_id::varchar as campaign_id, count(distinct coupon_upc) as coupon_count
    from raw.campaign__coupons group by all
) using (campaign_id)
left join (
    select campaign_id, count(distinct customer_id) as targeted_customers
    from marts.fct_campaign_contacts group by all
) using (campaign_id)
left join (
    select
        campaign_id, count(*) as redemption_count, count(distinct customer_id) as redeeming_customers,
        count(distinct case when is_targeted and redeemed_on >= starts_on and (ends_on is null or redeemed_on <= ends_on)
            then customer_id end) as responding_customers
    from marts.fct_coupon_redemptions inner join campaigns using (campaign_id)
    group by campaign_id
) using (campaign_id);

-- ---- customers and products -----------------------------------------------------------------------------------
create or replace table marts.customer_order_totals as
select
    customer_id, count(*) as order_count, sum(sales_amount)::decimal(18, 2) as sales_amount,
    count_if(is_recent)::bigint as order_count_rfm,
    sum(case when is_recent then sales_amount else 0 end)::decimal(18, 2) as sales_amount_rfm,
    min(ordered_on) as first_order_on, max(ordered_on) as last_order_on
from (select *, ordered_on > getvariable('as_of') - 365 as is_recent from marts.fct_orders)
group by customer_id;

create or replace table marts.dim_customers as
with demographics as (
    select * from raw.crm__demographics
    where _business_on = (select max(_business_on) from raw.crm__demographics)
),
seen as (
    select customer_id from marts.customer_order_totals
    union select household_id from demographics
    union select customer_id from marts.fct_campaign_contacts
    union select customer_id from marts.fct_coupon_redemptions
)
select
    seen.customer_id, age as age_band, income as income_band, home_ownership, marital_status, household_size,
    household_comp as household_composition, kids_count, demographics.household_id is not null as has_demographics,
    first_order_on, last_order_on
from seen
left join demographics on demographics.household_id = seen.customer_id
left join marts.customer_order_totals as totals on totals.customer_id = seen.customer_id;

create or replace table marts.dim_products as
select
    product_id::varchar as product_id, manufacturer_id::varchar as manufacturer_id, department, brand,
    product_category, product_type, package_size, true as is_in_catalogue, is_listed
from products
union all by name
select distinct product_id, false as is_in_catalogue, false as is_listed
from marts.fct_order_lines
where not is_product_known and product_id not in (select product_id::varchar from products);

-- ---- lifecycle ------------------------------------------------------------------------------------------------
create or replace table marts.customer_lifecycle_periods as
with rules as (select * from marts.lifecycle_rules where basis = 'purchase'),
thresholds as (
    select
        max(case when state = 'active' then until_days end) as warm_days,
        max(case when state = 'churned' then from_days end) as churned_days
    from rules
),
neighbours as (
    select
        customer_id, ordered_on,
        lag(ordered_on) over (partition by customer_id order by ordered_on) as previous_on,
        lead(ordered_on) over (partition by customer_id order by ordered_on) as next_on
    from marts.fct_orders
    where ordered_on <= getvariable('as_of')
),
run_ends as (
    select
        *, previous_on is null or ordered_on - previous_on > warm_days as is_first,
        next_on is null or next_on - ordered_on > warm_days as is_last,
        case when previous_on is null then 'first_purchase'
            when ordered_on - previous_on > churned_days then 'return' else 'purchase' end as began_by
    from neighbours cross join thresholds
),
paired as (
    select
        *, lead(ordered_on) over (partition by customer_id order by ordered_on, is_last) as last_on,
        lead(next_on) over (partition by customer_id order by ordered_on, is_last) as next_run_on
    from run_ends where is_first or is_last
),
runs as (
    select
        customer_id, ordered_on as began_on, began_by, case when is_last then ordered_on else last_on end as last_on,
        coalesce(case when is_last then next_on else next_run_on end, getvariable('as_of') + 1) as ended_on
    from paired where is_first
),
spans as (
    select
        customer_id, rules.state, ended_on,
        case when rules.clock <> 'purchase' then began_on
            when rules.from_days = 0 then began_on + coalesce(heads.until_days, 0)::int
            else last_on + rules.from_days::int end as from_on,
        case when rules.clock <> 'purchase' then began_on + rules.until_days::int
            else last_on + rules.until_days::int end as until_on
    from runs
    left join rules as heads on heads.clock = runs.began_by and heads.clock <> 'purchase'
    inner join rules on rules.clock = 'purchase' or rules.clock = runs.began_by
)
select
    customer_id, rules.basis, state, rules.stage, from_on, least(until_on, ended_on) - 1 as to_on
from spans inner join (select distinct basis, state, stage from rules) as rules using (state)
where from_on < least(until_on, ended_on);

create or replace view marts.customer_lifecycle_daily as
select customer_id, state, day_on
from marts.customer_lifecycle_periods inner join marts.dim_dates on day_on between from_on and to_on;

create or replace table marts.customer_lifecycle_flows as
with moves as (
    select from_on as day_on, state, count(*) as entered, 0 as gone from marts.customer_lifecycle_periods group by all
    union all
    select to_on + 1, state, 0, count(*) from marts.customer_lifecycle_periods
    where to_on < getvariable('as_of') group by all
),
daily as (
    select
        day_on, state, coalesce(sum(entered), 0)::bigint as entered_customers,
        coalesce(sum(gone), 0)::bigint as left_customers
    from (select day_on, state from marts.dim_dates cross join (select distinct state from marts.lifecycle_rules where basis = 'purchase')) left join moves using (day_on, state)
    group by all
),
running as (
    select *, sum(entered_customers - left_customers) over (partition by state order by day_on)::bigint as closing_customers
    from daily
)
select
    day_on, state, closing_customers - entered_customers + left_customers as opening_customers,
    entered_customers, left_customers, closing_customers
from running;

-- ---- recency, frequency, monetary value -------------------------------------------------------------------------
create or replace table marts.customer_rfm_edges as
with measured as (
    unpivot (
        select
            (getvariable('as_of') - last_order_on)::double as recency_days, order_count_rfm::double as order_count,
            sales_amount_rfm::double as sales_amount
        from marts.customer_order_totals
    ) on recency_days, order_count, sales_amount into name measure value amount
)
select
    measure, unnest([20, 40, 60, 80])::bigint as customer_pct,
    unnest(quantile_disc(amount, [0.2, 0.4, 0.6, 0.8])) as edge_value, getvariable('as_of') as as_of_on
from measured group by measure;

create or replace table marts.customer_rfm as
with edges as (
    select measure, list(edge_value) as edge_values from marts.customer_rfm_edges group by measure
),
scored as (
    select
        customer_id, getvariable('as_of') - last_order_on as recency_days, order_count_rfm as order_count,
        sales_amount_rfm as sales_amount,
        5 - len(list_filter(recency.edge_values, lambda e: getvariable('as_of') - last_order_on > e)) as recency_score,
        1 + len(list_filter(frequency.edge_values, lambda e: order_count_rfm > e)) as frequency_score,
        1 + len(list_filter(monetary.edge_values, lambda e: sales_amount_rfm::double > e)) as monetary_score
    from marts.customer_order_totals
    inner join edges as recency on recency.measure = 'recency_days'
    inner join edges as frequency on frequency.measure = 'order_count'
    inner join edges as monetary on monetary.measure = 'sales_amount'
),
scores as (select distinct recency_score, frequency_score, monetary_score from scored),
named as (
    select scores.*, arg_min(rfm_segment, priority) as rfm_segment
    from scores
    left join marts.rfm_segments
        on recency_score between recency_from and recency_to
        and frequency_score between frequency_from and frequency_to
        and monetary_score between monetary_from and monetary_to
    group by all
)
select
    customer_id, rfm_segment, recency_days, order_count, sales_amount, recency_score, frequency_score, monetary_score,
    getvariable('as_of') as as_of_on
from scored inner join named using (recency_score, frequency_score, monetary_score);

-- ---- what the models learn from ---------------------------------------------------------------------------------
-- Cut-offs: every 14 days counted from Sunday 1970-01-04, from 91 days of history on, and as_of.
create or replace temp table cutoffs as
select day_on as cutoff_on, day_on + 56 as closes_on
from marts.dim_dates
where day_on = getvariable('as_of')
    or ((day_on - date '1970-01-04') % 14 = 0 and day_on - getvariable('start_on') >= 91);

delete from ml.order_features
where cutoff_on >= getvariable('changed_from') or cutoff_on not in (select cutoff_on from cutoffs);
insert into ml.order_features
with missing as (
    select cutoff_on from cutoffs where cutoff_on not in (select distinct cutoff_on from ml.order_features)
),
orders as (
    select customer_id, store_id, unit_count, sales_amount, discount_amount, coupon_discount_amount, business_on
    from marts.fct_orders where business_on <= (select max(cutoff_on) from missing)
),
days as (
    select business_on, cutoff_on, cutoff_on - business_on as age_days
    from (select distinct business_on from orders) inner join missing on cutoff_on >= business_on
),
-- Everybody seen by a cut-off, with the first and the last order day known then: carried from cut-off to cut-off.
seen as (
    select customer_id, first_on, cutoff_on, max(last_on) over (partition by customer_id order by cutoff_on) as last_on
    from (select customer_id, min(business_on) as first_on from orders group by customer_id)
    inner join missing on cutoff_on >= first_on
    left join (
        select customer_id, next_cutoffs.cutoff_on, max(business_on) as last_on
        from orders
        inner join (select business_on, min(cutoff_on) as cutoff_on from days group by 1) as next_cutoffs
            using (business_on)
        group by 1, 2
    ) using (customer_id, cutoff_on)
),
recent as (
    select *, lead(business_on) over (partition by customer_id order by business_on) as next_on
    from orders where business_on > (select min(cutoff_on) - 182 from missing)
),
purchases as (
    select
        customer_id, cutoff_on,
        count_if(age_days < 28) as orders_28d, count_if(age_days < 56) as orders_56d,
        count_if(age_days < 91) as orders_91d, count(*) as orders_182d,
        sum(case when age_days < 28 then sales_amount else 0 end) as sales_28d,
        sum(case when age_days < 56 then sales_amount else 0 end) as sales_56d,
        sum(case when age_days < 91 then sales_amount else 0 end) as sales_91d, sum(sales_amount) as sales_182d,
        sum(case when age_days < 91 then discount_amount else 0 end) as discounts_91d,
        sum(case when age_days < 91 then unit_count else 0 end) as units_91d,
        count_if(age_days < 91 and coupon_discount_amount > 0) as coupon_orders_91d,
        count_if(age_days < 91 and is_last_of_day) as active_days_91d,
        (max(age_days) - min(age_days))::double / nullif(count_if(is_last_of_day) - 1, 0) as mean_gap_days,
        max(business_on) as newest_on
    from (select *, next_on is null or next_on > business_on as is_last_of_day from recent)
    inner join days using (business_on)
    where age_days < 182
    group by customer_id, cutoff_on
),
stores as (
    select customer_id, cutoff_on, count(distinct store_id) as stores_91d
    from recent inner join days using (business_on)
    where age_days < 91
    group by customer_id, cutoff_on
)
select
    customer_id, cutoff_on, first_on, last_on,
    coalesce(orders_28d, 0), coalesce(orders_56d, 0), coalesce(orders_91d, 0), coalesce(orders_182d, 0),
    coalesce(sales_28d, 0), coalesce(sales_56d, 0), coalesce(sales_91d, 0), coalesce(sales_182d, 0),
    coalesce(discounts_91d, 0), coalesce(units_91d, 0), coalesce(coupon_orders_91d, 0), coalesce(active_days_91d, 0),
    coalesce(stores_91d, 0), mean_gap_days, greatest(last_on, newest_on)
from seen
left join purchases using (customer_id, cutoff_on)
left join stores using (customer_id, cutoff_on);

-- A retailer has no lines, usage, bills, contacts or website: their features are null.
delete from ml.customer_features
where cutoff_on >= getvariable('changed_from') or cutoff_on not in (select cutoff_on from cutoffs);
insert into ml.customer_features by name
with missing as (
    select cutoff_on from cutoffs where cutoff_on not in (select distinct cutoff_on from ml.customer_features)
),
contacts as (
    select customer_id, cutoff_on, count(*) as campaigns_91d
    from marts.fct_campaign_contacts
    inner join missing on cutoff_on >= greatest(contacted_on, business_on) and cutoff_on < contacted_on + 91
    group by all
),
redemptions as (
    select customer_id, cutoff_on, count(*) as redemptions_91d
    from marts.fct_coupon_redemptions
    inner join missing on cutoff_on >= greatest(redeemed_on, business_on) and cutoff_on < redeemed_on + 91
    group by all
)
select
    customer_id, cutoff_on, cutoff_on - last_on as recency_days, cutoff_on - first_on as tenure_days,
    orders_28d, orders_56d, orders_91d, orders_182d, sales_28d, sales_56d, sales_91d, sales_182d, units_91d,
    active_days_91d, mean_gap_days, (cutoff_on - last_on) / mean_gap_days as gap_ratio,
    2 * orders_28d - orders_56d as orders_change, 2 * sales_28d - sales_56d as sales_change,
    discounts_91d::double / nullif(sales_91d + discounts_91d, 0) as discount_share_91d,
    coupon_orders_91d::double / nullif(orders_91d, 0) as coupon_share_91d, stores_91d,
    sales_91d::double / nullif(orders_91d, 0) as basket_sales_91d, coalesce(campaigns_91d, 0) as campaigns_91d,
    coalesce(redemptions_91d, 0) as redemptions_91d, 0 as refusals_182d
from ml.order_features
inner join missing using (cutoff_on)
left join contacts using (customer_id, cutoff_on)
left join redemptions using (customer_id, cutoff_on);

delete from ml.churn_labels
where cutoff_on + 56 >= getvariable('changed_from') or cutoff_on not in (select cutoff_on from cutoffs);
insert into ml.churn_labels
with missing as (
    select * from cutoffs where cutoff_on not in (select distinct cutoff_on from ml.churn_labels)
),
bought_again as (
    select customer_id, cutoff_on, min(business_on) as next_order_on
    from (
        select distinct customer_id, business_on from marts.fct_orders
        where business_on > (select min(cutoff_on) from missing)
    )
    inner join missing on business_on > cutoff_on and business_on <= closes_on
    where closes_on <= getvariable('as_of')
    group by all
)
select
    customer_id, cutoff_on, cutoff_on + 1, closes_on, next_order_on, recency_days < 56,
    case when closes_on <= getvariable('as_of') then again.customer_id is null end
from ml.customer_features
inner join missing using (cutoff_on)
left join bought_again as again using (customer_id, cutoff_on);

-- ---- what is fed -------------------------------------------------------------------------------------------------
create or replace table marts.capability_status as
select
    entity, system as source_systems,
    case when system is null then 'no source system is enabled for it'
        when count(load_id) = 0 then 'its source systems have delivered nothing yet' end as reason,
    count(load_id) as load_count, count(load_id) > 0 as is_fed, max(business_on) as last_business_on
from entities left join ops.loads using (system, extract)
where coalesce(rows_loaded, 1) > 0
group by entity, system;
