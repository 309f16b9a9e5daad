"""Bad rows of files whose lines tell their rows are looked at a second time; the result is that of reading them anew.

A quoted field leaves open which lines are rows. So the same rows with quotes take the other way through the loader,
and serve here as the answer to compare with.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from dagster_project.extract import scans, store
from dagster_project.settings import Settings
from tests.unit.extract.builders import DAY, HEADER, contract, deliver, load, orders, query

BAD = "x,Customer,1.00,2017-01-01"


def with_lines(content: str, *changed: int, line: str = BAD) -> str:
    """The file with other text in these lines; 1 is the first row."""
    lines = content.split("\n")
    for number in changed:
        lines[number] = line
    return "\n".join(lines)


FILES = {
    "no bad row": [orders(20), orders(20, start=100)],
    "first, last and some in between": [with_lines(orders(20), 1, 2, 9, 20), orders(20, start=100)],
    "in every file": [with_lines(orders(20), 20), with_lines(orders(20, start=100), 1), with_lines(orders(9), 5)],
    "all rows": [orders(20), with_lines(orders(2), 1, 2), orders(20, start=100)],
    "a blank line before a bad row": [with_lines(orders(20), 4, line=""), with_lines(orders(20, start=100), 7)],
    "a broken row beside a bad one": [with_lines(with_lines(orders(20), 4, line="1,2"), 9), orders(20, start=100)],
    "no rows at all": [f"{HEADER}\n", with_lines(orders(20), 3), f"{HEADER}\n"],
    "no line end after the last": [with_lines(orders(20), 20).rstrip("\n"), orders(20, start=100)],
}


def load_all(settings: Settings, files: list[str], **extract: Any) -> list[list[tuple[Any, ...]]]:
    for number, content in enumerate(files):
        deliver(settings, content, DAY - timedelta(days=number))
    load(settings, contract(**extract))
    outcome = "select file, status, reason, rows_in, rows_loaded, rows_quarantined from ops.loads order by all"
    bad = "select source_file, row_number, rule, column_name, payload from quarantine.bad_rows order by all"
    return [query(settings, "select * exclude (_load_id) from raw.shop__orders order by all"),
            query(settings, bad), query(settings, outcome)]  # fmt: skip


@pytest.mark.parametrize("limits", [{"bad_row_share": 1.0, "allow_empty": True}, {"allow_empty": True}])
@pytest.mark.parametrize("name", list(FILES))
def test_it_gives_what_reading_the_files_anew_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limits: dict[str, Any]
) -> None:
    monkeypatch.setattr(scans, "_WORTH_A_THREAD", 100)
    plain = Settings(home=tmp_path / "plain", threads=2)
    anew = Settings(home=tmp_path / "anew", threads=2)
    assert load_all(plain, [*FILES[name], f"{HEADER}\n1,q,1.00,2017-01-01\n"], limits=limits) == load_all(
        anew, [*FILES[name], f'{HEADER}\n1,"q",1.00,2017-01-01\n'], limits=limits
    )


def test_one_bad_row_costs_no_second_load(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[bool] = []
    real = store.second_look

    def look(*arguments: Any) -> bool:
        looks.append(real(*arguments))
        return looks[-1]

    monkeypatch.setattr(store, "second_look", look)
    monkeypatch.setattr(store.Store, "insert_good", None)
    deliver(settings, with_lines(orders(200), 77))
    (result,) = load(settings, contract())
    assert (result.rows_loaded, result.rows_quarantined, looks) == (199, 1, [True])


def test_control_totals_count_bad_rows(settings: Settings) -> None:
    source = contract(control={"file": ".ctl", "format": "csv", "rows": "rows", "sums": {"amount": "amount"}})
    file = deliver(settings, with_lines(orders(200), 77, line="x,Customer 77,77.50,2017-01-01"))
    total = sum(n + 0.5 for n in range(1, 201))
    (settings.inbox / "shop" / f"{file}.ctl").write_text(f"rows,amount\n200,{total:.2f}\n")
    (result,) = load(settings, source)
    assert (result.status, result.rows_quarantined) == ("loaded", 1)


def test_a_vanished_key_is_not_one_in_a_bad_row(settings: Settings) -> None:
    source = contract(
        load_mode="snapshot", primary_key=["order_id"], limits={"vanish_share": 0.0, "bad_row_share": 1.0}
    )
    deliver(settings, orders(20), date(2017, 1, 30))
    deliver(settings, with_lines(orders(20), 7, line="7,Customer 7,x,2017-01-01"), date(2017, 1, 31))
    assert [result.status for result in load(settings, source)] == ["loaded", "loaded"]
