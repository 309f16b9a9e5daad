"""The content hash sees every cell and nothing else: neither the order of rows nor the clock."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.publish.fingerprint import fingerprint, hash_rows

TABLE = (
    "create or replace table shop.marts.orders (id integer, note varchar, paid decimal(12, 2), _loaded_at timestamp)"
)
ROWS = [(1, "a", 1.5, "2017-01-01"), (2, None, 2.5, "2017-01-01"), (2, None, 2.5, "2017-01-01")]


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as shop")
        con.execute("create schema shop.marts")
        yield con


def content_hash(con, rows, table=TABLE):
    con.execute(table)
    con.executemany("insert into shop.marts.orders values (?, ?, ?, ?)", rows)
    return fingerprint(con, "shop").content_hash


def test_order_of_rows_does_not_matter(con):
    assert content_hash(con, ROWS) == content_hash(con, ROWS[::-1])


def test_clock_columns_do_not_matter(con):
    later = [(*row[:3], "2018-01-01") for row in ROWS]
    assert content_hash(con, ROWS) == content_hash(con, later)


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[:2],
        [*ROWS, ROWS[0]],
        [(1, "a", 1.51, "2017-01-01"), *ROWS[1:]],
        [(1, "b", 1.5, "2017-01-01"), *ROWS[1:]],
        [(1, None, 1.5, "2017-01-01"), (2, "a", 2.5, "2017-01-01"), ROWS[2]],
        [(1, "a", 2.5, "2017-01-01"), (2, None, 1.5, "2017-01-01"), ROWS[2]],
    ],
    ids=["fewer", "twice", "cent", "text", "note moved to another row", "amounts swapped"],
)
def test_each_change_of_a_row_matters(con, rows):
    assert content_hash(con, ROWS) != content_hash(con, rows)


def test_name_of_a_column_matters(con):
    assert content_hash(con, ROWS) != content_hash(con, ROWS, TABLE.replace("note", "remark"))


def test_other_schemas_do_not_matter(con):
    before = content_hash(con, ROWS)
    con.execute("create schema shop.ops; create table shop.ops.loads as select 1 as id")
    assert fingerprint(con, "shop").content_hash == before


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6), st.randoms())
def test_equal_sets_of_rows_and_only_those_are_equal(rows, random):
    with duckdb.connect() as con:
        hashes = [
            hash_rows(con, f"from (values {', '.join(map(str, values))}) as pairs (a, b)", ["a", "b"])
            for values in ([(0, 4), *rows], [*random.sample(rows, len(rows)), (0, 4)], [(4, 0), *rows])
        ]
    assert hashes[0] == hashes[1] != hashes[2]
