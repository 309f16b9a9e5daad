"""Every model is written in the SQL that DuckDB and Spark read alike; what differs is a macro in macros/portable/."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from dagster_project.settings import Settings
from dagster_project.transform import open_session
from tests.project.two_engines import FUNCTIONS, SYNTAX, violations

#: One text that breaks each rule, and only that rule.
SAMPLES: Final = {
    "asof join": "select a.x from a asof join b on a.t >= b.t",
    "qualify": "select x from t qualify x = 1",
    "distinct on": "select distinct on (x) x from t",
    "exclude": "select * exclude (x) from t",
    "union by name": "select 1 as x union all by name select 2 as x",
    "integer division //": "select 7 // 2 as x",
    "power **": "select 7 ** 2 as x",
    "cast with ::": "select x::bigint as x from t",
    "arrow": "select x -> y as z from t",
    "lambda": "select list_transform(x, lambda y: y) as z from t",
    "list literal or index": "select x[1] as y from t",
    "struct literal": "select {x: 1} as y",
    "double-quoted identifier": 'select "x" from t',
    "distinct count over a window": "select count(distinct x) over (partition by y) as z from t",
    "from before select": "with a as (from t select x) select x from a",
    "clock": "select current_date as x",
    "chance": "select random() as x",
    "approximate function": "select approx_count_distinct(x) as y from t",
    "hash()": "select hash(x) as y from t",
    "concat()": "select concat(x, y) as z from t",
    "log()": "select log(x) as y from t",
    "day of week": "select dayofweek(x) as y from t",
    "other estimator": "select skewness(x) as y from t",
    "date difference": "select datediff('day', x, y) as z from t",
    "untyped date_trunc": "select date_trunc('month', x) as y from t",
    "series": "select unnest(x) as y from t",
    "text aggregate": "select string_agg(x, ',') as y from t",
    "regular expression": "select regexp_replace(x, 'a', 'b') as y from t",
    "date format": "select strftime(x, 'a') as y from t",
    "sum without a type": "select sum(x) as y from t",
    "type that one engine lacks": "select cast(x as varchar) as y from t",
    "engine in a model": "{% if target.type == 'duckdb' %} select 1 as x {% endif %}",
    "backslash in a literal": r"select x from t where x = '\d'",
    "window order without nulls first or last": "select row_number() over (partition by x order by y) as z from t",
}
FINE: Final = (
    "select cast(sum(x) as bigint) as y, cast(coalesce(sum(x), 0) as bigint) as z from t",
    "select cast(\n    sum(case when x > 0 then x end) as decimal(18, 2)\n) as y from t",
    "select cast(date_trunc('month', x) as date) as y from t",
    "select row_number() over (partition by x order by coalesce(y, 0) desc nulls last, z asc nulls first) as n from t",
    "select max(x) over (order by y asc nulls last rows between unbounded preceding and current row) as z from t",
    "select {{ days_between('a', \"b\") }} as x, 'it''s a -> b' as y -- a::b",
    "select try_cast(x as bigint) as y, count_if(x > 0) as z from t group by all",
    "select a.x from (values (1), (2)) as a (x)",
)  # fmt: skip


def test_every_rule_has_a_sample() -> None:
    names = {rule.name for rule in (*SYNTAX, *FUNCTIONS)}
    assert names <= set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_rule_catches_its_sample_and_nothing_else_does(name: str) -> None:
    assert violations(SAMPLES[name], template=True) == [name]


@pytest.mark.parametrize("rule", SYNTAX, ids=lambda rule: rule.name)
def test_a_rule_of_syntax_holds_for_compiled_sql_too(rule: Any) -> None:
    assert rule.name in violations(SAMPLES[rule.name], template=False)


@pytest.mark.parametrize("sql", FINE)
def test_portable_sql_passes(sql: str) -> None:
    assert violations(sql, template=True) == []


def test_templates_hold_to_both_engines(manifest: Mapping[str, Any]) -> None:
    found = {name: violations(sql, template=True) for name, sql in _templates(manifest)}
    assert len(found) > 80
    assert {name: names for name, names in found.items() if names} == {}


def test_compiled_models_hold_to_both_engines(home: Settings) -> None:
    outcome = _compile(home)
    assert outcome.success
    found = {
        result.node.name: violations(result.node.compiled_code or "", template=False)
        for result in outcome.result.results
        if result.node.resource_type in ("model", "test")
    }
    assert len(found) > 80
    assert {name: names for name, names in found.items() if names} == {}


def test_every_portable_macro_has_a_form_for_each_engine(manifest: Mapping[str, Any]) -> None:
    names = {
        macro["name"]
        for macro in manifest["macros"].values()
        if macro["package_name"] == "tenure" and macro["original_file_path"].startswith("macros/portable/")
    }
    public = {name for name in names if not name.startswith(("duckdb__", "spark__"))}
    assert public
    missing = {f"{engine}__{name}" for name in public for engine in ("duckdb", "spark")} - names
    assert missing == set()


def _templates(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Models, tests and macros of this project; portable macros are where the engines may differ."""
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "test") and node["language"] == "sql":
            yield node["name"], node["raw_code"]
    for macro in manifest["macros"].values():
        path = macro["original_file_path"]
        if macro["package_name"] == "tenure" and not path.startswith("macros/portable/"):
            yield path, macro["macro_sql"]


def _compile(settings: Settings) -> Any:
    """Compile every model and test on empty files."""
    session = open_session(settings)
    arguments = ["compile", "--no-introspect", "--vars", json.dumps(session._vars("2017-12-31"))]
    return session._invoke(arguments, manifest=session.parse())  # compiling is nobody's business but this test's
