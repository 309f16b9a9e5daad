"""`DbtGate`: one dbt run of the street as one op, its models as assets and its tests as checks.

One op for the whole project would build marts before a check between the layers could stop it, so there is
one gate per stretch between two blocking quality gates. Specs, groups and the mapping from dbt's events to
materialisations are dagster-dbt's own; only the process is ours (see `dagster_project.transform`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from dagster_project.components.partitions import ONE_DATE_A_RUN, daily_partitions
from dagster_project.components.quality_suite import assert_gate_open, checks_of
from dagster_project.errors import TransformError
from dagster_project.failpoints import failpoint
from dagster_project.settings import Settings, active_settings
from dagster_project.transform import DbtEvent, open_session
from dagster_project.transform.results import failures, store_test_results
from dagster_project.warehouse import connect, row_counts


class TenureDbtTranslator(DagsterDbtTranslator):
    """Asset key = [schema, table]; group, owner and capabilities as the dbt project states them."""

    def __init__(self) -> None:
        super().__init__(settings=DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        props = dbt_resource_props
        table = props.get("identifier") or props.get("alias") or props["name"]
        return dg.AssetKey([props["schema"], table])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return dbt_resource_props["config"].get("group") or "reference"

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props.get("description", ""))

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        owner = dbt_resource_props.get("config", {}).get("meta", {}).get("owner")
        return [f"team:{owner}"] if owner else None

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        capabilities = dbt_resource_props.get("config", {}).get("meta", {}).get("capability", [])
        return {f"capability/{name}": "" for name in capabilities}


class DbtGate(dg.Component, dg.Model, dg.Resolvable):
    """Models, seeds and tests that one dbt run builds.

    Attributes:
        name: Name of the op.
        select: dbt selection, for example `fqn:tenure.staging fqn:tenure.conformed`.
        exclude: What of it another gate builds; empty for nothing.
        behind: Patterns of the tables whose last blocking checks must have passed, for example `raw.*`: in a run
            of the whole street Dagster sees to that, in a run of this gate alone nobody else would.
    """

    name: str
    select: str
    exclude: str = ""
    behind: list[str]

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:  # noqa: ARG002 - Dagster's signature
        settings = active_settings()
        translator = TenureDbtTranslator()
        session = open_session(settings)
        checks = checks_of(self.behind)

        @dbt_assets(
            manifest=session.manifest,
            select=self.select,
            exclude=f"resource_type:unit_test {self.exclude}".strip(),
            name=self.name,
            dagster_dbt_translator=translator,
            partitions_def=daily_partitions(settings),
            backfill_policy=ONE_DATE_A_RUN,
            pool="warehouse",
            required_resource_keys={"settings", "writer", "run_options"},
        )
        def gate(context: dg.AssetExecutionContext) -> Iterator[Any]:
            assert_gate_open(context.instance, checks)
            yield from _run(context, translator)

        return dg.Definitions(assets=[gate])


def _run(context: dg.AssetExecutionContext, translator: DagsterDbtTranslator) -> Iterator[Any]:
    """Build the selection, then hand over what dbt did: also on failure, so that what was built is known."""
    settings: Settings = context.resources.settings
    as_of = date.fromisoformat(context.partition_key)
    session = open_session(settings)
    chosen = get_updated_cli_invocation_params_for_context(
        context=context, manifest=session.manifest, dagster_dbt_translator=translator
    )
    failpoint("dbt.gate_started")
    events = session.build(
        [*chosen.selection_args, "--exclude-resource-type", "unit_test"],
        as_of=as_of,
        full_refresh=context.resources.run_options.full_refresh,
        on_result=lambda event: _on_result(context, event),
    )
    failpoint("dbt.gate_built")
    with connect(settings) as con:
        counts = row_counts(con)
        store_test_results(con, events, session.manifest, run_id=context.run_id, as_of=as_of, now=datetime.now(UTC))
        failpoint("dbt.results_stored")
    for event in events:
        yield from _asset_events(event, context, session.manifest, translator, counts)
    failed = failures(events)
    if failed:
        raise TransformError("dbt failed: " + "; ".join(failed) + ".", "`tenure check` for the rows, then `tenure run`")


def _on_result(context: dg.AssetExecutionContext, event: DbtEvent) -> None:
    context.log.debug(event["info"]["msg"])
    failpoint("dbt.node_built")


def _asset_events(
    event: DbtEvent,
    context: dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    translator: DagsterDbtTranslator,
    counts: Mapping[str, int],
) -> Iterator[Any]:
    """dagster-dbt's own mapping; a model additionally gets its row count."""
    message = DbtCoreCliEventMessage(raw_event=dict(event), event_history_metadata={})
    status = event["data"]["node_info"]["node_status"]
    if status in {"error", "skipped"} and event["info"]["name"] != "LogTestResult":
        return
    for result in message.to_default_asset_events(manifest, translator, context=context):
        if not isinstance(result, dg.Output):
            yield result
            continue
        key = translator.get_asset_key(manifest["nodes"][event["data"]["node_info"]["unique_id"]])
        rows = counts.get(".".join(key.path))
        metadata = {**result.metadata, **({"dagster/row_count": rows} if rows is not None else {})}
        yield dg.MaterializeResult(asset_key=key, metadata=metadata)
