"""The report needs nothing but itself, shows what is published and says who wins."""

from __future__ import annotations

import base64
import re
from datetime import date
from html.parser import HTMLParser

import pytest

from dagster_project.errors import NotPublishedError
from dagster_project.publish.release import publish_release
from dagster_project.publish.report import render_report

from .conftest import AS_OF, NOW


class Page(HTMLParser):
    """What a page asks for, shows as pictures and says."""

    def __init__(self, text):
        super().__init__()
        self.addresses, self.images, self.tags, self.words = [], [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.tags.add(tag)
        self.addresses += [value for name, value in attributes if name in {"src", "href", "srcset", "data", "action"}]
        if tag == "img":
            self.images.append(named)

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def svg(image):
    return base64.b64decode(image["src"].partition("base64,")[2]).decode()


@pytest.fixture(scope="module")
def report(published):
    return render_report(published, as_of=AS_OF)


@pytest.fixture(scope="module")
def page(report):
    return Page(report.read_text(encoding="utf-8"))


def test_asks_nothing_of_the_network_and_runs_no_script(report, page):
    assert not page.tags & {"script", "link", "iframe", "object", "embed", "base", "form"}
    assert [address for address in page.addresses if not address.startswith(("#", "data:image/svg+xml;base64,"))] == []
    assert re.findall(r"@import|url\(|https?://", report.read_text(encoding="utf-8")) == []


def test_pictures_ask_nothing_either_and_say_what_they_show(page):
    assert len(page.images) == 7
    for image in page.images:
        drawing = svg(image)
        assert drawing.startswith("<svg")
        assert not re.findall(r"<script|<image|href=|@import|url\(\s*['\"]?http", drawing)
        assert len(image["alt"]) > 40


def test_calibration_and_lift_show_the_line_to_compare_with(page):
    dashed = [image["alt"] for image in page.images if "stroke-dasharray" in svg(image)]
    assert len(dashed) == 2
    assert all("diagonal" in text for text in dashed)


def test_shows_the_figures_of_the_release(page):
    for figure in (
        "8 order lines in 4 orders of 3 customers, 1,264.75 USD",
        "111.75 USD",  # on the churn list
        "3 customers were targeted by at least one campaign, 1 redeemed",
        "20 19 1 0",  # rows in, loaded, quarantined, files held
        "quantity_positive raw.pos__transactions warning 3 8",
        "AUC chance that a leaver is ranked above a stayer; 0.5 is guessing; more is better 0.700 0.680 to 0.720 0.800",
    ):
        assert figure in page.text


def test_a_real_company_is_not_called_simulated(page):
    assert "Simulated" not in page.text


def test_of_the_simulated_operator_it_says_so_and_counts_in_its_currency(settings):
    operator = settings.model_copy(update={"pack": "telecom"})
    publish_release(operator, as_of=AS_OF, run_id="run1", now=NOW)
    page = Page(render_report(operator, as_of=AS_OF).read_text(encoding="utf-8"))
    assert "Simulated: nobody in this report exists" in page.text
    assert "1,264.75 CNY" in page.text
    assert "USD" not in page.text + "".join(svg(image) + image["alt"] for image in page.images)


def test_says_so_when_the_baseline_wins(page):
    assert "The baseline wins: sorting customers by days since their last order" in page.text


def test_names_of_stewards_are_text_not_markup(report):
    assert "Loyal & core" not in report.read_text(encoding="utf-8")
    assert "Loyal &amp; core" in report.read_text(encoding="utf-8")


def test_same_release_same_bytes(published, report):
    first = report.read_bytes()
    assert (published.reports / "latest.html").read_bytes() == first
    report.unlink()
    assert render_report(published, as_of=AS_OF).read_bytes() == first


def test_release_of_another_day_is_not_drawn(published):
    with pytest.raises(NotPublishedError, match="as of 2017-02-28"):
        render_report(published, as_of=date(2017, 3, 1))


def test_subjects_without_rows_are_said_to_be_empty(settings, publish):
    publish(
        """
        delete from warehouse.ml.segment_profiles;
        delete from warehouse.ml.churn_evaluation;
        delete from warehouse.ml.churn_calibration;
        delete from warehouse.ml.churn_lift;
        delete from warehouse.ml.churn_scores;
        delete from warehouse.activation.act_churn_list;
        delete from warehouse.marts.campaign_results;
        delete from warehouse.marts.customer_lifecycle_flows;
        delete from warehouse.marts.fct_orders;
        delete from ops.check_results;
        delete from ops.loads;
        """
    )
    page = Page(render_report(settings, as_of=AS_OF).read_text(encoding="utf-8"))
    assert page.images == []
    for sentence in (
        "No customer has bought anything yet", "No segments", "The list is empty",
        "no model was evaluated out of time", "No campaign is known", "All rules passed",
    ):  # fmt: skip
        assert sentence in page.text
