"""What a customer without a contract spends at a purchase: the Gamma-Gamma model.

Source: Fader and Hardie, "The Gamma-Gamma model of monetary value" (2013). Spends of one customer vary around a mean
of their own (gamma); the means vary over customers (gamma of the rate). The mean of few purchases is drawn towards
that of all. It takes spend and frequency as independent; the card tells their correlation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from ml.errors import InputError

Floats = NDArray[np.float64]
_BOUNDS: Final = (-9.0, 12.0)


@dataclass(frozen=True)
class SpendModel:
    """Parameters of Gamma-Gamma; v in the currency, p and q without unit, q above 1."""

    p: float
    q: float
    v: float

    def expected(self, x: Floats, mean: Floats) -> Floats:
        """Mean spend to expect at a purchase of a customer who spent `mean` on average at x purchases.

        >>> SpendModel(6.25, 3.74, 15.44).expected(np.array([0.0, 1.0]), np.array([0.0, 50.0])).round(2)
        array([35.22, 45.49])
        """
        spend: Floats = self.p * (self.v + x * mean) / (self.p * x + self.q - 1)
        return spend


def fit_spend(x: Floats, mean: Floats) -> SpendModel:
    """The most likely parameters, from customers with x > 0 purchases of `mean` > 0; others are left out.

    Raises `InputError` when nobody is left, or when the likely spends have no finite mean (q at most 1).
    """
    used = (x > 0) & (mean > 0)
    if not used.any():
        raise InputError("spend: nobody bought for more than nothing; there is nothing to learn from.")
    x, mean = x[used], mean[used]
    start = np.log([1.0, 2.0, float(mean.mean())])
    found = minimize(_loss, start, args=(x, mean), jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * 3)
    p, q, v = np.exp(found.x).tolist()
    if not np.isfinite(found.fun) or q <= 1:
        raise InputError(f"spend: Gamma-Gamma has no finite mean on these customers (q = {q:.3f}, above 1 needed).")
    return SpendModel(p, q, v)


def _loss(logs: Floats, x: Floats, mean: Floats) -> tuple[float, Floats]:
    """Mean negative log-likelihood over customers and its gradient by the logarithms of the parameters."""
    p, q, v = np.exp(logs)
    shape, total = p * x, x * mean
    likelihood = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
    likelihood += (shape - 1) * np.log(mean) + shape * np.log(x) - (shape + q) * np.log(total + v)
    slopes = np.array(
        [
            x * (digamma(shape + q) - digamma(shape) + np.log(total) - np.log(total + v)),
            digamma(shape + q) - digamma(q) + np.log(v) - np.log(total + v),
            q / v - (shape + q) / (total + v),
        ]
    )
    return -float(likelihood.mean()), -slopes.mean(axis=1) * np.exp(logs)
