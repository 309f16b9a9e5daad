"""SQL expressions that turn a uniform number into a value. Each takes the number as SQL text: a column, once drawn.

A draw that is used in a `case` is a column of an earlier select, so that it is made once and not once a branch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate


def literal(value: str) -> str:
    """A text as an SQL literal.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def one_of(uniform: str, values: Sequence[str]) -> str:
    """Each text equally likely.

    >>> one_of("u_city", ["a", "b"])
    "['a', 'b'][1 + cast(floor(u_city * 2) as int)]"
    """
    return f"[{', '.join(map(literal, values))}][1 + cast(floor({uniform} * {len(values)}) as int)]"


def weighted(uniform: str, weights: Mapping[str, float]) -> str:
    """Each text as likely as its weight says.

    >>> weighted("u_sex", {"F": 1, "M": 3})
    "case when u_sex < 0.25000000 then 'F' else 'M' end"
    """
    total = sum(weights.values())
    bounds = [bound / total for bound in accumulate(weights.values())]
    *first, last = weights
    branches = " ".join(
        f"when {uniform} < {bound:.8f} then {literal(value)}" for value, bound in zip(first, bounds, strict=False)
    )
    return f"case {branches} else {literal(last)} end" if first else literal(last)


def by(column: str, choices: Mapping[str, object], otherwise: object = "null") -> str:
    """One SQL expression per value of a text column.

    >>> by("persona", {"elite": 0.5}, 0)
    "case persona when 'elite' then 0.5 else 0 end"
    """
    branches = " ".join(f"when {literal(value)} then {result}" for value, result in choices.items())
    return f"case {column} {branches} else {otherwise} end"
