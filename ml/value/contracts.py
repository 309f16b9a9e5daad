"""What a customer with a contract will bring: revenue a month times the months that they are expected to stay.

Months: a life table (Kaplan and Meier 1958, in discrete time). A month of tenure that few customers went through says
little, so `PRIOR_MONTHS` customer-months with the loss of all stand beside each. Revenue: the mean of a customer's
recent bills, drawn towards that of all the more, the fewer and the more unequal they are (Buehlmann, "Experience
rating and credibility", ASTIN Bulletin 4, 1967). Who bought a device lately is no likelier to buy the next: what is
bought beside the bill counts for everybody alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
#: Customer-months; with a loss of 2 % a month these are four leavers: fewer of one's own are chance.
PRIOR_MONTHS: Final = 200


@dataclass(frozen=True)
class ContractModel:
    """loss: share that leaves in the month of tenure 0, 1, …; the last stands for all after it.

    mean: billed a month to all, in the currency. within, between: variance of a customer's months around their own
    mean, and of these means. sales: bought a month beside the bill, mean of all.
    """

    loss: Sequence[float]
    mean: float
    within: float
    between: float
    sales: float = 0.0

    def months(self, tenure: Integers, horizon: int) -> Floats:
        """Months of the next `horizon` that a customer of so many months of tenure is expected to pay for.

        Who leaves does so in the middle of a month.

        >>> ContractModel([0.5], 1.0, 1.0, 1.0).months(np.array([7]), 2)
        array([1.125])
        """
        table = np.asarray(self.loss)
        stays, months = np.ones(tenure.size), np.zeros(tenure.size)
        for ahead in range(1, horizon + 1):
            after = stays * (1 - table[np.minimum(tenure + ahead, table.size - 1)])
            months += (stays + after) / 2
            stays = after
        return months

    def monthly(self, count: Floats, total: Floats) -> Floats:
        """Revenue a month to expect of a customer who was billed `total` in the last `count` months.

        >>> ContractModel([0.0], 10.0, 4.0, 4.0).monthly(np.array([0.0, 1.0, 3.0]), np.array([0.0, 20.0, 60.0]))
        array([10. , 15. , 17.5])
        """
        if self.between <= 0:
            return np.full(count.size, self.mean + self.sales)
        trust = count * self.between / (count * self.between + self.within)
        own = total / np.maximum(count, 1)
        revenue: Floats = trust * own + (1 - trust) * self.mean + self.sales
        return revenue


def fit_loss(tenure: Integers, at_risk: Integers, ended: Integers) -> list[float]:
    """Share that leaves by month of tenure, from customers at risk at its beginning and those gone by its end.

    Raises `InputError` when nobody was at risk.

    >>> [round(share, 3) for share in fit_loss(np.array([0, 2]), np.array([100, 300]), np.array([8, 0]))]
    [0.04, 0.02, 0.008]
    """
    if at_risk.sum() == 0:
        raise InputError("contracts: no contract was in force at the beginning of a month on record.")
    usual = ended.sum() / at_risk.sum()
    size = int(tenure.max()) + 1
    risk, gone = np.bincount(tenure, at_risk, minlength=size), np.bincount(tenure, ended, minlength=size)
    share: list[float] = ((gone + PRIOR_MONTHS * usual) / (risk + PRIOR_MONTHS)).tolist()
    return share


def fit_credibility(count: Floats, total: Floats, squares: Floats) -> tuple[float, float, float]:
    """Mean bill of a month, variance within customers and between them, of the months that customers have.

    count: months; total, squares: sum of their bills and of the squares of these.

    >>> fit_credibility(np.array([2.0, 2.0]), np.array([4.0, 12.0]), np.array([10.0, 74.0]))
    (4.0, 2.0, 7.0)
    """
    seen = count > 0
    if not seen.any():
        raise InputError("contracts: no customer has a whole month on record.")
    n, own = count[seen], total[seen] / count[seen]
    spread = np.maximum(squares[seen] - n * own**2, 0).sum()
    freedom = (n - 1).sum()
    within = float(spread / freedom) if freedom > 0 else 0.0
    mean = float(total[seen].sum() / n.sum())
    between = float(own.var(ddof=1)) - within * float((1 / n).mean()) if n.size > 1 else 0.0
    return mean, within, max(between, 0.0)
