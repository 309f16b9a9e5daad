-- What a build leaves in the warehouse file, by hand and tiny: three customers, four orders, one model that
-- the baseline beats. Columns as in the dbt models and in ml/schemas.py, as far as publish reads them.
create schema warehouse.marts;
create schema warehouse.ml;
create schema warehouse.activation;

create table warehouse.marts.dim_customers as
select * from (values (1::bigint), (2), (3)) as customers (customer_id);

create table warehouse.marts.fct_order_lines as
select 'o' || i as order_id, 'p' || i as product_id, 1 + i % 3 as customer_id, (i * 1.25)::decimal(12, 2) as sales_amount,
    date '2017-01-01' + i::integer as business_on
from range(8) as lines (i);

create table warehouse.marts.fct_orders as
select order_id, customer_id, sales_amount::decimal(18, 2) as sales_amount, business_on
from (values
    ('o1', 1::bigint, 1234.5, date '2017-01-02'),
    ('o2', 2, 10, date '2017-02-20'),
    ('o3', 3, 20, date '2017-02-25'),
    ('o4', 1, 0.25, date '2017-02-28')
) as orders (order_id, customer_id, sales_amount, business_on);

create table warehouse.marts.customer_lifecycle_flows as
select
    date '2017-01-01' + day::integer as day_on,
    state,
    3::bigint as opening_customers,
    (day % 2)::bigint as entered_customers,
    (day % 2)::bigint as left_customers,
    3::bigint as closing_customers
from range(59) as days (day), (values ('active'), ('lapsed')) as states (state);
create table warehouse.marts.lifecycle_rules as
select *, null::bigint as priority from (values
    ('purchase', 'active', 'Bought in the last 4 weeks'), ('purchase', 'lapsed', 'Silent for 8 to 16 weeks'),
    ('contract', 'active', 'Not of this company')
) as rules (basis, state, meaning);
create table warehouse.marts.customer_lifecycle_periods as select 1 as customer_id, 'purchase' as basis;
create table warehouse.marts.segment_names as
select 'Loyal & core' as segment_name, 'v1' as value_tier, 'steady' as behaviour_cluster, 1 as priority;
create view warehouse.marts.lifecycle_today as
select state, closing_customers from warehouse.marts.customer_lifecycle_flows where day_on = date '2017-02-28';

create table warehouse.marts.campaign_results as
select '7' as campaign_id, 'Type A' as campaign_type, date '2017-01-10' as starts_on, date '2017-01-20' as ends_on,
    3::bigint as targeted_customers, 1::bigint as responding_customers, 2::bigint as redemption_count,
    1 / 3::double as response_share, true as is_over;
create table warehouse.marts.fct_campaign_contacts as select '7' as campaign_id, unnest([1, 2, 3]) as customer_id;
create table warehouse.marts.fct_coupon_redemptions as select '7' as campaign_id, unnest([2, 2]) as customer_id;

create table warehouse.ml.segment_profiles as
select 's1' as segment_id, 'Loyal & core' as segment_name, 'v1' as value_tier, 'steady' as behaviour_cluster,
    3::bigint as customer_count, 1::double as customer_share, 421.58::double as sales_182d_mean,
    1.3::double as orders_182d_mean, 3::double as recency_days_median;
create table warehouse.ml.churn_scores as
select customer_id, 'm1' as model_id, customer_id / 10 as churn_probability from warehouse.marts.dim_customers;
create table warehouse.ml.churn_evaluation as
select 'm1' as model_id, model, metric, value::double as value, (value - 0.02)::double as ci_low,
    (value + 0.02)::double as ci_high, 200::bigint as n_rows, 20::bigint as n_positives
from (values
    ('model', 'auc', 0.70), ('recency_baseline', 'auc', 0.80),
    ('model', 'pr_auc', 0.30), ('recency_baseline', 'pr_auc', 0.40),
    ('model', 'brier', 0.10), ('recency_baseline', 'brier', 0.09)
) as metrics (model, metric, value);
create table warehouse.ml.churn_calibration as
select 'm1' as model_id, model, bin::integer as bin, bin / 10 as predicted_mean, bin / 12 as observed_share,
    bin / 15 as ci_low, bin / 9 as ci_high, 100::bigint as n_rows
from (values ('model'), ('recency_baseline')) as models (model), range(1, 3) as bins (bin);
create table warehouse.ml.churn_lift as
select 'm1' as model_id, model, share / 20 as population_share, sqrt(share / 20) as gain_share,
    sqrt(20 / nullif(share, 0)) as lift
from (values ('model'), ('recency_baseline')) as models (model), range(21) as shares (share);

create table warehouse.activation.act_churn_list as
select date '2017-02-28' as as_of_on, list_rank, customer_id::bigint as customer_id, 'Loyal & core' as segment_name,
    churn_probability, value_at_risk_amount::decimal(18, 2) as value_at_risk_amount,
    'Longer away than usual' as reason_1_text, null::varchar as reason_2_text, null::varchar as reason_3_text,
    'Send a coupon' as suggested_action, 5::bigint as recency_days
from (values (1, 2, 0.5::double, 99.5), (2, 1, 0.25::double, 12.25)) as list
    (list_rank, customer_id, churn_probability, value_at_risk_amount);

insert into ops.loads by name
select 'load' || i as load_id, 'pos' as system, 'transactions' as extract, 'f' || i as file, 'x' as sha256,
    date '2017-02-27' + i::integer as business_on, 1 as version, 'append' as load_mode, 'loaded' as status,
    10 as rows_in, 10 - i as rows_loaded, i as rows_quarantined, 100 as bytes, 'run1' as run_id,
    timestamp '2017-03-01 01:00' as loaded_at, timestamp '2017-03-01 01:00' as file_modified_at
from range(2) as loads (i);
insert into ops.check_results by name
select 'run1' as run_id, date '2017-02-28' as as_of_on, asset, asset as suite, check_id, 'great_expectations' as engine,
    'validity' as dimension, severity, status, rows_checked, rows_failed, timestamp '2017-03-01 01:30' as checked_at
from (values
    ('raw.pos__transactions', 'quantity_positive', 'warning', 'failed', 8, 3),
    ('marts.dim_customers', 'customer_unique', 'critical', 'passed', 3, 0)
) as checks (asset, check_id, severity, status, rows_checked, rows_failed);
