"""The table `ops.reconciliation`: the same figure of a delivery at each stage, and where it first differs.

Only deliveries that are new, or that did not agree the last time, are counted: one statement over the raw tables
that have any, one over the conformed entities. Everything else stands as it was found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

import duckdb

from dagster_project.quality.sql import constant, identifier
from dagster_project.warehouse import transaction

#: Stages of a difference that a source answers for; the others are ours.
SOURCE_STAGE: Final = "ledger"
_FIGURE: Final = "decimal(38, 6)"


@dataclass(frozen=True, slots=True)
class Feed:
    """One extract and where its figures are found again.

    Attributes:
        system, extract: Names of the contract.
        measures: Columns of raw whose sums are compared; rows always are.
        entity: Conformed entity that holds its rows one to one; None where there is none.
        conformed: Column of the entity by column of raw.
    """

    system: str
    extract: str
    measures: tuple[str, ...] = ()
    entity: str | None = None
    conformed: Mapping[str, str] = field(default_factory=dict)

    @property
    def raw_table(self) -> str:
        return f"{self.system}__{self.extract}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that does not agree; `stage` is where it parts from the stage before."""

    system: str
    extract: str
    business_on: date
    part: str
    measure: str
    stage: str
    expected: Decimal | None
    found: Decimal | None

    def __str__(self) -> str:
        place = f"{self.system}.{self.extract} {self.business_on}{f' part {self.part}' if self.part else ''}"
        figures = f"{_plain(self.expected)} expected, {_plain(self.found)} found"
        return f"{place}: {self.measure} differ from stage {self.stage} on, {figures}"


def reconcile(
    con: duckdb.DuckDBPyConnection, feeds: Sequence[Feed], *, now: datetime, everything: bool = False
) -> list[Difference]:
    """Bring `ops.reconciliation` up to date.

    Args:
        con: Writable connection with default catalog `lake`.
        feeds: Every extract.
        now: Clock of the run.
        everything: Count all deliveries again instead of those that are new or did not agree.

    Returns:
        All differences of the table, the earliest partition first.
    """
    with transaction(con):
        due = _due(con, everything=everything)
        wanted = [feed for feed in feeds if feed.raw_table in due]
        _withdraw_replaced(con)
        if wanted:
            con.execute(f"create or replace temp table in_raw as {' union all '.join(map(_raw, wanted))}")
            conformed = [feed for feed in wanted if feed.entity]
            nothing = "select '' as load_id, '' as measure, 0 as figure where false"
            selected = " union all ".join(map(_conformed, conformed)) or nothing
            con.execute(f"create or replace temp table in_conformed as {selected}")
            _write(con, [feed.raw_table for feed in conformed], now, has_control=_has_control(con))
    return differences(con)


def differences(con: duckdb.DuckDBPyConnection) -> list[Difference]:
    """What does not agree, the earliest partition first; reads a release as well."""
    rows = con.execute(
        """
        select system, extract, business_on, part, measure, first_difference,
            case first_difference when 'ledger' then at_source when 'raw' then in_ledger - coalesce(in_quarantine, 0)
                else in_raw end,
            case first_difference when 'ledger' then in_ledger when 'raw' then in_raw else in_conformed end
        from ops.reconciliation where first_difference is not null
        order by business_on, system, extract, part, measure
        """
    ).fetchall()
    return [Difference(*row) for row in rows]


def _due(con: duckdb.DuckDBPyConnection, *, everything: bool) -> set[str]:
    """Fill `temp.due` with the deliveries to count; forget those that are not in use any more."""
    con.execute(
        "delete from ops.reconciliation where load_id not in (select load_id from ops.loads where status = 'loaded')"
    )
    # Of a snapshot only the newest state is in the entity; an upsert or cdc row may be replaced by a later one.
    con.execute(
        f"""
        create or replace temp table due as
        select load_id, system || '__' || extract as raw_table, system, extract, business_on, part, rows_in,
            load_mode = 'append' or (load_mode = 'snapshot'
                and business_on = max(business_on) over (partition by system, extract)) as is_whole
        from ops.loads where status = 'loaded'
        qualify {constant(everything)} or load_id not in (
            select load_id from ops.reconciliation group by load_id having count(first_difference) = 0
        )
        """
    )
    return {table for (table,) in con.execute("select distinct raw_table from due").fetchall()}


def _withdraw_replaced(con: duckdb.DuckDBPyConnection) -> None:
    """A snapshot that a newer one replaced is not in its entity any more, whether or not it was counted there."""
    con.execute(
        """
        update ops.reconciliation set in_conformed = null
        where in_conformed is not null and first_difference is null and load_id in (
            select load_id from ops.loads where status = 'loaded' and load_mode = 'snapshot'
            qualify business_on < max(business_on) over (partition by system, extract)
        )
        """
    )


def _sums(columns: Sequence[str]) -> str:
    """Long rows (measure, figure) from one aggregate."""
    figures = ["count(*)", *(f"sum({identifier(column)})" for column in columns)]
    return ", ".join(f"coalesce({figure}, 0)::{_FIGURE}" for figure in figures)


