"""A suite of ours as a suite of Great Expectations, and GX's results as ours."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from html import escape
from typing import Any, Final

import great_expectations as gx
from great_expectations.core import ExpectationSuite, ExpectationSuiteValidationResult
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.row_conditions import Column

import dagster_project.quality.gx_rules  # noqa: F401 - registers the expectations that are ours
from dagster_project.quality.results import RuleResult, Status
from dagster_project.quality.scope import CheckedRows
from dagster_project.quality.suites import Rule, Suite, When

_SAMPLE_ROWS: Final = 100
# SQLAlchemy puts the driver's class before the driver's message.
_DRIVER_PREFIX: Final = re.compile(r"^\(\w+\.\w+\) ")
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def gx_suite(suite: Suite, rows: CheckedRows, as_of: date) -> ExpectationSuite:
    """The suite for GX; what GX has no field for travels in `meta`."""
    expectations = [_expectation(rule, suite, rows, as_of) for rule in suite.rules]
    return gx.ExpectationSuite(name=suite.name, expectations=expectations, meta={"owner": suite.owner})


def _expectation(rule: Rule, suite: Suite, rows: CheckedRows, as_of: date) -> Any:
    arguments = rule.arguments(as_of)
    if rule.expect.startswith("expect_column_pair_"):
        # As everywhere else: what is null is the business of the not-null rules.
        arguments["ignore_row_if"] = "either_value_is_missing"
    if "query" in arguments:
        arguments["query"] = own_query(rule, rows, as_of)
    if rule.when is not None:
        arguments["row_condition"] = _row_condition(rule.when, as_of)
    return ExpectationConfiguration(
        type=rule.expect,
        kwargs=arguments,
        severity=FailureSeverity(rule.severity),
        # A description replaces GX's own sentence, and with it the thresholds; GX has no sentence for ours.
        # GX puts it into its pages as it is, so it is escaped here.
        description=escape(_sentence(rule, arguments)) if rule.type.is_ours else None,
        meta={"rule": rule.id, "dimension": rule.dimension, "owner": suite.owner_of(rule), "on_fail": rule.on_fail},
    ).to_domain_obj()


def _sentence(rule: Rule, arguments: Mapping[str, Any]) -> str:
    """What GX's pages say about an expectation that is ours."""
    match rule.expect:
        case "expect_rows_to_satisfy":
            return f"rows must satisfy: {arguments['condition']}"
        case "expect_reference_to_exist":
            return f"{arguments['column']} must exist in {arguments['to_table']}.{arguments['to_column']}"
        case "expect_key_to_be_unique":
            return f"the key ({', '.join(arguments['columns'])}) must be unique"
        case _:
            return f"this query must return no rows: {arguments['query']}"


def own_query(rule: Rule, rows: CheckedRows, as_of: date) -> str:
    """The query of the rule on the rows that are checked."""
    return str(rule.arguments(as_of)["query"]).replace("{batch}", f"({rows.select})")


def _row_condition(when: When, as_of: date) -> Any:
    column = Column(when.column)
    if when.op == "is null":
        return column.is_null()
    if when.op == "is not null":
        return column.is_not_null()
    return _COMPARISONS[when.op](column, when.value_on(as_of))


def rule_results(
    suite: Suite,
    validated: ExpectationSuiteValidationResult | Exception,
    rows: CheckedRows,
    *,
    run_id: str,
    as_of: date,
    now: datetime,
) -> list[RuleResult]:
    """One result a rule, in the order of the suite.

    When the suite as a whole could not be run (no such table), each of its rules is an error.
    """
    by_rule: dict[str, ExpectationValidationResult] = {}
    if not isinstance(validated, Exception):
        by_rule = {_configuration(result).meta["rule"]: result for result in validated.results}
    reason = str(validated) if isinstance(validated, Exception) else "Great Expectations gave no result"
    return [
        RuleResult(
            run_id=run_id,
            as_of=as_of,
            asset=suite.name,
            check_id=rule.id,
            title=rule.title,
            dimension=rule.dimension,
            owner=suite.owner_of(rule),
            capability=rule.capability or suite.capability,
            checked_at=now,
            **_finding(rule, suite, rows, as_of, by_rule.get(rule.id, reason)),
        )
        for rule in suite.rules
    ]


def _finding(
    rule: Rule, suite: Suite, rows: CheckedRows, as_of: date, found: ExpectationValidationResult | str
) -> dict[str, Any]:
    """What GX found, or the reason why it found nothing, as the fields of a `RuleResult`."""
    failure = found if isinstance(found, str) else _exception(found)
    figures: Mapping[str, Any] = {} if isinstance(found, str) else found.result
    is_success = not isinstance(found, str) and found.success
    status: Status = "error" if failure else "passed" if is_success else "failed"
    severity, on_fail = _consequence(rule, suite, status, figures)
    return {
        "severity": severity,
        "on_fail": on_fail,
        "status": status,
        "rows_checked": figures.get("element_count"),
        "rows_failed": _rows_failed(figures, rule),
        "observed": failure or _observed(figures),
        "sample_query": _sample_query(rule, rows, as_of) if status == "failed" else None,
    }


def _configuration(result: ExpectationValidationResult) -> Any:
    configuration = result.expectation_config
    assert configuration is not None  # every result of a validation carries its expectation
    return configuration


def _exception(result: ExpectationValidationResult) -> str | None:
    """Message of the exception behind a result. GX gives either one record or one per metric."""
    records = result.exception_info or {}
    candidates = [records, *(value for value in records.values() if isinstance(value, dict))]
    for record in candidates:
        if record.get("raised_exception"):
            first_line = (str(record.get("exception_message") or "no message").splitlines())[0]
            return _DRIVER_PREFIX.sub("", first_line)
    return None


def _consequence(rule: Rule, suite: Suite, status: Status, figures: Mapping[str, Any]) -> tuple[str, str]:
    """Severity and consequence of this result: a rule that crashed says nothing about the data, so it blocks."""
    if status == "error":
        return "critical", "block"
    checked, bad = figures.get("element_count") or 0, figures.get("unexpected_count") or 0
    if rule.on_fail == "quarantine" and bad > suite.quarantine_limit_share * checked:
        return "critical", "block"
    return rule.severity, rule.on_fail


def _rows_failed(figures: Mapping[str, Any], rule: Rule) -> int | None:
    count = figures.get("observed_value") if "query" in rule.kwargs else figures.get("unexpected_count")
    return None if count is None else int(count)


def _observed(figures: Mapping[str, Any]) -> str | None:
    if "unexpected_count" in figures:
        return None
    value = figures.get("observed_value")
    return None if value is None else str(value)


def _sample_query(rule: Rule, rows: CheckedRows, as_of: date) -> str | None:
    if "query" in rule.kwargs:
        return f"select * from ({own_query(rule, rows, as_of)}) limit {_SAMPLE_ROWS}"
    return rows.failing(rule, as_of, limit=_SAMPLE_ROWS)
