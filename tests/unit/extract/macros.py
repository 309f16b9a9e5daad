"""The SQL that dbt's macros come to, without dbt: enough of its context to read raw tables as staging does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment

from dagster_project.settings import Settings
from tests.unit.extract.builders import query


@dataclass(frozen=True)
class Relation:
    schema: str
    identifier: str

    def __str__(self) -> str:
        return f"lake.{self.schema}.{self.identifier}"


def rendered(settings: Settings, expression: str, as_of: date) -> str:
    """The SQL of a Jinja expression that may use the macros about loads and records."""
    folder = settings.dbt_project / "macros"
    source = "".join((folder / name).read_text() for name in ("as_of.sql", "loads.sql", "records.sql"))
    standing = "{% set standing %}({{ loads_that(\"status = 'loaded' and business_on <= \" ~ as_of()) }}){% endset %}"
    template = Environment(extensions=["jinja2.ext.do"]).from_string(
        source + standing + "{% macro ref(name) %}{{ standing }}{% endmacro %}{{ " + expression + " }}"
    )
    staging = SimpleNamespace(name="stg_shop__orders")
    return template.render(execute=True, var={"as_of": f"{as_of}"}.__getitem__, source=Relation, model=staging)


def read(settings: Settings, expression: str, columns: str, as_of: date) -> list[tuple[Any, ...]]:
    """Columns of the rows that the expression stands for, in order."""
    return query(settings, f"select {columns} from {rendered(settings, expression, as_of)} as t order by all")
