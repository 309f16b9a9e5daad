"""What a simulated operator is asked for: its size, its span of time and its seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from dagster_project.errors import ConfigurationError

#: Keys of customers have 8 digits, and duplicates need some too.
MOST_CUSTOMERS: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class TelecomOptions:
    """Options of `tenure demo telecom`; equal options give equal bytes.

    Attributes:
        customers: Persons with a contract of their own, including those who left.
        months: Calendar months delivered, the month of `as_of` included.
        seed: Any number; another seed is another operator.
        as_of: Last business day delivered.
        events_per_customer: Usage records to make for each customer over all months, about; each stands for several
            events where more are planned.
        with_defects: Damage one file of each kind of defect (`defects`) after it was sent.

    Raises:
        ConfigurationError: an option is out of range.

    >>> TelecomOptions(months=18, as_of=date(2026, 6, 30)).start_on
    datetime.date(2025, 1, 1)
    """

    customers: int = 20_000
    months: int = 18
    seed: int = 1
    as_of: date = date(2026, 6, 30)
    events_per_customer: int = 100
    with_defects: bool = False

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("customers", self.customers, 100, MOST_CUSTOMERS),
            ("months", self.months, 2, 120),
            ("seed", self.seed, 0, 2**63 - 1),
            ("events_per_customer", self.events_per_customer, 1, 100_000),
        ):
            if not least <= value <= most:
                raise ConfigurationError(
                    f"The operator cannot be simulated with {name} = {value}: expected {least} to {most}.",
                    f"`tenure demo telecom --{name.replace('_', '-')} {least}` or more",
                )

    @property
    def start_on(self) -> date:
        """First business day delivered: first day of the first month."""
        month = self.as_of.year * 12 + self.as_of.month - self.months
        return date(month // 12, month % 12 + 1, 1)

    @property
    def edition(self) -> str:
        """Names the data, so that a delivery of other options is told from this one."""
        size = f"customers {self.customers}, months {self.months}, events a customer {self.events_per_customer}"
        damaged = ", with defects" if self.with_defects else ""
        return f"telecom, {size}, seed {self.seed}, as of {self.as_of}{damaged}"
