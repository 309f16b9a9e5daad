"""The rules of `expectations/` as an engineer writes them by hand: one counting scan a table, and a query for the rest.

Ids are those of the suites, so that the benchmark can show that both sides check the same and find the same.
SQL variables: as_of, and changed_from, the earliest business date that may have changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import duckdb

#: Rows whose keys are grouped at once: a hash table of this many fits the processor's cache.
SLICE_ROWS: Final = 250_000

#: Only what is new is checked of these.
NEW: Final = {
    **dict.fromkeys(
        ("campaign__campaign_households", "campaign__campaigns", "campaign__coupons", "crm__demographics",
         "loyalty__coupon_redemptions", "merchandising__promotions", "pos__transactions", "product__products"),
        "_business_on >= getvariable('changed_from')",
    ),
    **dict.fromkeys(("fct_order_lines", "fct_orders"), "business_on >= getvariable('changed_from')"),
}  # fmt: skip

#: Bad rows by table and rule, all rules of a table in one scan.
SCANS: Final[Mapping[str, Mapping[str, str]]] = {
    "raw.campaign__campaign_households": {"target_household_given": "household_id is null"},
    "raw.campaign__campaigns": {
        "campaign_id_given": "campaign_id is null",
        "campaign_type_code": "campaign_type not in ('Type A', 'Type B', 'Type C')",
        "campaign_ends_after_start": "end_date <= start_date",
        "campaign_not_before_start": "start_date > _business_on",
    },
    "raw.campaign__coupons": {
        "coupon_given": "coupon_upc is null",
        "coupon_upc_length": "coupon_upc not between 10000000000 and 99999999999",
    },
    "raw.crm__demographics": {
        "crm_household_given": "household_id is null",
        "crm_age_code": "age not in ('19-24', '25-34', '35-44', '45-54', '55-64', '65+')",
        "crm_income_code": "income not in ('Under 15K', '15-24K', '25-34K', '35-49K', '50-74K', '75-99K', '100-124K', "
        "'125-149K', '150-174K', '175-199K', '200-249K', '250K+')",
        "crm_marital_code": "marital_status not in ('Married', 'Unmarried')",
        "crm_household_size_code": "household_size not in ('1', '2', '3', '4', '5+')",
        "crm_kids_code": "kids_count not in ('0', '1', '2', '3+')",
    },
    "raw.loyalty__coupon_redemptions": {
        "redemption_household_given": "household_id is null",
        "redemption_date_is_file_date": "redemption_date <> _business_on",
    },
    "raw.merchandising__promotions": {
        "promotion_product_given": "product_id is null",
        "promotion_store_given": "store_id is null",
        "promotion_display_code": "display_location not in ('0', '1', '2', '3', '4', '5', '6', '7', '9', 'A')",
        "promotion_mailer_code": "mailer_location not in ('0', 'A', 'C', 'D', 'F', 'H', 'J', 'L', 'P', 'X', 'Z')",
    },
    "raw.pos__transactions": {
        "pos_basket_known": "basket_id is null",
        "pos_product_given": "product_id is null",
        "pos_household_given": "household_id is null",
        "pos_sales_given": "sales_value is null",
        "pos_quantity_given": "quantity is null",
        "pos_sales_not_negative": "sales_value < 0",
        "pos_quantity_not_negative": "quantity < 0",
        "pos_discounts_not_negative": "not (retail_disc >= 0 and coupon_disc >= 0 and coupon_match_disc >= 0)",
        "pos_trading_date_is_file_date": "trading_date <> _business_on",
        "pos_sold_on_trading_date": "not (transaction_timestamp >= trading_date + interval 4 hours "
        "and transaction_timestamp < trading_date + interval 29 hours)",
        "pos_week_in_year": "week not between 1 and 53",
        "pos_coupon_match_needs_coupon": "not (coupon_match_disc = 0 or coupon_disc > 0)",
        "pos_zero_quantity_rare": "quantity = 0",
    },
    "raw.product__products": {
        "product_id_given": "product_id is null",
        "product_department_given": "department is null",
        "product_brand_code": "brand not in ('National', 'Private')",
        "product_category_known": "product_category is null",
    },
    "marts.campaign_results": {
        "result_share_in_range": "response_share not between 0 and 1",
        "result_redeeming_within_redemptions": "redeeming_customers > redemption_count",
        "result_ends_after_start": "ends_on <= starts_on",
    },
    "marts.capability_status": {
        "capability_orders_fresh": "not (entity <> 'order_lines' or last_business_on >= getvariable('as_of') - 2)"
    },
    "marts.customer_lifecycle_flows": {
        "flow_balances": "opening_customers + entered_customers - left_customers <> closing_customers",
        "flow_not_negative": "least(opening_customers, entered_customers, left_customers, closing_customers) < 0",
    },
    "marts.customer_lifecycle_periods": {
        "period_state_code": "state not in ('new', 'active', 'declining', 'lapsed', 'churned', 'returned')",
        "period_ends_after_start": "to_on < from_on",
    },
    "marts.customer_order_totals": {
        "totals_window_within_all": "not (order_count_rfm between 0 and order_count "
        "and sales_amount_rfm <= sales_amount)"
    },
    "marts.customer_rfm": {
        "rfm_scores_in_range": "not (recency_score between 1 and 5 and frequency_score between 1 and 5 "
        "and monetary_score between 1 and 5)",
        "rfm_segment_given": "rfm_segment is null",
        "rfm_recency_not_negative": "recency_days < 0",
    },
    "marts.customer_rfm_edges": {"rfm_edge_given": "edge_value is null"},
    "marts.dim_customers": {
        "customer_id_given": "customer_id is null",
        "customer_order_dates_in_order": "last_order_on < first_order_on",
        "customer_not_after_as_of": "last_order_on > getvariable('as_of')",
        "customer_demographics_flagged": "not (has_demographics or age_band is null)",
    },
    "marts.dim_products": {
        "dim_product_id_given": "product_id is null",
        "dim_product_department_given": "is_in_catalogue and department is null",
    },
    "marts.fct_coupon_redemptions": {
        "fct_redemption_not_after_as_of": "redeemed_on > getvariable('as_of')",
        "fct_redemption_targeted": "not is_targeted",
    },
    "marts.fct_customer_months": {
        "month_starts_first": "day(month_on) <> 1",
        "month_days_possible": "not (active_days between 1 and 31 and order_count >= active_days)",
    },
    "marts.fct_order_lines": {
        "line_order_given": "order_id is null",
        "line_customer_given": "customer_id is null",
        "line_product_given": "product_id is null",
        "line_sales_not_negative": "sales_amount < 0",
        "line_quantity_not_negative": "quantity < 0",
        "line_ordered_on_business_date": "ordered_on <> business_on",
        "line_not_after_as_of": "business_on > getvariable('as_of')",
        "line_product_known": "not is_product_known",
    },
    "marts.fct_orders": {
        "order_customer_given": "customer_id is null",
        "order_has_lines": "line_count < 1",
        "order_sales_not_negative": "sales_amount < 0",
    },
    "ml.churn_calibration": {
        "calibration_shares_in_range": "not (predicted_mean between 0 and 1 and observed_share between 0 and 1)"
    },
    "ml.churn_evaluation": {
        "evaluation_interval_around_value": "value not between ci_low and ci_high",
        "evaluation_ranks": "model = 'model' and metric = 'auc' and value <= 0.5",
    },
    "ml.churn_labels": {
        "label_activity_given": "is_active is null",
        "label_from_the_past": "is_churned is not null and cutoff_on >= getvariable('as_of')",
    },
    "ml.churn_lift": {"lift_shares_in_range": "not (population_share between 0 and 1 and gain_share between 0 and 1)"},
    "ml.churn_scores": {
        "score_probability_in_range": "churn_probability not between 0 and 1",
        "score_baseline_in_range": "baseline_probability not between 0 and 1",
        "score_reason_given": "risk_decile = 1 and reason_1 is null",
    },
    "ml.customer_features": {
        "feature_not_after_as_of": "cutoff_on > getvariable('as_of')",
        "feature_recency_known": "cutoff_on = getvariable('as_of') and (coalesce(recency_days, -1) < 0 "
        "or tenure_days < recency_days)",
        "feature_windows_nest": "cutoff_on = getvariable('as_of') and not (orders_28d <= orders_56d "
        "and orders_56d <= orders_91d and orders_91d <= orders_182d)",
        "feature_shares_in_range": "cutoff_on = getvariable('as_of') and not (discount_share_91d between 0 and 1 "
        "and coupon_share_91d between 0 and 1)",
        "feature_usage_plausible": "cutoff_on = getvariable('as_of') and (call_seconds_91d < 0 or lines < 0)",
    },
    "ml.order_features": {
        "order_feature_not_after_cutoff": "cutoff_on = getvariable('as_of') and not (newest_on <= cutoff_on "
        "and first_on <= last_on and last_on <= cutoff_on)",
        "order_feature_windows_nest": "cutoff_on = getvariable('as_of') and not (orders_28d <= orders_56d "
        "and orders_56d <= orders_91d and orders_91d <= orders_182d)",
    },
    "ml.customer_segments": {
        "segment_tier_code": "value_tier not in ('v1', 'v2', 'v3', 'v4')",
        "segment_name_given": "segment_name is null",
        "segment_of_as_of": "as_of_on <> getvariable('as_of')",
    },
    "ml.segment_profiles": {"profile_share_in_range": "customer_share not between 0 and 1"},
}

#: Keys: table, columns, and the date column by which a large table is grouped slice by slice.
KEYS: Final[Mapping[str, tuple[str, str, str | None]]] = {
    "target_unique": ("raw.campaign__campaign_households", "campaign_id, household_id", None),
    "campaign_id_unique": ("raw.campaign__campaigns", "campaign_id", None),
    "coupon_row_unique": ("raw.campaign__coupons", "coupon_upc, product_id, campaign_id", None),
    "crm_household_unique": ("raw.crm__demographics", "_load_id, household_id", None),
    "redemption_unique": (
        "raw.loyalty__coupon_redemptions", "household_id, coupon_upc, campaign_id, redemption_date", None,
    ),
    "pos_line_unique": ("raw.pos__transactions", "_business_on, basket_id, product_id", "_business_on"),
    "product_id_unique": ("raw.product__products", "_load_id, product_id", None),
    "result_campaign_unique": ("marts.campaign_results", "campaign_id", None),
    "capability_entity_unique": ("marts.capability_status", "entity", None),
    "flow_unique": ("marts.customer_lifecycle_flows", "day_on, state", None),
    "totals_customer_unique": ("marts.customer_order_totals", "customer_id", None),
    "rfm_customer_unique": ("marts.customer_rfm", "customer_id", None),
    "rfm_edge_unique": ("marts.customer_rfm_edges", "measure, customer_pct", None),
    "customer_unique": ("marts.dim_customers", "customer_id", None),
    "date_unique": ("marts.dim_dates", "day_on", None),
    "dim_product_unique": ("marts.dim_products", "product_id", None),
    "contact_unique": ("marts.fct_campaign_contacts", "campaign_id, customer_id", None),
    "fct_redemption_unique": (
        "marts.fct_coupon_redemptions", "source_system, campaign_id, coupon_id, customer_id, redeemed_on", None,
    ),
    "month_unique": ("marts.fct_customer_months", "month_on, customer_id", "month_on"),
    "order_unique": ("marts.fct_orders", "business_on, source_system, order_id", "business_on"),
    "calibration_unique": ("ml.churn_calibration", "model_id, model, bin", None),
    "evaluation_unique": ("ml.churn_evaluation", "model_id, model, metric", None),
    "label_unique": ("ml.churn_labels", "cutoff_on, customer_id", "cutoff_on"),
    "lift_unique": ("ml.churn_lift", "model_id, model, population_share", None),
    "score_customer_unique": ("ml.churn_scores", "customer_id", None),
    "order_feature_unique": ("ml.order_features", "cutoff_on, customer_id", "cutoff_on"),
    "feature_unique": ("ml.customer_features", "cutoff_on, customer_id", "cutoff_on"),
    "segment_customer_unique": ("ml.customer_segments", "customer_id", None),
    "profile_segment_unique": ("ml.segment_profiles", "segment_id", None),
}  # fmt: skip

#: References: table, column, referenced table and column.
REFERENCES: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "target_campaign_exists": (
        "raw.campaign__campaign_households", "campaign_id", "raw.campaign__campaigns", "campaign_id",
    ),
    "coupon_campaign_exists": ("raw.campaign__coupons", "campaign_id", "raw.campaign__campaigns", "campaign_id"),
    "coupon_product_known": ("raw.campaign__coupons", "product_id", "raw.product__products", "product_id"),
    "redemption_campaign_exists": (
        "raw.loyalty__coupon_redemptions", "campaign_id", "raw.campaign__campaigns", "campaign_id",
    ),
    "period_customer_exists": (
        "marts.customer_lifecycle_periods", "customer_id", "marts.dim_customers", "customer_id",
    ),
    "contact_customer_exists": ("marts.fct_campaign_contacts", "customer_id", "marts.dim_customers", "customer_id"),
    "contact_campaign_exists": ("marts.fct_campaign_contacts", "campaign_id", "marts.campaign_results", "campaign_id"),
    "fct_redemption_customer_exists": (
        "marts.fct_coupon_redemptions", "customer_id", "marts.dim_customers", "customer_id",
    ),
    "order_customer_exists": ("marts.fct_orders", "customer_id", "marts.dim_customers", "customer_id"),
    "score_customer_exists": ("ml.churn_scores", "customer_id", "marts.dim_customers", "customer_id"),
}  # fmt: skip

#: Everything else, by table: a query whose rows are the findings.
QUERIES: Final[Mapping[str, Mapping[str, str]]] = {
    "raw.crm__demographics": {
        "crm_households_delivered": "select file from new_loads where extract = 'demographics' and rows_loaded = 0"
    },
    "raw.loyalty__coupon_redemptions": {
        "redemption_coupon_of_campaign": """
            select household_id from raw.loyalty__coupon_redemptions
            anti join raw.campaign__coupons using (coupon_upc, campaign_id)
            where _business_on >= getvariable('changed_from')"""
    },
    "raw.pos__transactions": {
        "pos_lines_delivered": "select file from new_loads where extract = 'transactions' and rows_loaded = 0",
        "pos_volume_usual": """
            select business_on
            from (
                select business_on, rows_loaded, median(rows_loaded) over (
                    order by business_on rows between 28 preceding and 1 preceding) as usual_rows
                from ops.loads where extract = 'transactions'
            )
            where business_on > getvariable('as_of') - 28
                and rows_loaded not between usual_rows / 4 and usual_rows * 4""",
    },
    "raw.product__products": {
        "product_catalogue_delivered": "select file from new_loads where extract = 'products' and rows_loaded = 0"
    },
    "marts.campaign_results": {
        "result_contacts_reconcile": """
            select campaign_id from marts.campaign_results
            left join (
                select campaign_id, count(distinct customer_id) as n from marts.fct_campaign_contacts group by all
            ) using (campaign_id)
            where targeted_customers <> coalesce(n, 0)"""
    },
    "marts.customer_lifecycle_daily": {
        "daily_one_state": """
            select customer_id from marts.customer_lifecycle_daily where day_on = getvariable('as_of')
            group by customer_id having count(*) <> 1""",
        "daily_covers_customers": """
            select customer_id from marts.dim_customers
            anti join (select customer_id from marts.customer_lifecycle_daily where day_on = getvariable('as_of'))
                using (customer_id)
            where first_order_on <= getvariable('as_of')""",
    },
    "marts.customer_lifecycle_flows": {
        "flow_carries_over": """
            select day_on from (
                select *, lag(closing_customers, 1, 0) over (partition by state order by day_on) as closed_before
                from marts.customer_lifecycle_flows
            ) where opening_customers <> closed_before"""
    },
    "marts.customer_lifecycle_periods": {
        "period_gapless": """
            select customer_id from (
                select *, lead(from_on) over (partition by customer_id order by from_on) as next_from_on
                from marts.customer_lifecycle_periods
            ) where coalesce(next_from_on, getvariable('as_of') + 1) <> to_on + 1"""
    },
    "marts.customer_order_totals": {
        "totals_sums_reconcile": """
            select 1
            from (select sum(order_count) as n, sum(sales_amount) as s from marts.customer_order_totals) as totals
            cross join (select count(*) as n, sum(sales_amount) as s from marts.fct_orders) as orders
            where totals.n is distinct from orders.n or totals.s is distinct from orders.s"""
    },
    "marts.customer_rfm": {
        "rfm_covers_customers": """
            select customer_id from marts.dim_customers anti join marts.customer_rfm using (customer_id)
            where first_order_on <= getvariable('as_of')"""
    },
    "marts.customer_rfm_edges": {
        "rfm_edges_rise": """
            select measure from (
                select *, lag(edge_value) over (partition by measure order by customer_pct) as edge_before
                from marts.customer_rfm_edges
            ) where edge_value < edge_before"""
    },
    "marts.dim_customers": {
        "customer_rows_exist": "select 1 from (select count(*) as n from marts.dim_customers) where n = 0"
    },
    "marts.dim_dates": {
        "date_gapless": """
            select 1 from marts.dim_dates
            having count(*) <> max(day_on) - min(day_on) + 1 or max(day_on) <> getvariable('as_of')"""
    },
    "marts.fct_customer_months": {
        "month_sums_reconcile": """
            select month_on
            from (
                select month_on, sum(sales_amount) as s, sum(order_count) as n from marts.fct_customer_months group by 1
            )
            full join (
                select date_trunc('month', ordered_on)::date as month_on, sum(sales_amount) as orders_s,
                    count(*) as orders_n
                from marts.fct_orders group by 1
            ) using (month_on)
            where s is distinct from orders_s or n is distinct from orders_n"""
    },
    "marts.fct_order_lines": {
        "line_rows_exist": "select file from new_loads where extract = 'transactions' and rows_loaded = 0",
        "line_count_reconciles": """
            select load_id
            from (
                select load_id, count(*) as n from marts.fct_order_lines
                where business_on >= getvariable('changed_from') group by load_id
            )
            left join ops.loads using (load_id)
            where n is distinct from rows_loaded""",
    },
    "marts.fct_orders": {
        "order_sums_reconcile": """
            select business_on
            from (
                select business_on, sum(sales_amount) as s, sum(line_count) as n from marts.fct_orders
                where business_on >= getvariable('changed_from') group by 1
            )
            left join (
                select business_on, sum(sales_amount) as lines_s, count(*) as lines_n from marts.fct_order_lines
                where business_on >= getvariable('changed_from') group by 1
            ) using (business_on)
            where s is distinct from lines_s or n is distinct from lines_n"""
    },
    "ml.churn_labels": {
        "label_share_plausible": """
            select 1 from (
                select avg(is_churned::int) as share from ml.churn_labels where is_active and is_churned is not null
            ) where share not between 0.005 and 0.5"""
    },
    "ml.churn_scores": {
        "score_covers_active": """
            select customer_id from ml.churn_labels anti join ml.churn_scores using (customer_id)
            where cutoff_on = getvariable('as_of') and is_active"""
    },
    "ml.customer_segments": {
        "segment_covers_customers": """
            select customer_id from ml.customer_features anti join ml.customer_segments using (customer_id)
            where cutoff_on = getvariable('as_of')"""
    },
    "ml.segment_profiles": {
        "profile_counts_reconcile": """
            select 1
            from (select sum(customer_count) as n, sum(customer_share) as share from ml.segment_profiles)
            cross join (select count(*) as customers from ml.customer_segments)
            where n is distinct from customers or abs(share - 1) > 0.000001"""
    },
}

#: Told, not enforced.
WARNINGS: Final = frozenset(
    {
        "coupon_row_unique", "coupon_product_known", "coupon_upc_length", "crm_age_code", "crm_income_code",
        "crm_marital_code", "crm_household_size_code", "crm_kids_code", "redemption_coupon_of_campaign",
        "promotion_display_code", "promotion_mailer_code", "pos_sold_on_trading_date", "pos_week_in_year",
        "pos_coupon_match_needs_coupon", "pos_zero_quantity_rare", "pos_volume_usual", "product_brand_code",
        "product_category_known", "capability_orders_fresh", "fct_redemption_targeted", "line_product_known",
        "evaluation_ranks", "evaluation_interval_around_value", "label_share_plausible", "score_covers_active",
        "score_reason_given",
    }
)  # fmt: skip


def rule_ids() -> set[str]:
    """Every rule that is checked here."""
    scanned = {rule for rules in (*SCANS.values(), *QUERIES.values()) for rule in rules}
    return scanned | set(KEYS) | set(REFERENCES)


def run(con: duckdb.DuckDBPyConnection, schema: str) -> dict[str, int]:
    """Findings by rule for the tables of a schema; stops the script when an enforced rule has any."""
    found: dict[str, int] = {}
    for table, rules in SCANS.items():
        if table.startswith(f"{schema}."):
            counts = ", ".join(f"coalesce(count_if({bad}), 0)" for bad in rules.values())
            found |= dict(zip(rules, one_row(con, f"select {counts} from {table} {new_rows(table)}"), strict=True))
    for rule, (table, columns, slice_by) in KEYS.items():
        if table.startswith(f"{schema}."):
            found[rule] = repeated(con, table, columns, slice_by)
    for rule, (table, column, to_table, to_column) in REFERENCES.items():
        if table.startswith(f"{schema}."):
            rows = f"select {column} as id from {table} {new_rows(table)}"
            missing = f"({rows}) anti join {to_table} as target on target.{to_column} = id where id is not null"
            found[rule] = one_row(con, f"select count(*) from {missing}")[0]
    for table, queries in QUERIES.items():
        if table.startswith(f"{schema}."):
            found |= {rule: one_row(con, f"select count(*) from ({query})")[0] for rule, query in queries.items()}
    failed = {rule: rows for rule, rows in found.items() if rows and rule not in WARNINGS}
    if failed:
        raise SystemExit(f"checks failed: {failed}")
    return found


def repeated(con: duckdb.DuckDBPyConnection, table: str, columns: str, slice_by: str | None) -> int:
    """Rows beyond the first of each key."""
    where = new_rows(table) or "where true"
    slices = ["true"]
    if slice_by:
        sizes = con.execute(f"select {slice_by}, count(*) from {table} {where} group by 1 order by 1").fetchall()
        slices = [f"{slice_by} between date '{first}' and date '{last}'" for first, last in ranges(sizes)]
    query = "select coalesce(sum(n - 1), 0) from (select count(*) as n from {} {} and {} group by {})"
    return sum(int(one_row(con, query.format(table, where, part, columns))[0]) for part in slices)


def ranges(sizes: Sequence[tuple[object, int]]) -> list[tuple[object, object]]:
    """First and last value of runs with about SLICE_ROWS rows."""
    runs: list[list] = []
    for value, size in sizes:
        if runs and runs[-1][2] + size <= SLICE_ROWS:
            runs[-1][1:] = [value, runs[-1][2] + size]
        else:
            runs.append([value, value, size])
    return [(first, last) for first, last, _ in runs]


def new_rows(table: str) -> str:
    condition = NEW.get(table.split(".")[1])
    return f"where {condition}" if condition else ""


def one_row(con: duckdb.DuckDBPyConnection, query: str) -> tuple:
    return con.execute(query).fetchall()[0]
