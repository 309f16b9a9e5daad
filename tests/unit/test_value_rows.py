"""What the value models read, worked out by hand: horizon of one month, cut-offs at the end of February to April."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from dagster_project.components.value_rows import closed_cutoffs, exposures_before, histories_at
from dagster_project.settings import Settings

#: Customer 1 shops; 2 to 4 have contracts. April is closed, May is not.
TABLES = """
    attach ':memory:' as warehouse;
    create schema warehouse.marts;
    create table warehouse.marts.fct_orders as
    from (values
        (1::bigint, date '2026-01-10', 5.00::decimal(18, 2)), (1, date '2026-02-03', 10), (1, date '2026-02-03', 1),
        (1, date '2026-04-30', 7), (null, date '2026-02-01', 99), (2, date '2026-02-01', 99)
    ) as orders (customer_id, ordered_on, sales_amount);
    create table warehouse.marts.contract_spans as
    from (values
        (2::bigint, date '2026-01-15', null::date), (3, date '2025-11-01', date '2026-03-31'),
        (4, date '2026-03-05', date '2026-05-01')
    ) as spans (customer_id, started_on, ended_on);
    create table warehouse.marts.customer_profit_loss as
    select *, month_on < date '2026-05-01' as is_closed, customer_id is null as is_unallocated
    from (values
        (1::bigint, date '2026-01-01', 5.00::decimal(18, 2)), (1, date '2026-02-01', 11), (1, date '2026-04-01', 7),
        (2, date '2026-01-01', 40), (2, date '2026-02-01', 150), (2, date '2026-03-01', 50), (2, date '2026-05-01', 50),
        (3, date '2026-03-01', 20), (null, date '2026-03-01', 1000)
    ) as months (customer_id, month_on, revenue_amount);
    create table warehouse.marts.customer_revenue_parts as
    from (values
        (2::bigint, date '2026-01-01', 40.00::decimal(18, 2), 0.00::decimal(18, 2), 0.00::decimal(18, 2),
            0.00::decimal(18, 2)),
        (2, date '2026-02-01', 50, 5, -4, 99), (2, date '2026-03-01', 50, 0, 0, 0), (3, date '2026-03-01', 20, 0, 0, 0)
    ) as parts (customer_id, month_on, fee_amount, usage_amount, credit_amount, sales_amount);
"""
DAYS = [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


@pytest.fixture
def monthly(settings: Settings) -> Settings:
    return settings.model_copy(update={"value_horizon_months": 1})


def _rows(con: duckdb.DuckDBPyConnection, settings: Settings, *columns: str) -> list[tuple]:
    cutoffs = closed_cutoffs(con, settings)
    assert cutoffs.days() == DAYS
    rows = histories_at(con, cutoffs, DAYS).to_pylist()
    return [(row["cutoff_on"].month, row["customer_id"], *(row[name] for name in columns)) for row in rows]


def test_shoppers_are_told_by_their_order_days(con: duckdb.DuckDBPyConnection, monthly: Settings) -> None:
    told = _rows(con, monthly, "basis", "order_days", "repeat_amount", "first_on", "last_on", "month_count")
    first = date(2026, 1, 10)
    assert [row for row in told if row[2] == "purchase"] == [
        (2, 1, "purchase", 2, 11.0, first, date(2026, 2, 3), None),
        (3, 1, "purchase", 2, 11.0, first, date(2026, 2, 3), None),
        (4, 1, "purchase", 3, 18.0, first, date(2026, 4, 30), None),
    ]


def test_contracts_in_force_are_told_by_the_bills_of_whole_months(
    con: duckdb.DuckDBPyConnection, monthly: Settings
) -> None:
    told = _rows(
        con, monthly, "tenure_months", "month_count", "billed_amount", "billed_squares", "sold_amount", "order_days"
    )
    assert [row for row in told if row[1] != 1] == [
        (2, 2, 1, 1, 51.0, 51.0**2, 99.0, None),
        # January is the first month on record: of the contract that began in November two months are known.
        (2, 3, 3, 2, 0.0, 0.0, 0.0, None),
        # The contract of customer 3 ended on the cut-off; that of 4 began in its month.
        (3, 2, 2, 2, 101.0, 51.0**2 + 50.0**2, 99.0, None),
        (3, 4, 0, 0, 0.0, 0.0, 0.0, None),
        (4, 2, 3, 3, 101.0, 51.0**2 + 50.0**2, 99.0, None),
        (4, 4, 1, 1, 0.0, 0.0, 0.0, None),
    ]


def test_revenue_before_and_after_is_that_of_closed_months(con: duckdb.DuckDBPyConnection, monthly: Settings) -> None:
    assert _rows(con, monthly, "last_period_amount", "outcome_amount") == [
        (2, 1, 11.0, 0.0), (2, 2, 150.0, 50.0), (2, 3, 0.0, 20.0),
        (3, 1, 0.0, 7.0), (3, 2, 50.0, 0.0), (3, 4, 0.0, 0.0),
        (4, 1, 7.0, None), (4, 2, 0.0, None), (4, 4, 0.0, None),
    ]  # fmt: skip


def test_contracts_are_at_risk_in_months_they_were_in_force_before(con: duckdb.DuckDBPyConnection) -> None:
    rows = [(row["cutoff_on"].month, *list(row.values())[:3]) for row in exposures_before(con, DAYS[:2]).to_pylist()]
    assert rows == [(2, 1, 1, 0), (2, 2, 1, 0), (2, 3, 1, 0), (3, 1, 1, 0), (3, 2, 2, 0), (3, 3, 1, 0), (3, 4, 1, 1)]


def test_before_a_month_is_closed_there_is_nothing(con: duckdb.DuckDBPyConnection, monthly: Settings) -> None:
    con.execute("delete from warehouse.marts.customer_profit_loss where is_closed")
    cutoffs = closed_cutoffs(con, monthly)
    assert "0 closed month(s) are on record and 3 are needed" in cutoffs.lacking()
    assert exposures_before(con, cutoffs.days()).num_rows == 0
