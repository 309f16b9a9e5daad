"""The report for retention, marketing and data stewards: one HTML file that needs nothing else.

Drawn from the release, so that it shows what is published. The same release gives the same bytes: no clock
goes into the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dagster_project.errors import NotPublishedError
from dagster_project.publish import charts
from dagster_project.publish.files import write_whole
from dagster_project.publish.reader import open_release
from dagster_project.publish.report_data import ReportData, Row, read_report_data
from dagster_project.publish.verdict import compare, verdict
from dagster_project.settings import Settings

_TEMPLATES: Final = Path(__file__).with_name("templates")
_NOTHING: Final = "–"
# Profile columns shown, in this order, where the profile has them.
_SEGMENT_COLUMNS: Final = {
    "sales_182d_mean": "Sales, {currency}",
    "orders_182d_mean": "Orders",
    "basket_sales_mean": "Basket, {currency}",
    "recency_days_median": "Days since order",
    "discount_share_mean": "Discount",
}
# Shares of customers in the lift table: what a team of some size can contact.
_LIFT_SHARES: Final = (0.05, 0.1, 0.2, 0.3, 0.5)


def render_report(settings: Settings, *, as_of: date) -> Path:
    """Write `reports/<as_of>/index.html` and the same as `reports/latest.html`; returns the first.

    Raises:
        NotPublishedError: there is no release, or it is of another date.
    """
    with open_release(settings) as con:
        data = read_report_data(con, as_of=as_of)
    if data.release["as_of_on"] != as_of:
        raise NotPublishedError(
            f"The report of {as_of} cannot be drawn: the release in place is as of {data.release['as_of_on']}.",
            f"`tenure run --as-of {as_of}`",
        )
    page = render_page(data, as_of=as_of).encode()
    path = settings.reports / as_of.isoformat() / "index.html"
    write_whole(path, page)
    write_whole(settings.reports / "latest.html", page)
    return path


def render_page(data: ReportData, *, as_of: date) -> str:
    """The page as text."""
    comparisons = compare(data.evaluation)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )
    environment.filters |= {
        "whole": _whole, "money": _money, "percent": _percent, "number": _number, "day": _day, "signed": _signed
    }  # fmt: skip
    return environment.get_template("report.html.j2").render(
        as_of=as_of,
        css=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),
        data=data,
        figures=_draw_figures(data),
        systems=[row["system"] for row in data.loads],
        states=_states(data.states_now),
        state_total=sum(row["customers"] for row in data.states_now),
        segment_columns=_segment_columns(data.segments, currency=data.release["currency"]),
        checks=_totals(data.checks, ("rules", "passed", "warned", "failed")),
        comparisons=comparisons,
        verdict=verdict(comparisons),
        calibration_rows=_side_by_side(data.calibration, "bin"),
        lift_rows=_side_by_side(
            [row for row in data.lift if round(row["population_share"], 6) in _LIFT_SHARES], "population_share"
        ),
    )


def _draw_figures(data: ReportData) -> dict[str, charts.Figure | None]:
    """A chart for each part that has rows."""
    currency = data.release["currency"]
    return {
        "states": charts.states_over_time(data.states_weekly) if data.states_weekly else None,
        "flows": charts.flows_by_month(data.flows_monthly) if data.flows_monthly else None,
        "segments": charts.segment_matrix(data.segments, currency=currency) if data.segments else None,
        "reasons": charts.reasons(data.list_reasons, currency=currency) if data.list_reasons else None,
        "calibration": charts.calibration(data.calibration) if data.calibration else None,
        "gains": charts.gains(data.lift) if data.lift else None,
        "campaigns": charts.campaign_responses(data.campaigns) if data.campaigns else None,
    }


def _states(rows: Sequence[Row]) -> list[Row]:
    """In the order and colours of the chart."""
    by_state = {row["state"]: row for row in rows}
    return [by_state[state] | {"colour": charts.colour(state)} for state in charts.in_order(set(by_state))]


def _segment_columns(segments: Sequence[Row], *, currency: str) -> dict[str, str]:
    known = segments[0] if segments else {}
    return {column: label.format(currency=currency) for column, label in _SEGMENT_COLUMNS.items() if column in known}


def _side_by_side(rows: Sequence[Row], key: str) -> list[Row]:
    """One row for each value of `key`, in order, with the row of each model under the model's name."""
    keys = sorted({row[key] for row in rows})
    return [{"key": value} | {row["model"]: row for row in rows if row[key] == value} for value in keys]


def _totals(rows: Sequence[Row], columns: Sequence[str]) -> dict[str, int]:
    return {column: sum(row[column] for row in rows) for column in columns}


def _whole(value: float | Decimal | None) -> str:
    return _NOTHING if value is None else f"{value:,.0f}"


def _signed(value: int) -> str:
    return f"{value:+,}".replace("-", "−") if value else "0"


def _money(value: Decimal | float | None) -> str:
    return _NOTHING if value is None else f"{value:,.2f}"


def _number(value: float | Decimal | None, digits: int = 1) -> str:
    return _NOTHING if value is None or math.isnan(value) else f"{value:,.{digits}f}"


def _percent(value: float | Decimal | None) -> str:
    return _NOTHING if value is None else f"{value:.1%}"


def _day(value: date | None) -> str:
    """A date for readers, without the locale of the machine: 31 December 2017."""
    return _NOTHING if value is None else f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
