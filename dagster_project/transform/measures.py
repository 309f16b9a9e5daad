"""Where the figures of raw tables are found again after staging, as the staging models declare it.

A staging model that holds the rows of its raw table, or of each of them, one to one says so in its words:
`config: meta: {measures: {<column of raw>: <column of the model>}}`; without a figure to follow, `measures: {}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dagster_project.errors import ConfigurationError


class Conformed(NamedTuple):
    """The conformed entity of a raw table, and its column by column of raw."""

    entity: str
    columns: Mapping[str, str]


def conformed_measures(manifest: Mapping[str, Any]) -> dict[str, Conformed]:
    """The declarations of all staging models, by raw table.

    Raises:
        ConfigurationError: two models declare the same raw table: a row cannot be in two places one to one.
    """
    found: dict[str, Conformed] = {}
    for node in manifest["nodes"].values():
        measures = node["config"].get("meta", {}).get("measures")
        if node["resource_type"] != "model" or measures is None:
            continue
        raw_tables = [
            parent.split(".")[-1] for parent in node["depends_on"]["nodes"] if parent.startswith("source.tenure.raw.")
        ]
        for raw_table in raw_tables:
            if raw_table in found:
                raise ConfigurationError(
                    f"Two staging models declare measures of raw.{raw_table}: {node['name']} and another",
                    "leave them at the one that holds its rows one to one",
                )
            found[raw_table] = Conformed(node["name"].split("__", 1)[1], measures)
    return found
