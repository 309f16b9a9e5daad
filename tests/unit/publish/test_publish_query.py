"""Queries read the release and can do nothing else; answers keep every digit."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from dagster_project.errors import NotPublishedError, QueryError
from dagster_project.publish.query import QueryResult, run_query, to_csv, to_json


def test_without_a_release_says_what_to_do(settings):
    with pytest.raises(NotPublishedError, match="Next: `tenure run`"):
        run_query(settings, "select 1")


def test_tables_are_found_with_and_without_their_schema(published):
    assert run_query(published, "select count(*) from fct_orders").rows == [(4,)]
    assert run_query(published, "select count(*) from marts.fct_orders").rows == [(4,)]
    assert run_query(published, "select state from lifecycle_today order by state").rows == [("active",), ("lapsed",)]


def test_limit_tells_that_there_is_more(published):
    two = run_query(published, "select order_id from fct_orders order by order_id", limit=2)
    four = run_query(published, "select order_id from fct_orders", limit=4)
    assert (two.rows, two.is_truncated) == ([("o1",), ("o2",)], True)
    assert (len(four.rows), four.is_truncated) == (4, False)


@pytest.mark.parametrize("sql", ["describe fct_orders", "show all tables", "summarize fct_orders", "values (1)"])
def test_questions_about_the_tables_are_answered(published, sql):
    assert run_query(published, sql).rows


@pytest.mark.parametrize(
    "sql",
    [
        "insert into marts.fct_orders values ('o5', 1, 1, date '2017-01-01')",
        "delete from marts.fct_orders",
        "create table memory.main.copied as select 1",
        "create temp table copied as select 1",
        "drop table marts.fct_orders",
        "copy marts.fct_orders to '{folder}/out.csv'",
        "copy (select 1) to '{release}' (use_tmp_file false)",
        "explain analyze copy (select 1) to '{release}' (use_tmp_file false)",
        "export database '{folder}/all'",
        "attach '{folder}/other.duckdb' as other",
        "attach '{release}' as again",
        "set threads = 1",
        "reset memory_limit",
        "install httpfs",
        "load httpfs",
        "pragma database_list",
        "call pragma_version()",
        "checkpoint",
        "select 1; drop table marts.fct_orders",
        "",
        "-- nothing",
    ],
)
def test_everything_but_one_reading_statement_is_refused(published, tmp_path, sql):
    before = published.release_file.read_bytes()
    with pytest.raises(QueryError, match=r"Only reading statements|Expected one statement"):
        run_query(published, sql.format(folder=tmp_path, release=published.release_file))
    assert published.release_file.read_bytes() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{secret}')",
        "select * from read_text('{secret}')",
        "select * from read_blob('{lake}')",
        "select * from read_parquet('https://example.org/rows.parquet')",
        "select * from glob('/etc/*')",
        "select * from '{secret}'",
        "select * from query('from read_csv(''{secret}'')')",
    ],
)
def test_no_file_but_the_release_can_be_read(published, tmp_path, sql):
    secret = tmp_path / "secret.csv"
    secret.write_text("name\nAda\n")
    with pytest.raises(QueryError) as refusal:
        run_query(published, sql.format(secret=secret, lake=published.lake_file))
    assert "Ada" not in str(refusal.value)


def test_unknown_table_names_the_nearest(published):
    with pytest.raises(QueryError) as refusal:
        run_query(published, "select * from fct_order")
    assert "no table fct_order. Nearest: marts.fct_orders" in str(refusal.value)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select sales from fct_orders", 'column "sales" not found'),
        ("selec 1", "syntax error"),
        ("select 'x'::integer", "Could not convert"),
    ],
)
def test_mistakes_are_told_in_one_line(published, sql, message):
    with pytest.raises(QueryError, match=message) as refusal:
        run_query(published, sql)
    assert "\n" not in str(refusal.value)


def test_csv_and_json_keep_digits_and_dates(published):
    result = run_query(
        published,
        """
        select 4596039.50::decimal(12, 2) as sales, 0.1::double as share, date '2017-01-02' as day_on,
            timestamp '2017-01-02 03:04:05' as ordered_at, true as is_known, null as nothing,
            'a,"b"' as text, [1.50::decimal(4, 2)] as list, {'n': 1} as struct
        """,
    )
    header, row = csv.reader(io.StringIO(to_csv(result)))
    assert header[:2] == ["sales", "share"]
    assert row == [
        "4596039.50", "0.1", "2017-01-02", "2017-01-02T03:04:05", "true", "", 'a,"b"', "[1.50]", '{"n": 1}',
    ]  # fmt: skip
    [parsed] = json.loads(to_json(result), parse_float=Decimal)
    assert parsed == {
        "sales": Decimal("4596039.50"), "share": Decimal("0.1"), "day_on": "2017-01-02",
        "ordered_at": "2017-01-02T03:04:05", "is_known": True, "nothing": None, "text": 'a,"b"',
        "list": [Decimal("1.50")], "struct": {"n": 1},
    }  # fmt: skip


def test_json_has_no_nan_and_an_empty_answer_is_an_empty_list():
    unusual = QueryResult(["x", "y"], ["DOUBLE", "TIMESTAMP"], [(float("nan"), datetime(2017, 1, 1))], False)  # noqa: DTZ001
    assert json.loads(to_json(unusual)) == [{"x": None, "y": "2017-01-01T00:00:00"}]
    empty = QueryResult(["day"], ["DATE"], [], is_truncated=False)
    assert (to_json(empty), to_csv(empty)) == ("[]", "day\n")


def test_same_answer_same_text():
    rows = [(date(2017, 1, 1), Decimal("1.10"))]
    first, second = (QueryResult(["a", "b"], ["DATE", "DECIMAL(4,2)"], list(rows), False) for _ in range(2))
    assert (to_json(first), to_csv(first)) == (to_json(second), to_csv(second))
