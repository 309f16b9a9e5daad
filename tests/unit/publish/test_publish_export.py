"""The exported list opens in a spreadsheet without running anything, and is sent once."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.errors import ConfigurationError, NotPublishedError, QualityGateError
from dagster_project.publish.export import export_churn_list, human_csv, machine_csv
from dagster_project.publish.query import QueryResult
from dagster_project.warehouse import connect

from .conftest import AS_OF, NOW

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
texts = st.one_of(st.text(max_size=12), st.builds("".join, st.tuples(st.sampled_from(DANGEROUS), st.text(max_size=5))))
numbers = st.one_of(
    st.integers(-(10**15), 10**15), st.decimals(-(10**9), 10**9, places=2), st.floats(-1e9, 1e9, allow_nan=False)
)


def ledger(settings):
    with connect(settings, read_only=True) as con:
        return con.execute("select file, sha256, rows, exported_at from ops.exports order by file").fetchall()


def cells(contents):
    """As a spreadsheet reads them."""
    return list(csv.reader(io.StringIO(contents.decode("utf-8-sig"), newline="")))


@given(st.lists(texts, min_size=1, max_size=5), st.lists(numbers, min_size=1, max_size=5))
def test_no_text_is_a_formula_and_every_number_is_a_number(words, figures):
    columns = [*(f"word {i}" for i in range(len(words))), *(f"figure {i}" for i in range(len(figures)))]
    result = QueryResult(columns, ["VARCHAR"] * len(columns), [(*words, *figures)], is_truncated=False)
    _, row = cells(human_csv(result))
    for word, cell in zip(words, row[: len(words)], strict=True):
        assert not cell.startswith(DANGEROUS)
        assert cell.removeprefix("'") == word.removeprefix("'")
    for figure, cell in zip(figures, row[len(words) :], strict=True):
        assert abs(Decimal(cell) - Decimal(figure)) <= Decimal("0.00005")


def test_name_of_a_column_is_no_formula_either():
    [header] = cells(human_csv(QueryResult(["=cmd()"], ["VARCHAR"], [], is_truncated=False)))
    assert header == ["'=cmd()"]


def test_exports_the_list_in_order_for_people_and_for_systems(settings, publish):
    publish()
    export = export_churn_list(settings, as_of=AS_OF, now=NOW)
    human, machine = cells(export.path.read_bytes()), cells(export.machine.path.read_bytes())
    assert human[0] == machine[0]
    assert [row[1:3] for row in human[1:]] == [["1", "2"], ["2", "1"]]
    assert human[1][4:7] == ["0.5000", "99.50", "Longer away than usual"]
    assert machine[1][4:7] == ["0.5", "99.50", "Longer away than usual"]
    assert export.path == settings.exports / "2017-02-28" / "churn_list.csv"
    assert [(row[0], row[2]) for row in ledger(settings)] == [
        ("2017-02-28/churn_list.csv", 2),
        ("2017-02-28/churn_list.machine.csv", 2),
    ]


def test_same_list_is_neither_written_nor_entered_again(settings, publish):
    publish()
    first = export_churn_list(settings, as_of=AS_OF, now=NOW)
    stat, contents = first.path.stat(), first.path.read_bytes()
    second = export_churn_list(settings, as_of=AS_OF, now=NOW + timedelta(hours=1))
    assert (first.human.is_new, second.human.is_new, second.machine.is_new) == (True, False, False)
    assert (first.path.stat().st_ino, first.path.read_bytes()) == (stat.st_ino, contents)
    assert [row[3] for row in ledger(settings)] == [NOW, NOW]


def test_lost_file_is_written_again_byte_for_byte_without_a_new_entry(settings, publish):
    publish()
    path = export_churn_list(settings, as_of=AS_OF, now=NOW).path
    contents = path.read_bytes()
    path.unlink()
    assert not export_churn_list(settings, as_of=AS_OF, now=NOW).human.is_new
    assert path.read_bytes() == contents
    assert len(ledger(settings)) == 2


def test_changed_list_is_a_new_export(settings, publish):
    publish()
    export_churn_list(settings, as_of=AS_OF, now=NOW)
    publish("update warehouse.activation.act_churn_list set suggested_action = 'Call'")
    assert export_churn_list(settings, as_of=AS_OF, now=NOW).human.is_new
    assert len(ledger(settings)) == 4


@pytest.mark.parametrize("value", ["=HYPERLINK(1)", "two\nlines", "semi`colon", "x" * 300])
def test_unexpected_value_stops_the_export_and_is_not_shown(settings, publish, value):
    publish(f"update warehouse.activation.act_churn_list set suggested_action = '{value}' where list_rank = 2")
    with pytest.raises(QualityGateError, match="row 2, column suggested_action") as refusal:
        export_churn_list(settings, as_of=AS_OF, now=NOW)
    assert value not in str(refusal.value)
    assert not settings.exports.exists()
    assert ledger(settings) == []


def test_column_without_agreed_pattern_is_refused():
    with pytest.raises(ConfigurationError, match="phone_number"):
        machine_csv(QueryResult(["customer_id", "phone_number"], ["BIGINT", "VARCHAR"], [], is_truncated=False))


def test_list_of_another_day_is_refused(settings, publish):
    publish()
    with pytest.raises(NotPublishedError, match="as of 2017-02-28"):
        export_churn_list(settings, as_of=date(2017, 3, 1), now=NOW)


def test_without_a_release_there_is_nothing_to_export(settings):
    with pytest.raises(NotPublishedError):
        export_churn_list(settings, as_of=AS_OF, now=NOW)
