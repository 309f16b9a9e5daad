"""Source contracts: what each system delivers, as data.

A contract is the `attributes` of `defs/sources/<system>/defs.yaml`; the same file is the Dagster component, so
a system is described once. What belongs here: the model, its rules and the reading of the files. Not: how a
file is found (`intake`), read (`reading`) or stored (`loader`).
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from dagster_project.errors import ConfigurationError
from dagster_project.extract.clauses import Changes, Clause, Column, Control, Limits, Name
from dagster_project.settings import Settings
from dagster_project.strict_yaml import parse_yaml

Format = Literal["csv", "csv.gz", "jsonl", "jsonl.gz", "parquet"]
Owner = Annotated[str, Field(pattern=r"^(team:[a-z0-9_.-]+|[^@\s]+@[^@\s]+)$")]

#: Columns that the readers add to a scan; a contract column of that name would hide them.
_RESERVED: Final = frozenset({"file_index", "filename", "file_row_number", "line"})
_OPERATIONS: Final = frozenset("IUD")


class Extract(Clause):
    """One kind of file that a system delivers; identified by system, extract, business date and part of the day.

    Attributes:
        name: Name of the extract; its raw table is `raw.<system>__<name>`.
        description: Grain and meaning.
        file: Regular expression of the file name, with the named group `date` (YYYY-MM-DD or YYYYMMDD) or the
            groups `year`, `month` and `day`. A day that comes in several files has the group `part`, too: the
            hour or a sequence number.
        format: csv and jsonl may be gzipped.
        encoding: Python's name of the text encoding. Anything but utf-8 is rewritten strictly before reading.
        delimiter, quote: Dialect of csv.
        null_text: Field text that means null, besides the empty field.
        decimal_separator: Of numbers in text.
        date_format, timestamp_format: strptime formats of dates and timestamps in text.
        columns: All columns; their order in the file is free.
        primary_key: Columns that identify a record; checked by the raw suite, not while loading.
        load_mode: append: a file adds rows. snapshot: a file is the whole state as of its business date; a record
            that the newest one lacks is closed. upsert: a row takes the place of earlier rows of its primary key,
            by business date, part and row. cdc: rows are changes, ordered by a sequence. Raw keeps every row;
            which one counts is resolved in staging (`current_rows`).
        changes: For cdc: which columns hold the operation and the sequence.
        schema_mode: hold: a file with other columns is held. evolve: it loads; values of unknown columns are kept
            as JSON text in the column `_extra` of its raw table, missing nullable columns are null, and the
            ledger notes both. discard_row: columns as for hold, but rows that do not fit go to quarantine however
            many they are.
        control: The control file without which a file waits; null for none.
        limits: When a file is refused as a whole.
        delivery: rename: the sender writes under another name (`.tmp`, `.part`) and renames, so what is visible
            is complete. marker: complete once `<file>.done` exists. settle: complete once unchanged for
            `settle_seconds`.
        settle_seconds: Quiet time for `delivery: settle`.
        freshness_days: Most days between two deliveries before the extract counts as late.
        retention_days: Days that landing keeps a file; null keeps it for good.
        measures: Columns whose sums `ops.reconciliation` follows from source to conformed: money, minutes, bytes.
    """

    name: Name
    description: str
    file: str
    format: Format
    encoding: str = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    null_text: str = ""
    decimal_separator: Literal[".", ","] = "."
    date_format: str = "%Y-%m-%d"
    timestamp_format: str = "%Y-%m-%d %H:%M:%S"
    columns: tuple[Column, ...] = Field(min_length=1)
    primary_key: tuple[str, ...] = ()
    load_mode: Literal["append", "snapshot", "upsert", "cdc"]
    changes: Changes | None = None
    schema_mode: Literal["hold", "evolve", "discard_row"] = "hold"
    control: Control | None = None
    limits: Limits = Limits()
    delivery: Literal["rename", "marker", "settle"] = "settle"
    settle_seconds: float = Field(default=60.0, ge=0)
    freshness_days: int | None = Field(default=None, ge=1)
    retention_days: int | None = Field(default=None, ge=1)
    measures: tuple[str, ...] = ()

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError as error:
            raise ValueError(f"'{value}' is not an encoding that Python knows") from error
        return value.lower()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        groups = set(re.compile(self.file).groupindex)
        if groups - {"part"} not in ({"date"}, {"year", "month", "day"}):
            message = "needs the named group 'date', or 'year', 'month' and 'day', and may have 'part'"
            raise ValueError(f"file of '{self.name}' {message}")
        suffix = self.control is None or self.control.file.startswith(".")
        if self.control and not suffix and set(re.compile(self.control.file).groupindex) != groups:
            raise ValueError(f"control file of '{self.name}' is no suffix and lacks named groups of its data file")
        names = [column.name for column in self.columns]
        headers = [header for column in self.columns for header in column.headers]
        for what, values in (("column name", names), ("header or alias", headers)):
            twice = {value for value in values if values.count(value) > 1}
            if twice:
                raise ValueError(f"'{self.name}' has the {what} {', '.join(sorted(twice))} twice")
        reserved = _RESERVED.intersection(names)
        if reserved:
            raise ValueError(f"'{self.name}' uses reserved column names: {', '.join(sorted(reserved))}")
        figures = {
            column.name for column in self.columns if column.type not in {"varchar", "boolean", "date", "timestamp"}
        }
        if set(self.measures) - figures:
            raise ValueError(f"measures of '{self.name}' must be numeric columns")
        sums = self.control.sums if self.control else ()
        for what, used in (("primary_key", self.primary_key), ("control", sums)):
            unknown = set(used) - set(names)
            if unknown:
                raise ValueError(f"{what} of '{self.name}' names unknown columns: {', '.join(sorted(unknown))}")
        return self

    @model_validator(mode="after")
    def _records_can_be_told_apart(self) -> Self:
        if self.load_mode in {"upsert", "cdc"} and not self.primary_key:
            raise ValueError(f"'{self.name}' has load_mode {self.load_mode} and needs a primary_key")
        if (self.load_mode == "cdc") != (self.changes is not None):
            raise ValueError(f"'{self.name}': changes (operation, sequence) belong to load_mode cdc, and only there")
        if self.changes is None:
            return self
        columns = {column.name: column for column in self.columns}
        for name in (self.changes.operation, self.changes.sequence):
            if name not in columns or columns[name].nullable:
                raise ValueError(f"changes of '{self.name}' need '{name}' as a column with nullable: false")
        codes = columns[self.changes.operation].codes
        if not codes or not _OPERATIONS.issuperset(codes):
            raise ValueError(f"column '{self.changes.operation}' of '{self.name}' needs codes out of I, U and D")
        return self

    @property
    def is_text(self) -> bool:
        return self.format != "parquet"

    @property
    def is_gzip(self) -> bool:
        return self.format.endswith(".gz")

    @property
    def header_lines(self) -> int:
        return 1 if self.format.startswith("csv") else 0

    def business_date(self, file_name: str) -> date | None:
        """The business date in a file name, or None where the name is not one of this extract.

        >>> orders = Extract(name="orders", description="", file=r"orders_(?P<date>[0-9-]{10}).csv",
        ...     format="csv", load_mode="append", columns=[Column(name="id", type="bigint", description="")])
        >>> orders.business_date("orders_2017-01-31.csv")
        datetime.date(2017, 1, 31)
        >>> orders.business_date("orders_2017-02-31.csv") is None
        True
        """
        place = _place(self.file, file_name)
        return place and place[0]

    def part(self, file_name: str) -> str:
        r"""The part of the business date that a file holds; empty where a day is one file.

        >>> calls = Extract(name="calls", description="", file=r"calls_(?P<date>\d{8})_(?P<part>\d\d).csv",
        ...     format="csv", load_mode="append", columns=[Column(name="id", type="bigint", description="")])
        >>> calls.part("calls_20170131_07.csv")
        '07'
        """
        place = _place(self.file, file_name)
        return place[1] if place else ""

    def controlled(self, file_name: str) -> tuple[date, str] | None:
        """Business date and part of the data file whose control file has this name; None for any other name."""
        if self.control is None:
            return None
        suffix = self.control.file
        if not suffix.startswith("."):
            return _place(suffix, file_name)
        return _place(self.file, file_name.removesuffix(suffix)) if file_name.endswith(suffix) else None


def _place(pattern: str, file_name: str) -> tuple[date, str] | None:
    """Business date and part in a file name; None where it does not match or has no such date."""
    match = re.fullmatch(pattern, file_name)
    if match is None:
        return None
    parts = match.groupdict()
    text = parts.get("date") or f"{parts['year']}{parts['month']}{parts['day']}"
    try:
        return date.fromisoformat(text), parts.get("part") or ""
    except ValueError:
        return None


class SourceContract(Clause):
    """Everything that one source system delivers.

    Attributes:
        system: Name of the system: its folder below the inbox and the first part of its raw tables.
        owner: Who answers for the deliveries: an e-mail address or `team:<name>`.
        description: What the system is.
        extracts: Its extracts.
    """

    system: Name
    owner: Owner
    description: str
    extracts: tuple[Extract, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [extract.name for extract in self.extracts]
        if len(set(names)) < len(names):
            raise ValueError(f"system '{self.system}' has two extracts of the same name")
        return self

    def table(self, extract: Extract) -> str:
        """Name of the extract's table in schema raw."""
        return f"{self.system}__{extract.name}"


def load_contracts(settings: Settings) -> dict[str, SourceContract]:
    """The contracts of the home's pack, by system name.

    Raises:
        ConfigurationError: a file is missing or does not describe a contract; says which, which field and why.
    """
    return {system: _contract(settings.sources / system / "defs.yaml") for system in settings.sources_enabled}


def _contract(path: Path) -> SourceContract:
    system = path.parent.name
    if not path.exists():
        raise ConfigurationError(
            f"Pack lists system '{system}', but {path} does not exist.", "add it, or correct packs.yml"
        )
    try:
        document = parse_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not readable as YAML: {error}", "correct the file") from error
    try:
        contract = SourceContract.model_validate((document or {}).get("attributes"))
    except ValidationError as error:
        raise ConfigurationError(f"{path} is not a source contract: {_sentence(error)}", "correct the file") from error
    if contract.system != system:
        raise ConfigurationError(
            f"{path} describes system '{contract.system}' but lies in folder '{system}'",
            "give folder and system the same name",
        )
    return contract


def _sentence(error: ValidationError) -> str:
    problems = (f"{'.'.join(map(str, item['loc'])) or 'attributes'}: {item['msg']}" for item in error.errors())
    return "; ".join(problems)
