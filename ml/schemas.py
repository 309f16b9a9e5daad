"""The columns of every table that ml writes, and of what it reads: the only place where they are listed.

Table creation, Dagster's column schema, suites and tests take them from here. Each field carries `description`
(with its unit and what null means) as metadata; `nullable` is what the table must enforce.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa


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


def _field(name: str, kind: pa.DataType, description: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"description": description})


_CUSTOMER: Final = _field("customer_id", pa.int64(), "Our permanent customer id.")
_AS_OF: Final = _field("as_of_on", pa.date32(), "Business date of the snapshot.")
_TIER: Final = _field("value_tier", pa.string(), "v1 (highest) to v4: sales of 182 days against the stored edges.")
_BEHAVIOUR: Final = _field(
    "behaviour_cluster", pa.string(), "Behaviour from the steward's rules; dormant = no order in 182 days."
)
_SEGMENT: Final = _field("segment_id", pa.string(), "value_tier and behaviour_cluster; stable over reruns and refits.")
_SEGMENT_NAME: Final = _field("segment_name", pa.string(), "Name from the steward's seed segment_names.")
_MODEL_ID: Final = _field("model_id", pa.string(), "Names the model and its card.")
_MODEL: Final = _field(
    "model", pa.string(), "model or recency_baseline; in the evaluation also difference (model - baseline)."
)


def _reason(rank: int) -> list[pa.Field]:
    return [
        _field(
            f"reason_{rank}",
            pa.string(),
            f"Code of the {rank}. strongest factor that raises the risk; null = none moves the odds by a tenth.",
            nullable=True,
        ),
        _field(
            f"reason_{rank}_contribution",
            pa.float64(),
            f"What reason_{rank} adds to the log-odds against the mean customer; null = no such reason.",
            nullable=True,
        ),
    ]


CUSTOMER_SEGMENTS: Final = pa.schema(
    [
        _CUSTOMER,
        _AS_OF,
        _TIER,
        _BEHAVIOUR,
        _SEGMENT,
        _SEGMENT_NAME,
        _field(
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
        _AS_OF,
        _field("customer_count", pa.int64(), "Customers in the segment."),
        _field("customer_share", pa.float64(), "Share of all customers, 0 to 1."),
        _field(
            "sales_share",
            pa.float64(),
            "Share of all customers' sales of 182 days, 0 to 1; null = nobody bought.",
            nullable=True,
        ),
        _field("sales_182d_mean", pa.float64(), "Mean sales of 182 days, reporting currency."),
        _field("orders_182d_mean", pa.float64(), "Mean orders of 182 days."),
        _field("recency_days_median", pa.float64(), "Median days since the last order."),
        _field(
            "basket_sales_mean",
            pa.float64(),
            "Sales of 182 days per order, reporting currency; null = no order.",
            nullable=True,
        ),
        _field(
            "gap_ratio_median",
            pa.float64(),
            "Median absence against own rhythm; null = no rhythm known.",
            nullable=True,
        ),
        _field(
            "discount_share_mean",
            pa.float64(),
            "Mean discount share of 91 days, 0 to 1; null = no order in 91 days.",
            nullable=True,
        ),
    ]
)
CHURN_SCORES: Final = pa.schema(
    [
        _CUSTOMER,
        _AS_OF,
        _MODEL_ID,
        _field("churn_probability", pa.float64(), "Calibrated probability of no order within the horizon, 0 to 1."),
        _field("baseline_probability", pa.float64(), "The same from recency alone, 0 to 1."),
        _field("risk_decile", pa.int32(), "1 (highest risk) to 10 (lowest), equal counts; ties by customer_id."),
        *_reason(1),
        *_reason(2),
        *_reason(3),
    ]
)
_INTERVAL: Final = "of the 95 % interval (bootstrap over customers)"
CHURN_EVALUATION: Final = pa.schema(
    [
        _MODEL_ID,
        _field("as_of_on", pa.date32(), "Date on which the newest test outcome became known."),
        _MODEL,
        _field("metric", pa.string(), "auc, pr_auc, brier, calibration_error, lift_at_10pct."),
        _field("value", pa.float64(), "Metric on the test cut-offs, which lie after all training outcomes."),
        _field("ci_low", pa.float64(), f"Lower end {_INTERVAL}."),
        _field("ci_high", pa.float64(), f"Upper end {_INTERVAL}."),
        _field("n_rows", pa.int64(), "Customer snapshots tested."),
        _field("n_positives", pa.int64(), "Of these, churned."),
    ]
)
CHURN_CALIBRATION: Final = pa.schema(
    [
        _MODEL_ID,
        _MODEL,
        _field("bin", pa.int32(), "Bin of equal count, from 1 = lowest predictions."),
        _field("predicted_mean", pa.float64(), "Mean predicted probability, 0 to 1."),
        _field("observed_share", pa.float64(), "Share that churned, 0 to 1."),
        _field("ci_low", pa.float64(), "Lower end of Wilson's 95 % interval of observed_share."),
        _field("ci_high", pa.float64(), "Upper end of Wilson's 95 % interval of observed_share."),
        _field("n_rows", pa.int64(), "Customer snapshots in the bin."),
    ]
)
CHURN_LIFT: Final = pa.schema(
    [
        _MODEL_ID,
        _MODEL,
        _field("population_share", pa.float64(), "Share of customers contacted, highest risk first, 0 to 1."),
        _field("gain_share", pa.float64(), "Share of all churners among them, 0 to 1."),
        _field("lift", pa.float64(), "gain_share / population_share; null at 0.", nullable=True),
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
}
