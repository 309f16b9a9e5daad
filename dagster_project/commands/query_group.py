"""`tenure query-group`: the customers of a group that is asked for in tags and attributes."""

from __future__ import annotations

import typer

from dagster_project.commands.query import show_result
from dagster_project.publish.groups import Vocabulary, group_sql
from dagster_project.publish.query import run_query
from dagster_project.settings import Settings


def show_group(settings: Settings, expression: str, output: str, *, as_sql: bool, count: bool) -> None:
    """Print the customers of a group, how many they are, or the SQL that tells; `output` as in `tenure query`.

    Raises:
        NotPublishedError: There is no release yet.
        QueryError: The group could not be read, or names what the release does not have.
    """
    sql = group_sql(expression, _vocabulary(settings))
    if count:
        sql = f"select count(*) as customer_count\nfrom (\n{sql}\n) as customers"
    if as_sql:
        typer.echo(f"{sql};")
    else:
        show_result(settings, sql, output)


def _vocabulary(settings: Settings) -> Vocabulary:
    """What the release in place can be asked for."""
    tags = run_query(settings, "select tag, source from marts.tag_registry").rows
    columns = run_query(settings, "describe marts.customer_360").rows
    orders = run_query(
        settings, "select attribute, value_order from marts.attribute_catalog where value_order is not null"
    ).rows
    return Vocabulary(
        tags=[str(tag) for tag, _ in tags],
        attributes={str(name): str(kind) for name, kind, *_ in columns},
        orders={str(name): tuple(str(order).split("|")) for name, order in orders},
        model_tags=[str(tag) for tag, source in tags if source == "model"],
    )
