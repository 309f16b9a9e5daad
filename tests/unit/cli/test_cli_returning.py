"""`tenure quarantine export | repair | replay` from the command line."""

from __future__ import annotations

from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.cli.conftest import Tenure

FILE = "transactions_2017-12-30.csv.gz"
HEADER = (
    "household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,coupon_match_disc,"
    "week,trading_date,transaction_timestamp"
)
GOOD = "1,2,3,4,1,2.50,0.00,0.00,0.00,53,2017-12-30,2017-12-30 18:00:00"


def test_bad_rows_go_out_are_corrected_and_come_back(tenure: Tenure, booked: Settings) -> None:
    out = booked.home.parent / "bad.csv"
    told = tenure("quarantine", "export", FILE, "--file", str(out))
    assert (told.code, told.err) == (0, "")
    assert "2 rows of load a1" in told.out
    assert out.stat().st_mode & 0o077 == 0
    out.write_text(f"_row_number,{HEADER}\n7,{GOOD}\n", encoding="utf-8")
    assert "1 row corrected in raw as load" in tenure("quarantine", "repair", "a1", "--file", str(out)).out
    assert "Nothing was changed" in tenure("quarantine", "repair", FILE, "--file", str(out)).out
    assert "No row passes; 1 row stay open" in tenure("quarantine", "replay", "a1").out
    with connect(booked, read_only=True) as con:
        [(actor, event)] = con.execute("select actor, event from ops.audit_log").fetchall()
    assert (bool(actor), event) == (True, "quarantine repaired")


def test_rules_of_the_raw_suite_are_asked_at_the_door(tenure: Tenure, booked: Settings) -> None:
    path = booked.home.parent / "bad.csv"
    path.write_text(f"_row_number,{HEADER}\n7,{GOOD.replace('2.50', '-2.50')}\n", encoding="utf-8")
    told = tenure("quarantine", "repair", "a1", "--file", str(path))
    assert (told.code, "row 7 breaks pos_sales_not_negative" in told.err) == (2, True)


def test_an_unknown_load_and_a_file_that_is_there_are_named(tenure: Tenure, booked: Settings) -> None:
    path = booked.home.parent / "bad.csv"
    path.touch()
    assert "No load 'zz' stands" in tenure("quarantine", "replay", "zz").err
    assert "must be a new file" in tenure("quarantine", "export", "a1", "--file", str(path)).err
