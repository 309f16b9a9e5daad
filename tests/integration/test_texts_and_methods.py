"""What is read from texts, what models say of customers, and what is known of methods, on finished homes."""

from __future__ import annotations

import pytest

from dagster_project.commands.query_group import _vocabulary
from dagster_project.publish.groups import group_sql
from dagster_project.publish.query import run_query
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from ml.identity import wilson_interval
from tests.fixtures.operator_truth import topic_matches
from tests.integration.conftest import published


@pytest.mark.slow
def test_planted_topics_are_found(operator, record_property) -> None:
    """Simulated, and no rule was written on this seed; the grammar is the one of all seeds, so real texts do worse."""
    settings, _ = operator
    with connect(settings, read_only=True) as con:
        texts, found, right = topic_matches(con, settings.truth)
    shares = {"precision": (right, found), "recall": (right, texts)}
    for name, (hits, of) in shares.items():
        record_property(f"topic_{name}", f"{hits / of:.4f} {wilson_interval(hits, of)}")
    assert texts > 50
    assert wilson_interval(right, found)[0] > 0.85, shares
    assert wilson_interval(right, texts)[0] > 0.85, shares


@pytest.mark.slow
def test_every_text_is_counted_and_none_is_published(operator) -> None:
    settings, _ = operator
    [(counted, with_topic, distinct)] = published(
        settings,
        "select sum(text_count), sum(with_topic_count),"
        " (select count(distinct (source_system, text_key)) from marts.fct_text_topics) from marts.text_topic_coverage",
    )
    with connect(settings, read_only=True) as con:
        [(texts, longest)] = con.execute(
            "select count(*), max(length(text_words)) from intermediate.int_texts_collected"
        ).fetchall()
    assert (counted, with_topic) == (texts, distinct)
    columns = [name for (name,) in published(settings, "select column_name from (describe marts.fct_text_topics)")]
    widths = ", ".join(f"max(length({name}::varchar))" for name in columns)
    assert max(published(settings, f"select {widths} from marts.fct_text_topics")[0]) < 25 < longest


def test_groups_can_be_asked_for_by_what_models_say(either: Settings) -> None:
    [(segment, members)] = published(
        either, "select segment_id, count(*) from ml.customer_segments group by all order by all limit 1"
    )
    words = _vocabulary(either)
    assert {"churn_risk_high", "churn_reason", "segment", "behaviour"} == set(words.model_tags)
    answer = run_query(either, group_sql(f"tag:segment={segment}", words)).rows
    assert len(answer) == members > 0
    both = run_query(either, group_sql(f"tag:segment={segment} and not tag:segment={segment}", words)).rows
    assert both == []
    risky = run_query(either, group_sql("tag:churn_risk_high", words)).rows
    assert len(risky) == published(either, "select count(*) from ml.churn_scores where churn_probability >= 0.5")[0][0]


def test_methods_have_results(either: Settings) -> None:
    rows = published(either, "select asset, metric, measured_value, ci_low, ci_high from activation.method_results")
    results = {(asset, metric): value for asset, metric, value, _, _ in rows}
    missing = {asset for (asset, _), value in results.items() if value is None}
    unmeasured = {
        "retail": {"marts.churn_onsets", "marts.text_topic_coverage"},
        # So small an operator has too few months for a churn model.
        "telecom": {"ml.churn_evaluation"},
    }
    assert missing == unmeasured[either.pack]
    assert [row for row in rows if row[3] is not None and not row[3] <= row[2] <= row[4]] == []
    [(auc,)] = published(either, "select max(value) from ml.churn_evaluation where model = 'model' and metric = 'auc'")
    assert results["ml.churn_evaluation", "auc"] == auc
    assert results["ops.reconciliation", "agreeing_share"] == 1
    assert 0 < results["ml.customer_segments", "value_variance_share"] < 1


def test_variance_between_segments_is_the_one_of_its_definition(either: Settings) -> None:
    [(told, between, total)] = published(
        either,
        """
        with sales as (
            select segment_id, sales_182d::double as amount from ml.customer_segments
            join ml.customer_features using (customer_id) where cutoff_on = as_of_on
        ),
        means as (select *, avg(amount) over () as mean, avg(amount) over (partition by segment_id) as own from sales)
        select (select measured_value from activation.method_results where metric = 'value_variance_share'),
            sum((own - mean) ** 2), sum((amount - mean) ** 2) from means
        """,
    )
    assert told == pytest.approx(between / total, abs=1e-5)
