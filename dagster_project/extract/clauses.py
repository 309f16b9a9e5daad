"""The clauses of a source contract: a column, the limits of a file, the order of changes.

What belongs here: models that an extract is made of. The extract itself and its rules are in `contract`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

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
        codes: The only texts allowed.
        pii: Class of personal data; values of anything but `none` never leave raw and quarantine unmasked.
        description: What it means, with its unit.
    """

    name: Name
    type: SqlType
    header: str | None = None
    aliases: tuple[str, ...] = ()
    nullable: bool = True
    pattern: str | None = None
    codes: tuple[str, ...] | None = None
    pii: Literal["none", "identifier", "demographic", "contact", "free_text"] = "none"
    description: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            re.compile(value)
        return value

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header that means this column, in lower case; the proper one first."""
        return tuple(text.strip().casefold() for text in (self.header or self.name, *self.aliases))


class Limits(Clause):
    """When a file is too bad or too big to take.

    Attributes:
        bad_row_share: Share of bad rows (0 to 1) above which the whole file is held.
        max_bytes: Most bytes of the file once unpacked; more is rejected.
    """

    bad_row_share: float = Field(default=0.01, ge=0, le=1)
    max_bytes: int = Field(default=50_000_000_000, gt=0)


class Changes(Clause):
    """How the rows of a `cdc` extract change records.

    Attributes:
        operation: Column that holds I (insert), U (update) or D (delete); its `codes` must say so.
        sequence: Column by which changes of a record follow each other, whatever file they come in.
    """

    operation: Name
    sequence: Name
