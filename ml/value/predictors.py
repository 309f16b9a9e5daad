"""The ways to forecast a customer's revenue that compete: the model, what it is made of, and two plain ones.

The model is a mix of what the customer's whole history says (`structure`) and of once more the last period, which is
quicker to see a change (Bates and Granger, "The combination of forecasts", 1969). Past outcomes say in which shares.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from ml.errors import InputError
from ml.sampling import key_hash, lowest
from ml.value.contracts import ContractModel, fit_credibility, fit_loss
from ml.value.histories import CONTRACT, PURCHASE, Exposures, Floats, Histories
from ml.value.purchases import PurchaseModel, fit_purchases
from ml.value.spend import SpendModel, fit_spend

MODEL: Final = "model"
STRUCTURE: Final = "structure"
MEAN: Final = "mean_baseline"
LAST_PERIOD: Final = "last_period_baseline"
SCORERS: Final = (MODEL, STRUCTURE, MEAN, LAST_PERIOD)
#: Weeks of a mean month.
_WEEKS_A_MONTH: Final = 365.25 / 12 / 7


@dataclass(frozen=True)
class Parts:
    """What a forecast of the model is made of; the parts of the other basis are None."""

    expected_purchases: Floats | None = None
    spend_per_purchase: Floats | None = None
    active_probability: Floats | None = None
    expected_months: Floats | None = None
    revenue_per_month: Floats | None = None


@dataclass(frozen=True)
class Predictor:
    """A fitted forecast of one basis.

    mean: revenue of the last period of all customers, the first baseline.
    share: of the structure in the model, 0 to 1; the rest is the last period.
    """

    basis: str
    horizon_months: int
    mean: float
    share: float = 1.0
    purchases: PurchaseModel | None = None
    spend: SpendModel | None = None
    contracts: ContractModel | None = None

    def predict(self, rows: Histories) -> dict[str, Floats]:
        """Revenue of the horizon, by scorer."""
        structure, _ = self.explain(rows)
        return {
            MODEL: self.share * structure + (1 - self.share) * rows.last_period,
            STRUCTURE: structure,
            MEAN: np.full(rows.customer.size, self.mean),
            LAST_PERIOD: rows.last_period,
        }

    def mixed(self, rows: Histories) -> Predictor:
        """The same with the share that makes the squared error least on customers whose outcome is known."""
        structure, _ = self.explain(rows)
        apart = structure - rows.last_period
        size = float(apart @ apart)
        share = float(apart @ (rows.outcome - rows.last_period)) / size if size > 0 else 1.0
        return replace(self, share=min(max(share, 0.0), 1.0))

    def explain(self, rows: Histories) -> tuple[Floats, Parts]:
        """Revenue of the horizon by the customer's whole history, and what it is made of."""
        if self.contracts is not None:
            months = self.contracts.months(rows.tenure, self.horizon_months)
            monthly = self.contracts.monthly(rows.months, rows.amount)
            return months * monthly, Parts(expected_months=months, revenue_per_month=monthly)
        if self.purchases is None or self.spend is None:
            raise InputError(f"A predictor of basis '{self.basis}' has no parameters.")
        history = (rows.repeats, rows.last_week, rows.weeks)
        count = self.purchases.expected(*history, self.horizon_months * _WEEKS_A_MONTH)
        spend = self.spend.expected(rows.repeats, np.maximum(rows.spend, 0))
        return count * spend, Parts(count, spend, self.purchases.active(*history))

    def parameters(self) -> dict[str, Any]:
        """The predictor as plain numbers."""
        return asdict(self)


def from_parameters(numbers: dict[str, Any]) -> Predictor:
    """The predictor that `parameters` wrote."""
    kinds = {"purchases": PurchaseModel, "spend": SpendModel, "contracts": ContractModel}
    parts = {name: kind(**numbers[name]) if numbers[name] else None for name, kind in kinds.items()}
    return Predictor(numbers["basis"], numbers["horizon_months"], numbers["mean"], numbers["share"], **parts)


def fit_predictor(
    basis: str, rows: Histories, exposures: Exposures, *, horizon_months: int, seed: int, max_rows: int
) -> Predictor:
    """Learn from customers as they were at one cut-off; their outcome is not looked at.

    max_rows: of more customers a sample by hash is learned from. Raises `InputError` where the method finds nothing.
    """
    rows = rows.at(lowest(key_hash(rows.customer, seed=seed), max_rows))
    mean = float(rows.last_period.mean())
    if basis == PURCHASE:
        purchases = fit_purchases(rows.repeats, rows.last_week, rows.weeks)
        spend = fit_spend(rows.repeats, rows.spend)
        return Predictor(basis, horizon_months, mean, purchases=purchases, spend=spend)
    if basis != CONTRACT:
        raise InputError(f"There is no model for basis '{basis}'; expected {PURCHASE} or {CONTRACT}.")
    loss = fit_loss(exposures.tenure, exposures.at_risk, exposures.ended)
    mean_within_between = fit_credibility(rows.months, rows.amount, rows.squares)
    contracts = ContractModel(loss, *mean_within_between, sales=float(rows.sales.sum() / rows.months.sum()))
    return Predictor(basis, horizon_months, mean, contracts=contracts)
