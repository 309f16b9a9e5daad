"""The clauses of a source contract: a column, the limits of a file, the order of changes.

What belongs here: models that an extract is made of. The extract itself and its rules are in `contract`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
SqlType = Annotated[
    str,
    Field(pattern=r"^(bigint|integer|smallint|double|varchar|boolean|date|timestamp|decimal\(\d{1,2},\d{1,2}\))$"),
]


class Clause(BaseModel):
    """A part of a contract: frozen, and without keys that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Clause):
    """One column of an extract and of its raw table.

    Attributes:
        name: Column of the raw table.
        header: Name in the file's header, if other than `name`; compared without regard to case.
        aliases: Other headers that mean this column.
        type: DuckDB type of the raw column.
        nullable: Whether an empty field is acceptable.
        pattern: Regular expression (RE2) that the whole text of a field must match.
        length: Characters that the whole text of a field must have. A number that is short of them has lost its
            leading zeros in a spreadsheet: `mangled`.
        codes: The only texts allowed.
        earliest, latest: First and last plausible day of a date or timestamp, instead of those of `limits`: for
            an end that is open (9999-12-31), say.
        future_days: Most days that it may lie after the business date, instead of those of `limits`: 0 for a
            birthday.
        pii: Class of personal data; values of anything but `none` never leave raw and quarantine unmasked.
        description: What it means, with its unit.
    """

    name: Name
    type: SqlType
    header: str | None = None
    aliases: tuple[str, ...] = ()
    nullable: bool = True
    pattern: str | None = None
    length: int | None = Field(default=None, ge=1)
    codes: tuple[str, ...] | None = None
    earliest: date | None = None
    latest: date | None = None
    future_days: int | None = Field(default=None, ge=0)
    pii: Literal["none", "identifier", "demographic", "contact", "free_text"] = "none"
    description: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            re.compile(value)
        return value

    @model_validator(mode="after")
    def _days_belong_to_dates(self) -> Self:
        if not self.is_moment and (self.earliest or self.latest or self.future_days is not None):
            raise ValueError(f"earliest, latest and future_days are for dates and timestamps, not for '{self.name}'")
        return self

    @property
    def is_moment(self) -> bool:
        return self.type in {"date", "timestamp"}

    @property
    def is_identifier(self) -> bool:
        """Whether its texts name something, so that a number in scientific notation can only be damage."""
        return self.type == "varchar" and bool(self.pattern or self.length or self.pii in {"identifier", "contact"})

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header that means this column, in lower case; the proper one first."""
        return tuple(text.strip().casefold() for text in (self.header or self.name, *self.aliases))


class Limits(Clause):
    """When a file is too bad or too big to take.

    Attributes:
        bad_row_share: Share of bad rows (0 to 1) above which the whole file is held.
        vanish_share: Share of the keys of the snapshot before (0 to 1) above which a snapshot that lacks them is
            held for a steward. Needs a primary key.
        min_share_of_usual: Share of the usual number of rows (median of the seven deliveries before, at least
            three) below which a file is held; null never holds.
        allow_empty: Whether a file without rows is acceptable.
        earliest: First plausible day of dates and timestamps. The default keeps out the zero of spreadsheets.
        future_days: Most days that they may lie after the business date; the default leaves room for the end
            of a contract.
        max_bytes: Most bytes of the file once unpacked; more is rejected.
    """

    bad_row_share: float = Field(default=0.01, ge=0, le=1)
    vanish_share: float = Field(default=0.2, ge=0, le=1)
    min_share_of_usual: float | None = Field(default=None, gt=0, le=1)
    allow_empty: bool = False
    earliest: date = date(1900, 1, 2)
    future_days: int = Field(default=1830, ge=0)
    max_bytes: int = Field(default=50_000_000_000, gt=0)


class Changes(Clause):
    """How the rows of a `cdc` extract change records.

    Attributes:
        operation: Column that holds I (insert), U (update) or D (delete); its `codes` must say so.
        sequence: Column by which changes of a record follow each other, whatever file they come in.
    """

    operation: Name
    sequence: Name


class Control(Clause):
    """The control file that comes with each file: how many rows it has and what they add up to.

    Attributes:
        file: Suffix after the name of the data file (`.ctl`), or a regular expression with the same named groups
            as that of the data file.
        format: csv: a header and one line, comma and double quotes, utf-8. json: one object.
        rows: Field that holds the number of rows.
        sums: Column of the extract → field that holds its sum.
    """

    file: str
    format: Literal["csv", "json"]
    rows: str | None = None
    sums: dict[Name, str] = {}
