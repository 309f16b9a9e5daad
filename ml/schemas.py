"""The columns of every table that ml writes, and of what it reads: the only place where they are listed.
Those of customer value stand in `ml.value_schemas`.

Table creation, Dagster's column schema, suites and tests take them from here. Each field carries `description`
(with its unit and what null means) as metadata; `nullable` is what the table must enforce.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from ml.schema_fields import AS_OF, CUSTOMER, INTERVAL, MODEL_ID, field
from ml.value_schemas import CUSTOMER_VALUE_FORECASTS, VALUE_CALIBRATION, VALUE_EVALUATION


@dataclass(frozen=True, slots=True)
class Feature:
    """A column of ml.customer_features that a model reads.

    fill: stands for null in the churn model, in the column's unit; the reason is in `null_meaning`.
    """

    name: str
    unit: str
    description: str
    null_meaning: str = "never null"
    fill: float = 0.0


_NO_ORDER_91D: Final = "no order in the last 91 days; read as 0"

# Inputs of the churn model. Left out on purpose: tenure_days and the 182-day sums. In a first year they measure how
# much history has been loaded, and a model that learns from them drifts as the history grows.
CHURN_FEATURES: Final = (
    Feature("recency_days", "days", "Days from the last order day to the cut-off."),
    Feature(
        "gap_ratio",
        "ratio",
        "recency_days / mean_gap_days: absence against the customer's own rhythm.",
        "fewer than 2 order days in 182 days: no rhythm known; read as 1, an absence as long as usual",
        fill=1.0,
    ),
    Feature(
        "mean_gap_days",
        "days",
        "Mean days between order days in the last 182 days.",
        "fewer than 2 order days in 182 days; read as 182, the shortest gap that fits",
        fill=182.0,
    ),
    Feature("active_days_91d", "days", "Days with an order in the last 91 days."),
    Feature("orders_56d", "orders", "Orders in the last 56 days."),
    Feature("sales_91d", "reporting currency", "Sales in the last 91 days."),
    Feature("discount_share_91d", "share 0-1", "Discounts as a share of undiscounted sales, 91 days.", _NO_ORDER_91D),
    Feature("coupon_share_91d", "share 0-1", "Orders with a coupon as a share of orders, 91 days.", _NO_ORDER_91D),
    Feature("campaigns_91d", "campaigns", "Campaigns received in the last 91 days."),
    Feature("redemptions_91d", "coupons", "Coupons redeemed in the last 91 days."),
)
BASELINE_FEATURES: Final = CHURN_FEATURES[:1]

SEGMENT_FEATURES: Final = (
    Feature("orders_182d", "orders", "Orders in the last 182 days."),
    Feature("sales_182d", "reporting currency", "Sales in the last 182 days: the value axis."),
    Feature("recency_days", "days", "Days from the last order day to the cut-off."),
    Feature("gap_ratio", "ratio", "Absence against the customer's own rhythm.", "fewer than 2 order days in 182 days"),
    Feature("mean_gap_days", "days", "Mean days between order days, 182 days.", "fewer than 2 order days in 182 days"),
    Feature("discount_share_91d", "share 0-1", "Discounts as a share of undiscounted sales.", "no order in 91 days"),
)


def reason_codes() -> tuple[str, ...]:
    """Every reason a score can carry; the steward's seed `churn_reasons` must have a text for each.

    >>> reason_codes()[:2]
    ('recency_days_high', 'recency_days_low')
    """
    return tuple(f"{feature.name}_{side}" for feature in CHURN_FEATURES for side in ("high", "low"))


_TIER: Final = field("value_tier", pa.string(), "v1 (highest) to v4: sales of 182 days against the stored edges.")
_BEHAVIOUR: Final = field(
    "behaviour_cluster", pa.string(), "Behaviour from the steward's rules; dormant = no order in 182 days."
)
_SEGMENT: Final = field("segment_id", pa.string(), "value_tier and behaviour_cluster; stable over reruns and refits.")
_SEGMENT_NAME: Final = field("segment_name", pa.string(), "Name from the steward's seed segment_names.")
_MODEL: Final = field(
    "model", pa.string(), "model or recency_baseline; in the evaluation also difference (model - baseline)."
)


def _reason(rank: int) -> list[pa.Field]:
    return [
        field(
            f"reason_{rank}",
            pa.string(),
            f"Code of the {rank}. strongest factor that raises the risk; null = none moves the odds by a tenth.",
            nullable=True,
        ),
        field(
            f"reason_{rank}_contribution",
            pa.float64(),
            f"What reason_{rank} adds to the log-odds against the mean customer; null = no such reason.",
            nullable=True,
        ),
    ]


CUSTOMER_SEGMENTS: Final = pa.schema(
    [
        CUSTOMER,
        AS_OF,
        _TIER,
        _BEHAVIOUR,
        _SEGMENT,
        _SEGMENT_NAME,
        field(
            "distance",
            pa.float64(),
            "Distance to the nearest cluster centre, in standard deviations; null = dormant.",
            nullable=True,
        ),
    ]
)
SEGMENT_PROFILES: Final = pa.schema(
    [
        _SEGMENT,
        _SEGMENT_NAME,
        _TIER,
        _BEHAVIOUR,
        AS_OF,
        field("customer_count", pa.int64(), "Customers in the segment."),
        field("customer_share", pa.float64(), "Share of all customers, 0 to 1."),
        field(
            "sales_share",
            pa.float64(),
            "Share of all customers' sales of 182 days, 0 to 1; null = nobody bought.",
            nullable=True,
        ),
        field("sales_182d_mean", pa.float64(), "Mean sales of 182 days, reporting currency."),
        field("orders_182d_mean", pa.float64(), "Mean orders of 182 days."),
        field("recency_days_median", pa.float64(), "Median days since the last order."),
        field(
            "basket_sales_mean",
            pa.float64(),
            "Sales of 182 days per order, reporting currency; null = no order.",
            nullable=True,
        ),
        field(
            "gap_ratio_median",
            pa.float64(),
            "Median absence against own rhythm; null = no rhythm known.",
            nullable=True,
        ),
        field(
            "discount_share_mean",
            pa.float64(),
            "Mean discount share of 91 days, 0 to 1; null = no order in 91 days.",
            nullable=True,
        ),
    ]
)
CHURN_SCORES: Final = pa.schema(
    [
        CUSTOMER,
        AS_OF,
        MODEL_ID,
        field("churn_probability", pa.float64(), "Calibrated probability of no order within the horizon, 0 to 1."),
        field("baseline_probability", pa.float64(), "The same from recency alone, 0 to 1."),
        field("risk_decile", pa.int32(), "1 (highest risk) to 10 (lowest), equal counts; ties by customer_id."),
        *_reason(1),
        *_reason(2),
        *_reason(3),
    ]
)
CHURN_EVALUATION: Final = pa.schema(
    [
        MODEL_ID,
        field("as_of_on", pa.date32(), "Date on which the newest test outcome became known."),
        _MODEL,
        field("metric", pa.string(), "auc, pr_auc, brier, calibration_error, lift_at_10pct."),
        field("value", pa.float64(), "Metric on the test cut-offs, which lie after all training outcomes."),
        field("ci_low", pa.float64(), f"Lower end {INTERVAL}."),
        field("ci_high", pa.float64(), f"Upper end {INTERVAL}."),
        field("n_rows", pa.int64(), "Customer snapshots tested."),
        field("n_positives", pa.int64(), "Of these, churned."),
    ]
)
CHURN_CALIBRATION: Final = pa.schema(
    [
        MODEL_ID,
        _MODEL,
        field("bin", pa.int32(), "Bin of equal count, from 1 = lowest predictions."),
        field("predicted_mean", pa.float64(), "Mean predicted probability, 0 to 1."),
        field("observed_share", pa.float64(), "Share that churned, 0 to 1."),
        field("ci_low", pa.float64(), "Lower end of Wilson's 95 % interval of observed_share."),
        field("ci_high", pa.float64(), "Upper end of Wilson's 95 % interval of observed_share."),
        field("n_rows", pa.int64(), "Customer snapshots in the bin."),
    ]
)
CHURN_LIFT: Final = pa.schema(
    [
        MODEL_ID,
        _MODEL,
        field("population_share", pa.float64(), "Share of customers contacted, highest risk first, 0 to 1."),
        field("gain_share", pa.float64(), "Share of all churners among them, 0 to 1."),
        field("lift", pa.float64(), "gain_share / population_share; null at 0.", nullable=True),
    ]
)

# Table name in schema `ml` → columns.
TABLES: Final = {
    "customer_segments": CUSTOMER_SEGMENTS,
    "segment_profiles": SEGMENT_PROFILES,
    "churn_scores": CHURN_SCORES,
    "churn_evaluation": CHURN_EVALUATION,
    "churn_calibration": CHURN_CALIBRATION,
    "churn_lift": CHURN_LIFT,
    "customer_value_forecasts": CUSTOMER_VALUE_FORECASTS,
    "value_evaluation": VALUE_EVALUATION,
    "value_calibration": VALUE_CALIBRATION,
}
