"""How often a customer without a contract will buy: the BG/NBD model.

Source: Fader, Hardie and Lee, "Counting your customers the easy way", Marketing Science 24 (2005). While active a
customer buys at a steady rate of their own (gamma over customers); after each purchase they may leave for good
(beta over customers). Three numbers tell a customer: x repeat purchases, the last of them at age t_x, observed up to
age T. Customers with equal numbers count as one row with a weight, so that cost grows with the different histories.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1

from ml.errors import InputError

Floats = NDArray[np.float64]
#: Logarithms of the parameters stay within: where nobody leaves, the best a is 0 and the likelihood is flat.
_BOUNDS: Final = (-9.0, 9.0)
#: The formula divides by a - 1; this near to 1 its limit is as good.
_NEAR_ONE: Final = 1e-6


@dataclass(frozen=True)
class PurchaseModel:
    """Parameters of BG/NBD; r and alpha of the rate a week, a and b of leaving after a purchase."""

    r: float
    alpha: float
    a: float
    b: float

    def expected(self, x: Floats, t_x: Floats, age: Floats, weeks: float) -> Floats:
        """Purchases to expect in the next `weeks`, by customer (equation 10 of the source).

        Written with Euler's transformation of the hypergeometric function: its arguments stay small however often a
        customer buys, where the printed form overflows.

        >>> model = PurchaseModel(0.243, 4.414, 0.793, 2.426)
        >>> model.expected(np.array([2.0]), np.array([30.43]), np.array([38.86]), 39).round(3)
        array([1.226])
        """
        a = self.a if abs(self.a - 1) > _NEAR_ONE else 1 + _NEAR_ONE
        until = self.alpha + age + weeks
        left = ((self.alpha + age) / until) ** (a - 1)
        series = hyp2f1(a + self.b - 1 - self.r, a - 1, a + self.b + x - 1, weeks / until)
        bought: Floats = (a + self.b + x - 1) / (a - 1) * (1 - left * series) * self.active(x, t_x, age)
        return bought

    def active(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Probability that the customer has not left; 1 for who bought once: leaving follows a repeat purchase."""
        odds = self.a / np.maximum(self.b + x - 1, _NEAR_ONE)
        odds = odds * np.exp((self.r + x) * np.log((self.alpha + age) / (self.alpha + t_x)))
        share: Floats = np.where(x > 0, 1 / (1 + odds), 1.0)
        return share


def fit_purchases(x: Floats, t_x: Floats, age: Floats) -> PurchaseModel:
    """The most likely parameters. x: repeat purchases; t_x, age: weeks since the first purchase, t_x 0 where x is 0.

    Raises `InputError` when the search does not end.
    """
    histories, weight = np.unique(np.column_stack([x, t_x, age]), axis=0, return_counts=True)
    columns = (histories[:, 0], histories[:, 1], histories[:, 2], weight.astype(np.float64))
    start = np.log([1.0, max(float(np.average(columns[2], weights=weight)) / 10, 1e-3), 1.0, 1.0])
    found = minimize(_loss, start, args=columns, jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * 4)
    if not np.isfinite(found.fun):
        raise InputError("purchases: the likelihood of BG/NBD has no finite maximum on these customers.")
    r, alpha, a, b = np.exp(found.x).tolist()
    return PurchaseModel(r, alpha, a, b)


def _loss(logs: Floats, x: Floats, t_x: Floats, age: Floats, weight: Floats) -> tuple[float, Floats]:
    """Mean negative log-likelihood over customers and its gradient by the logarithms of the parameters."""
    r, alpha, a, b = np.exp(logs)
    again = x > 0
    stayed = -(r + x) * np.log(alpha + age)
    after = np.where(again, b + x - 1, 1.0)
    went = np.where(again, np.log(a) - np.log(after) - (r + x) * np.log(alpha + t_x), -np.inf)
    both = np.logaddexp(stayed, went)
    share = np.exp(went - both)
    likelihood = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + both
    likelihood += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    same = digamma(a + b) - digamma(a + b + x)
    slopes = np.array(
        [
            digamma(r + x)
            - digamma(r)
            + np.log(alpha)
            - (1 - share) * np.log(alpha + age)
            - share * np.log(alpha + t_x),
            r / alpha - (r + x) * ((1 - share) / (alpha + age) + share / (alpha + t_x)),
            same + share / a,
            same + digamma(b + x) - digamma(b) - share / after,
        ]
    )
    total = weight.sum()
    return -float(weight @ likelihood) / total, -(slopes @ weight) / total * np.exp(logs)
