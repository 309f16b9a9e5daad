"""The profile of the operator's customers, against the numbers of their identity documents as Python reads them."""

from __future__ import annotations

import csv
from collections import Counter
from contextlib import suppress
from datetime import date

import pytest

from dagster_project import launch
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.integration.conftest import OPERATOR

pytestmark = pytest.mark.slow


def _read(number: str) -> tuple[str, date] | None:
    """Gender and birth date that a number spells."""
    with suppress(ValueError):
        born_on = date.fromisoformat(number[6:14])
        if date(1900, 1, 1) <= born_on <= OPERATOR.as_of and len(number) == 18:
            return "male" if int(number[16]) % 2 else "female", born_on
    return None


def test_whose_record_contradicts_the_number_is_marked(operator: tuple[Settings, launch.RunSummary]) -> None:
    with connect(operator[0], read_only=True) as con:
        golden = con.execute(
            "select customer_id, gender, born_on, id_number from intermediate.int_customers_unified"
            " inner join warehouse.marts.customer_profile using (customer_id, gender)"
        ).fetchall()
        profiles = dict(
            con.execute(
                "select customer_id, is_id_number_contradicted from warehouse.marts.customer_profile"
            ).fetchall()
        )
    assert len(golden) == len(profiles) > 400
    said = {number: _read(number) for _, _, _, number in golden}
    expected = {
        customer: None if said[number] is None else said[number] != (gender, born_on)
        for customer, gender, born_on, number in golden
    }
    assert profiles == expected
    # The simulator's typists swap two digits of one number in some hundred: mostly not the one that tells the gender.
    assert 0 < Counter(expected.values())[True] < 0.03 * len(expected)


def test_the_area_of_a_number_is_the_region_of_the_record(operator: tuple[Settings, launch.RunSummary]) -> None:
    seeds = operator[0].dbt_project / "seeds"
    with (seeds / "id_regions.csv").open(encoding="utf-8", newline="") as file:
        regions = {row["region_code"]: row["region"] for row in csv.DictReader(file)}
    with connect(operator[0], read_only=True) as con:
        records = con.execute(
            "select region, id_number from conformed.customers where id_number is not null"
        ).fetchall()
    assert {regions[number[:6]] == region for region, number in records} == {True}
