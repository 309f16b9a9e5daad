"""The steward's two tables: rules that name a cluster's behaviour, and names for value by behaviour.

A cluster is named by what it looks like, so that a refit which finds the same kind of customers calls them the same.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from ml.errors import InputError
from ml.frames import require
from ml.segmentation.behaviour import TRAITS

DORMANT: Final = "dormant"  # no order in the window: nothing to cluster
ANY: Final = "*"
_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True, slots=True)
class Rule:
    """A behaviour and what must hold for it: (trait position, operator, threshold in standard deviations)."""

    behaviour: str
    conditions: tuple[tuple[int, str, float], ...]

    def holds(self, centre: Sequence[float]) -> bool:
        """True when every condition holds for a cluster's centre; a rule without conditions always holds."""
        return all(_OPERATORS[sign](centre[trait], limit) for trait, sign, limit in self.conditions)


def read_rules(table: pa.Table) -> list[Rule]:
    """Rules in order of priority from `marts.behaviour_rules`.

    Columns: behaviour_cluster, feature (null in the catch-all), operator (>= or <=), threshold (standard deviations
    from the mean clustered customer), priority. Rows of one priority form one rule. Raises `InputError` for an
    unknown feature or operator, a rule that names two behaviours, or when the last rule does not catch all.
    """
    require(table, ["behaviour_cluster", "feature", "operator", "threshold", "priority"], "behaviour_rules")
    by_priority: dict[int, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        by_priority.setdefault(int(row["priority"]), []).append(row)
    rules = [_rule(priority, rows) for priority, rows in sorted(by_priority.items())]
    if not rules or rules[-1].conditions:
        raise InputError("behaviour_rules: the last rule must catch all (feature, operator and threshold empty).")
    return rules


def name_behaviour(rules: Sequence[Rule], centre: Sequence[float]) -> str:
    """The behaviour of the first rule that holds for a cluster's centre."""
    return next(rule.behaviour for rule in rules if rule.holds(centre))


def name_segment(names: pa.Table, tier: str, behaviour: str) -> str:
    """The name of a segment from `marts.segment_names`: the matching row of lowest priority; `*` matches all.

    Raises `InputError` when no row matches.
    """
    for row in sorted(names.to_pylist(), key=lambda row: int(row["priority"])):
        if row["value_tier"] in (ANY, tier) and row["behaviour_cluster"] in (ANY, behaviour):
            return str(row["segment_name"])
    raise InputError(f"segment_names: no row for value_tier {tier} and behaviour_cluster {behaviour}; add one.")


def _rule(priority: int, rows: list[dict[str, Any]]) -> Rule:
    behaviours = sorted({str(row["behaviour_cluster"]) for row in rows})
    if len(behaviours) > 1:
        raise InputError(f"behaviour_rules: priority {priority} names {' and '.join(behaviours)}; one rule, one name.")
    if behaviours[0] == DORMANT:
        raise InputError(
            f"behaviour_rules: priority {priority} names {DORMANT}, which is kept for customers without orders."
        )
    conditions = [_condition(priority, row) for row in rows if row["feature"]]
    return Rule(behaviours[0], tuple(sorted(conditions)))


def _condition(priority: int, row: Mapping[str, Any]) -> tuple[int, str, float]:
    feature, sign, limit = row["feature"], row["operator"], row["threshold"]
    if feature not in TRAITS:
        raise InputError(
            f"behaviour_rules: priority {priority}: feature {feature}; expected one of {', '.join(TRAITS)}."
        )
    if sign not in _OPERATORS or limit is None:
        raise InputError(f"behaviour_rules: priority {priority}: expected operator >= or <= and a threshold.")
    return TRAITS.index(feature), str(sign), float(limit)