def _long(raw_table: str, measures: Mapping[str, str], table: str, *, audit: str) -> str:
    """Select (load_id, measure, figure) of the deliveries that are due; `audit` precedes load_id and business_on."""
    columns = list(measures.values())
    names = ", ".join(map(constant, ["rows", *measures]))
    loads = f"select load_id from due where raw_table = {constant(raw_table)}"
    days = f"select {{}}(business_on) from due where raw_table = {constant(raw_table)}"
    key, day = f"{audit}load_id", f"{audit}business_on"
    return f"""
        select load_id, unnest([{names}]) as measure, unnest(figures) as figure
        from (
            select {key} as load_id, [{_sums(columns)}] as figures
            from {table}
            where {key} in ({loads}) and {day} between ({days.format("min")}) and ({days.format("max")})
            group by {key}
        )"""


def _raw(feed: Feed) -> str:
    measures = {measure: measure for measure in feed.measures}
    return _long(feed.raw_table, measures, f"raw.{identifier(feed.raw_table)}", audit="_")


def _conformed(feed: Feed) -> str:
    measures = {measure: feed.conformed[measure] for measure in feed.measures if measure in feed.conformed}
    return _long(feed.raw_table, measures, f"conformed.{identifier(str(feed.entity))}", audit="")


def _has_control(con: duckdb.DuckDBPyConnection) -> bool:
    found = con.execute(
        "select count(*) from duckdb_columns() where database_name = current_database() and schema_name = 'ops' "
        "and table_name = 'loads' and column_name in ('control_rows', 'control_sums')"
    ).fetchall()
    return bool(found[0][0] == 2)


def _write(con: duckdb.DuckDBPyConnection, conformed: Sequence[str], now: datetime, *, has_control: bool) -> None:
    """Compare and store. A load without a row in raw is zero there; sums are booked as they are found first."""
    control = (
        f"case figures.measure when 'rows' then coalesce(loads.control_rows, loads.rows_in)::{_FIGURE} "
        "else try_cast(json_extract_string(loads.control_sums, '$.\"' || figures.measure || '\"') "
        f"as {_FIGURE}) end"
        if has_control
        else f"case figures.measure when 'rows' then loads.rows_in::{_FIGURE} end"
    )
    con.execute(
        f"""
        create or replace temp table found as
        with figures as (
            select due.*, measure, coalesce(in_raw.figure, 0) as in_raw
            from due
            cross join (select unnest(['rows']) as measure)
            left join in_raw using (load_id, measure)
            union all
            select due.*, in_raw.measure, in_raw.figure from due inner join in_raw using (load_id)
            where in_raw.measure <> 'rows'
        ),
        quarantined as (
            select load_id, count(*) as kept_out from quarantine.bad_rows
            where load_id in (select load_id from due) group by load_id
        )
        select figures.system, figures.extract, figures.business_on, figures.part, figures.measure, figures.load_id,
            {control} as at_source,
            case figures.measure when 'rows' then figures.rows_in::{_FIGURE}
                else coalesce(earlier.in_ledger, figures.in_raw) end as in_ledger,
            figures.in_raw,
            case when figures.measure = 'rows' then coalesce(quarantined.kept_out, 0)::{_FIGURE} end as in_quarantine,
            case when figures.is_whole and list_contains($conformed, figures.raw_table) and figures.measure = 'rows'
                then coalesce(in_conformed.figure, 0)
                when figures.is_whole then in_conformed.figure end::{_FIGURE} as in_conformed
        from figures
        inner join ops.loads using (load_id)
        left join quarantined using (load_id)
        left join in_conformed on in_conformed.load_id = figures.load_id and in_conformed.measure = figures.measure
        left join ops.reconciliation as earlier
            on earlier.load_id = figures.load_id and earlier.measure = figures.measure
            and earlier.load_id in (
                -- A sum booked while rows were missing is no figure to hold anything to.
                select load_id from ops.reconciliation where measure = 'rows' and first_difference is null
            )
        """,
        {"conformed": list(conformed)},
    )
    con.execute("delete from ops.reconciliation where load_id in (select load_id from due)")
    con.execute(
        """
        insert into ops.reconciliation by name
        select * exclude (has_bad_rows),
            case
                when at_source <> in_ledger and (measure = 'rows' or not has_bad_rows) then 'ledger'
                when in_ledger <> in_raw + coalesce(in_quarantine, 0) then 'raw'
                when in_raw <> in_conformed then 'conformed'
            end as first_difference,
            $now::timestamp as reconciled_at
        from (select *, max(in_quarantine) over (partition by load_id) > 0 as has_bad_rows from found)
        """,
        {"now": now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now},
    )


def _plain(figure: Decimal | None) -> str:
    """A figure as people write it.

    >>> _plain(Decimal("12.500000")), _plain(Decimal("100.000000"))
    ('12.5', '100')
    """
    if figure is None:
        return "nothing"
    text = f"{figure:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
