"""The columns of the tables of customer value, and of what its models read; `ml.schemas` lists them with the others."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from ml.schema_fields import AS_OF, CUSTOMER, INTERVAL, MODEL_ID, field

# What the value models read: customers at three cut-offs (last days of closed months), and the life table before each.
# A basis is `contract` for who ever had one, else `purchase`; what the other basis tells is null.
VALUE_HISTORIES: Final = pa.schema(
    [
        CUSTOMER,
        field("basis", pa.string(), "purchase or contract."),
        field("order_days", pa.int64(), "Days with an order up to the cut-off; null = contract.", nullable=True),
        field(
            "repeat_amount",
            pa.float64(),
            "Spent on all order days but the first, reporting currency; null = contract.",
            nullable=True,
        ),
        field("tenure_months", pa.int64(), "Months from that of first_on to that of the cut-off."),
        field(
            "month_count",
            pa.int64(),
            "Recent closed months that lie wholly in the contract; null = purchase.",
            nullable=True,
        ),
        field("billed_amount", pa.float64(), "Invoices and credits of these months; null = purchase.", nullable=True),
        field("billed_squares", pa.float64(), "Sum of the squares of each month's; null = purchase.", nullable=True),
        field("sold_amount", pa.float64(), "Bought beside the bill in them; null = purchase.", nullable=True),
        field("last_period_amount", pa.float64(), "Revenue of the horizon before the cut-off, reporting currency."),
        field(
            "outcome_amount",
            pa.float64(),
            "Revenue of the horizon after the cut-off; null = that is not over.",
            nullable=True,
        ),
        field("cutoff_on", pa.date32(), "Last day that the row knows about, the outcome left aside."),
        field("first_on", pa.date32(), "First order day, or first day of the contract that runs."),
        field("last_on", pa.date32(), "Last order day; the first day of a contract."),
    ]
)
VALUE_EXPOSURES: Final = pa.schema(
    [
        field("tenure_months", pa.int64(), "Month of tenure; the month in which a contract begins is 0."),
        field("at_risk", pa.int64(), "Contracts in force at the beginning of such a month, in the year before."),
        field("ended", pa.int64(), "Of these, ended within it."),
        field("cutoff_on", pa.date32(), "Last day that the row knows about."),
    ]
)
_BASIS: Final = field("basis", pa.string(), "purchase (no contract: BG/NBD) or contract (life table).")
_SCORER: Final = "model, mean_baseline or last_period_baseline"
_SCORERS: Final = "model, structure (its part that is not the last period), mean_baseline or last_period_baseline"


def _part(name: str, description: str) -> pa.Field:
    return field(name, pa.float64(), f"{description}; null = another basis, or a baseline forecasts.", nullable=True)


CUSTOMER_VALUE_FORECASTS: Final = pa.schema(
    [
        CUSTOMER,
        AS_OF,
        field("cutoff_on", pa.date32(), "Last day of the last closed month: the forecast knows nothing after it."),
        MODEL_ID,
        _BASIS,
        field("model", pa.string(), f"Who forecasts: {_SCORER}; a baseline where the model is not better."),
        field("horizon_months", pa.int32(), "Months after the cut-off that the forecast adds up."),
        field("revenue_forecast_amount", pa.float64(), "Expected revenue of the horizon, reporting currency."),
        field("revenue_low_amount", pa.float64(), "Lower end of its interval, reporting currency."),
        field("revenue_high_amount", pa.float64(), "Upper end of its interval, reporting currency."),
        field("interval_pct", pa.float64(), "Share of customers whose revenue should lie in it, 0 to 100."),
        _part("expected_purchases", "Order days to expect in the horizon"),
        _part("spend_per_purchase_amount", "Spend to expect on one, reporting currency"),
        _part("active_probability", "Probability that the customer has not left, 0 to 1"),
        _part("expected_months", "Months of the horizon that the customer is expected to pay for"),
        _part("revenue_per_month_amount", "Revenue to expect in one of them, reporting currency"),
    ]
)
VALUE_EVALUATION: Final = pa.schema(
    [
        MODEL_ID,
        field("as_of_on", pa.date32(), "Date on which the outcome of the test became known."),
        _BASIS,
        field("model", pa.string(), f"{_SCORERS}; difference_to_* is the model less that baseline."),
        field("metric", pa.string(), "rmse, mae, bias (reporting currency), coverage (share 0-1)."),
        field("value", pa.float64(), "Metric on the horizon after the test cut-off, of which no fit knew."),
        field("ci_low", pa.float64(), f"Lower end {INTERVAL}; of coverage Wilson's."),
        field("ci_high", pa.float64(), f"Upper end {INTERVAL}; of coverage Wilson's."),
        field("n_rows", pa.int64(), "Customers tested."),
    ]
)
VALUE_CALIBRATION: Final = pa.schema(
    [
        MODEL_ID,
        _BASIS,
        field("model", pa.string(), f"{_SCORERS}."),
        field("bin", pa.int32(), "Bin of equal count, from 1 = lowest forecasts; equal forecasts share one."),
        field("predicted_mean_amount", pa.float64(), "Mean forecast, reporting currency."),
        field("observed_mean_amount", pa.float64(), "Mean revenue in the horizon, reporting currency."),
        field("ci_low", pa.float64(), "Lower end of the 95 % interval of observed_mean_amount (normal)."),
        field("ci_high", pa.float64(), "Upper end of the 95 % interval of observed_mean_amount (normal)."),
        field("n_rows", pa.int64(), "Customers in the bin."),
    ]
)
