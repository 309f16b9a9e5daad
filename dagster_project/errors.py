"""Errors a user can act on: what happened and the next command, with the exit code `tenure` ends with.

Only errors that a user can meet belong here. A programming mistake keeps its own exception and traceback.
"""

from __future__ import annotations

from typing import ClassVar


class TenureError(Exception):
    """One plain paragraph for a person, and what to type next.

    `message` says what, where, expected and got, with values masked; `next_step` is a command or an action.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        if not self.next_step:
            return self.message
        stop = "" if self.message.endswith((".", "!", "?")) else "."
        return f"{self.message}{stop} Next: {self.next_step}"


class ConfigurationError(TenureError):
    """A setting, contract, suite or file of the project is missing or wrong."""

    exit_code = 2


class ExtractHeldError(TenureError):
    """An extract was held or rejected and its business day is not complete without it."""

    exit_code = 3


class WarehouseBusyError(TenureError):
    """Another process is writing the warehouse."""

    exit_code = 4


class QualityGateError(TenureError):
    """A blocking check failed; the last release stays published."""

    exit_code = 5


class QueryError(TenureError):
    """A query was refused or failed on the published release."""

    exit_code = 6


class TransformError(TenureError):
    """A dbt model or dbt test failed."""

    exit_code = 7


class StorageError(TenureError):
    """The disk is full, or a file of the home cannot be read or written."""

    exit_code = 9


class NotPublishedError(TenureError):
    """There is no published release yet."""

    exit_code = 8
