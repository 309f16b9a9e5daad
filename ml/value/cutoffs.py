"""The three days that a value model looks from: one to learn intervals, one to test, one to forecast.

All are last days of closed months, so that a forecast changes when a month closes and a warehouse that grew day by day
forecasts what a rebuilt one does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Cutoffs:
    """Last days of months, `horizon_months` apart; what follows `final` is not known.

    interval: the errors of the months after it give the intervals that are tested after `test`.
    """

    interval: date
    test: date
    final: date
    first_month: date
    horizon_months: int

    def days(self) -> list[date]:
        """The three of them, the earliest first."""
        return [self.interval, self.test, self.final]

    def lacking(self) -> str:
        """Why there is nothing to be learned yet, as a sentence; empty when there is."""
        months = _number(self.final) - _number(self.first_month) + 1
        needed = 3 * self.horizon_months
        if months >= needed:
            return ""
        return (
            f"{max(months, 0)} closed month(s) are on record and {needed} are needed: {self.horizon_months} each "
            "to learn from, to take the intervals from and to test on."
        )


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1
