"""Suites: the rules that stewards keep in `expectations/<schema>/<table>.yml`, read and checked.

A suite's path is the table it is about: `expectations/raw/pos__transactions.yml` is about
`raw.pos__transactions`. A mistake in a file is a `ConfigurationError` that names file, rule, what was expected
and what was found; nothing is skipped or defaulted silently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dagster_project.errors import ConfigurationError
from dagster_project.quality.expectation_types import EXPECTATION_TYPES, ExpectationType, columns_of
from dagster_project.quality.sql import constant, identifier
from dagster_project.settings import Settings
from dagster_project.strict_yaml import parse_yaml

Severity = Literal["critical", "warning", "info"]
OnFail = Literal["block", "quarantine", "report"]
Dimension = Literal["completeness", "validity", "uniqueness", "consistency", "integrity", "timeliness", "accuracy"]
Scope = Literal["loads", "partitions", "table"]
Operator = Literal["==", "!=", "<", "<=", ">", ">=", "is null", "is not null"]

# In flow order.
SCHEMAS: Final = ("raw", "conformed", "marts", "ml", "activation")
AS_OF: Final = "{as_of}"
_SQL_OPERATORS: Final[Mapping[str, str]] = {"==": "=", "!=": "<>"}
_NEXT: Final = "correct the suite; expectations/README.md lists what a rule may say"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class When(_Part):
    """The rows a rule is about: all others are left out of its counts. The value may be `{as_of}`.

    >>> When(column="quantity", op=">", value=0).sql(date(2017, 12, 31))
    '"quantity" > 0'
    """

    column: str
    op: Operator
    value: str | int | float | bool | date | None = None

    def value_on(self, as_of: date) -> Any:
        return _filled(self.value, as_of)

    def sql(self, as_of: date) -> str:
        if self.op in ("is null", "is not null"):
            return f"{identifier(self.column)} {self.op}"
        return f"{identifier(self.column)} {_SQL_OPERATORS.get(self.op, self.op)} {constant(self.value_on(as_of))}"


class Rule(_Part):
    """One expectation about a table and what to do when it is not met.

    Attributes:
        id: Unique over all suites; also the name of the asset check.
        title: What holds, in words a steward understands.
        expect: Name of the expectation type.
        kwargs: Its arguments; `{as_of}` stands for the run's business date.
        when: Restricts the rule to some rows.
        severity: How bad a failure is.
        on_fail: `block` stops the run, `quarantine` moves the bad rows out of raw, `report` only tells.
        dimension: Dimension of data quality.
        owner: Team, where it is not the suite's.
        capability: Capability of the mission, where it is not the suite's.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{2,79}$")
    title: str = Field(min_length=3)
    expect: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    when: When | None = None
    severity: Severity
    on_fail: OnFail
    dimension: Dimension
    owner: str | None = None
    capability: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Rule:
        kind = EXPECTATION_TYPES.get(self.expect)
        if kind is None:
            raise ValueError(f"expect: one of {', '.join(EXPECTATION_TYPES)}; got {self.expect}")
        _check_arguments(kind, self.kwargs)
        if self.on_fail == "block" and self.severity != "critical":
            raise ValueError(f"on_fail: block needs severity: critical; got {self.severity}")
        if self.on_fail == "quarantine" and (not kind.is_row_type or "mostly" in self.kwargs):
            raise ValueError(f"on_fail: quarantine needs a rule about single rows, without `mostly`; got {self.expect}")
        if self.when is not None and not kind.is_row_type:
            raise ValueError(f"when: only for rules about single rows; got {self.expect}")
        return self

    @property
    def type(self) -> ExpectationType:
        return EXPECTATION_TYPES[self.expect]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that the rule names; those inside SQL text are not among them."""
        return columns_of(self.kwargs) + ((self.when.column,) if self.when else ())

    def arguments(self, as_of: date) -> dict[str, Any]:
        """The arguments with `{as_of}` replaced by the business date, by its SQL constant inside SQL text."""
        return {key: _filled(value, as_of) for key, value in self.kwargs.items()}

    def bad_row(self, as_of: date) -> str | None:
        """SQL that is true for a bad row and never null; `None` for a rule about the whole table."""
        if self.type.bad_row is None:
            return None
        predicate = self.type.bad_row(self.arguments(as_of))
        if self.when is not None:
            predicate = f"{self.when.sql(as_of)} and ({predicate})"
        return f"coalesce({predicate}, false)"


class Suite(_Part):
    """The rules about one table.

    Attributes:
        name: `schema.table`, from the path of the file.
        description: What one row of the table is.
        owner: Team that answers for the table's quality.
        capability: Capability of the mission that the suite serves.
        systems: Source systems of which a home must have one for the table to exist; empty for a table of every home.
        scope: `loads`: only the load ids of the run (raw); `partitions`: only the changed business dates;
            `table`: the whole table.
        partition_column: Date column of `scope: partitions`.
        quarantine_limit_share: Share of the checked rows (0 to 1) above which a quarantine rule blocks instead.
    """

    name: str
    description: str = Field(min_length=3)
    owner: str
    capability: str | None = None
    systems: tuple[str, ...] = ()
    scope: Scope = "table"
    partition_column: str = "business_on"
    quarantine_limit_share: float = Field(default=0.01, ge=0, le=1)
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Suite:
        is_raw = self.schema_name == "raw"
        if is_raw != (self.scope == "loads"):
            raise ValueError(f"scope: loads belongs to raw tables and to no other; got {self.scope} for {self.name}")
        moved = [rule.id for rule in self.rules if rule.on_fail == "quarantine" and not is_raw]
        if moved:
            raise ValueError(f"on_fail: quarantine takes rows out of raw tables only; got {', '.join(moved)}")
        return self

    @property
    def schema_name(self) -> str:
        return self.name.split(".")[0]

    @property
    def table(self) -> str:
        return self.name.split(".")[1]

    def owner_of(self, rule: Rule) -> str:
        return rule.owner or self.owner


def load_suites(settings: Settings) -> list[Suite]:
    """The suites of the home's pack, by name: those of its raw tables and of every table behind them.

    Raises:
        ConfigurationError: A file is not where a table could be, is not readable or says something wrong, or
            two rules have one id.
    """
    paths = [path for path in sorted(settings.suites.glob("**/*.y*ml")) if _concerns(path, settings.sources_enabled)]
    suites = [suite for path in paths if _exists(suite := _read(path, settings.suites), settings.sources_enabled)]
    if not suites:
        raise ConfigurationError(f"There is no suite below {settings.suites}.", "check TENURE_PROJECT_ROOT")
    counts = Counter(rule.id for suite in suites for rule in suite.rules)
    twice = sorted(rule_id for rule_id, count in counts.items() if count > 1)
    if twice:
        raise ConfigurationError(f"Rule ids have to be unique over all suites; used twice: {', '.join(twice)}.", _NEXT)
    return suites


def _concerns(path: Path, systems: Collection[str]) -> bool:
    return path.parent.name != "raw" or path.stem.partition("__")[0] in systems


def _exists(suite: Suite, systems: Collection[str]) -> bool:
    return not suite.systems or not set(suite.systems).isdisjoint(systems)


def _read(path: Path, root: Path) -> Suite:
    where = path.relative_to(root)
    if len(where.parts) != 2 or where.parts[0] not in SCHEMAS or path.suffix != ".yml":
        raise ConfigurationError(
            f"expectations/{where}: expected <schema>/<table>.yml with a schema of {', '.join(SCHEMAS)}.",
            "move the file to where its table is",
        )
    try:
        document = parse_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"expectations/{where} is not readable as YAML: {error}.", _NEXT) from error
    if not isinstance(document, dict) or "name" in document:
        raise ConfigurationError(
            f"expectations/{where}: expected a mapping of description, owner, scope and rules, "
            "without a name (the path is the name).",
            _NEXT,
        )
    try:
        return Suite.model_validate({"name": f"{where.parts[0]}.{path.stem}", **document})
    except ValidationError as error:
        problems = "; ".join(_problems(error, document))
        raise ConfigurationError(f"expectations/{where}: {problems}.", _NEXT) from error


def _problems(error: ValidationError, document: Mapping[str, Any]) -> Iterator[str]:
    """Each mistake as `rule <id>: <field>: <what>`."""
    for problem in error.errors():
        location = list(problem["loc"])
        place = ""
        if location[:1] == ["rules"] and len(location) > 1 and isinstance(location[1], int):
            rule = document["rules"][location[1]]
            known = rule.get("id") if isinstance(rule, dict) else None
            place = f"rule {known or location[1] + 1}: "
            location = location[2:]
        field = ".".join(str(step) for step in location)
        message = problem["msg"].removeprefix("Value error, ")
        given = "" if problem["type"] in ("missing", "value_error") else f"; got {problem['input']!r}"
        yield f"{place}{field + ': ' if field else ''}{message}{given}"


def _check_arguments(kind: ExpectationType, arguments: Mapping[str, Any]) -> None:
    missing = sorted(kind.required - arguments.keys())
    unknown = sorted(arguments.keys() - kind.required - kind.optional)
    if missing or unknown:
        needed, allowed, given = (", ".join(sorted(names)) for names in (kind.required, kind.optional, arguments))
        raise ValueError(
            f"kwargs: expected {needed or 'none'} and optionally {allowed or 'nothing'}; got {given or 'none'}"
        )
    takes_range = "min_value" in kind.optional
    if takes_range and arguments.get("min_value") is None and arguments.get("max_value") is None:
        raise ValueError("kwargs: expected min_value or max_value; got neither")
    if arguments.get("slice_by") is not None and arguments["slice_by"] not in arguments["columns"]:
        raise ValueError(f"kwargs: expected slice_by to be a column of the key; got {arguments['slice_by']}")
    mostly = arguments.get("mostly", 1)
    if not isinstance(mostly, int | float) or not 0 < mostly <= 1:
        raise ValueError(f"kwargs: expected mostly above 0 and up to 1; got {mostly!r}")


def _filled(value: Any, as_of: date) -> Any:
    if value == AS_OF:
        return as_of
    if isinstance(value, list):
        return [_filled(item, as_of) for item in value]
    if isinstance(value, str):
        return value.replace(AS_OF, constant(as_of))
    return value
