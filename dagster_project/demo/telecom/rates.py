"""How often and at what time of day things happen, as SQL expressions over uniform numbers."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

#: Weight of each hour of the day, 0 to 23, local time: calls by day, visits in the evening. Our assumption.
CALL_HOURS: Final = (1, 1, 1, 1, 1, 2, 5, 12, 30, 52, 58, 48, 34, 40, 50, 52, 48, 40, 34, 36, 34, 22, 8, 3)
VISIT_HOURS: Final = (8, 4, 2, 1, 1, 2, 6, 14, 22, 28, 30, 30, 38, 30, 26, 26, 26, 28, 36, 46, 56, 58, 44, 22)
#: The operator's clocks are this many hours ahead of UTC; China has no summer time.
UTC_OFFSET_HOURS: Final = 8


def poisson(uniform: str, rate: str, *, most: int) -> str:
    """A Poisson count by inversion: `uniform` and `rate` are columns, counts above `most` are cut to it.

    >>> poisson("p", "r", most=1)
    'cast(p >= exp(-r) * (1) as int)'
    """
    terms, factorial = ["1"], 1.0
    counts = []
    for k in range(1, most + 1):
        counts.append(f"cast({uniform} >= exp(-{rate}) * ({' + '.join(terms)}) as int)")
        factorial *= k
        terms.append(f"pow({rate}, {k}) / {factorial:.0f}")
    return " + ".join(counts)


def second_of_day(hour_uniform: str, second_uniform: str, weights: tuple[int, ...]) -> str:
    """Second of the day, 0 to 86399: an hour by its weight, any second of it.

    >>> second_of_day("a", "b", (1, 1))
    '(case when a < 0.500000 then 0 else 1 end) * 3600 + cast(floor(b * 3600) as int)'
    """
    bounds = [bound / sum(weights) for bound in accumulate(weights)]
    branches = " ".join(f"when {hour_uniform} < {bound:.6f} then {hour}" for hour, bound in enumerate(bounds[:-1]))
    return f"(case {branches} else {len(weights) - 1} end) * 3600 + cast(floor({second_uniform} * 3600) as int)"
