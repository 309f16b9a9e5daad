"""The Dagster side of a source system: assets from the contract, a plain failure while a delivery is in the way."""

from __future__ import annotations

from datetime import date

import dagster as dg
import pytest

from dagster_project.components.resources import writer
from dagster_project.components.source_system import SourceSystem
from dagster_project.errors import ExtractHeldError
from dagster_project.settings import Settings, using
from tests.unit.extract.builders import contract, deliver, orders

KEY = dg.AssetKey(["raw", "shop__orders"])
DAY = date(2017, 1, 31)


@pytest.fixture(autouse=True)
def enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "sources_enabled", ("shop",))


def definitions(settings: Settings) -> dg.Definitions:
    with using(settings):
        built = SourceSystem(contract(freshness_days=2)).build_defs(dg.ComponentTree.for_test().load_context)
    return dg.Definitions.merge(
        built, dg.Definitions(resources={"settings": settings, "writer": writer}, executor=dg.in_process_executor)
    )


def run(settings: Settings) -> dg.ExecuteInProcessResult:
    job = definitions(settings).resolve_implicit_global_asset_job_def()
    return job.execute_in_process(partition_key=DAY.isoformat(), instance=dg.DagsterInstance.ephemeral())


def test_an_asset_tells_what_the_contract_says(settings: Settings) -> None:
    (spec,) = definitions(settings).resolve_all_asset_specs()
    assert spec.key == KEY
    assert (spec.group_name, list(spec.owners), spec.kinds) == ("raw_shop", ["team:shop"], {"duckdb", "csv"})
    columns = spec.metadata["dagster/column_schema"].columns
    assert [(column.name, column.type) for column in columns][:2] == [("order_id", "bigint"), ("customer", "varchar")]
    assert columns[1].tags == {"pii": "contact"}


def test_a_system_of_another_pack_has_no_assets(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "sources_enabled", ("pos",))
    assert definitions(settings).resolve_all_asset_specs() == []


def test_a_load_is_recorded(settings: Settings) -> None:
    deliver(settings, orders(3))
    (event,) = run(settings).get_asset_materialization_events()
    metadata = {key: value.value for key, value in event.materialization.metadata.items()}
    assert (metadata["dagster/row_count"], metadata["rows_loaded"], metadata["files_loaded"]) == (3, 3, 1)


def test_a_held_delivery_fails_the_asset_until_it_is_replaced(settings: Settings) -> None:
    deliver(settings, "a,b\n")
    for _ in range(2):
        with pytest.raises(dg.Failure, match=r"orders_2017-01-31\.csv of shop .* is held: column order_id") as caught:
            run(settings)
        assert isinstance(caught.value.__cause__, ExtractHeldError)
    deliver(settings, orders(3))
    assert run(settings).success
