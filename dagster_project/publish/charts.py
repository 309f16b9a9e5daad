"""Charts of the report: Altair specifications, drawn here and now as SVG.

Drawn when the report is made, not in the browser: the page then needs no script, opens offline, prints as it
looks, and costs half the CPU and a fifth of the bytes of carrying Vega along. Rows reach a chart as a named
data set after the specification is built: as inline values Altair would validate them one by one.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import altair as alt
import vl_convert

Row = dict[str, Any]

# Told apart by people who do not see red and green: cold = buying, warm = going, grey = gone.
_STATE_COLOURS: Final = {
    "upgraded": "#14405f",
    "active": "#1f5f8b",
    "stable": "#1f5f8b",
    "returned": "#3f9c9c",
    "won_back": "#3f9c9c",
    "new": "#9fd0e6",
    "onboarding": "#9fd0e6",
    "prospect": "#d5e0e8",
    "declining": "#f3c969",
    "lapsed": "#dd8452",
    "at_risk": "#dd8452",
    "churned": "#a7a7ad",
}
_MODEL_COLOURS: Final = {"Model": "#1f5f8b", "Recency only": "#dd8452"}
MODEL_NAMES: Final = {"model": "Model", "recency_baseline": "Recency only"}
_INK: Final = "#24323d"
_MUTED: Final = "#6b7a86"
_WIDTH: Final = 860
_HALF_WIDTH: Final = 370


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn chart: an SVG as data address, and the text for who cannot see it."""

    source: str
    alt: str


def states_over_time(rows: Sequence[Row]) -> Figure:
    """Stacked area of customers by lifecycle state. Rows: day_on, state, customers."""
    states = in_order({row["state"] for row in rows})
    data = [row | {"position": states.index(row["state"])} for row in rows]
    chart = (
        alt.Chart(alt.NamedData("rows"), width=_WIDTH - 160, height=270)
        .mark_area(line=False, strokeWidth=0.5, stroke="white")
        .encode(
            x=alt.X("day_on:T", title=None, axis=alt.Axis(format="%b %Y", grid=False, labelOverlap=True)),
            y=alt.Y("customers:Q", title="Customers", stack="zero"),
            color=_state_colour(states),
            order=alt.Order("position:Q"),
        )
    )
    last = max(row["day_on"] for row in rows)
    counts = ", ".join(f"{row['state']} {row['customers']:,}" for row in rows if row["day_on"] == last)
    first = min(row["day_on"] for row in rows)
    return _draw(chart, data, f"Customers by lifecycle state, weekly from {first} to {last}. At the end: {counts}.")


def flows_by_month(rows: Sequence[Row]) -> Figure:
    """Customers who entered (up) and left (down) each state, a panel a state.

    Rows: month_on, state, entered, left_customers.
    """
    states = in_order({row["state"] for row in rows})
    data = [
        {"month_on": row["month_on"], "state": row["state"], "customers": count}
        for row in rows
        for count in (row["entered"], -row["left_customers"])
    ]
    chart = (
        alt.Chart(alt.NamedData("rows"), width=232, height=110)
        .mark_bar()
        .encode(
            x=alt.X(
                "yearmonth(month_on):O",
                title=None,
                axis=alt.Axis(format="%b", labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("customers:Q", title=None),
            color=alt.Color("state:N", legend=None, scale=alt.Scale(domain=states, range=[colour(s) for s in states])),
            facet=alt.Facet("state:N", columns=3, sort=states, title=None, header=alt.Header(labelFontWeight=600)),
        )
        # Each panel its own scale: the first purchases of the first month would flatten all others.
        .resolve_scale(y="independent")
    )
    return _draw(chart, data, "Customers entering (above zero) and leaving (below zero) each state, month by month.")


def segment_matrix(rows: Sequence[Row], *, currency: str) -> Figure:
    """Customers by value tier and behaviour, in the order of the rows. Rows as in `ml.segment_profiles`."""
    tiers = sorted({row["value_tier"] for row in rows})
    behaviours = list(dict.fromkeys(row["behaviour_cluster"] for row in rows))
    cell = alt.Chart(alt.NamedData("rows"), width=_WIDTH - 110, height=70 * len(tiers)).encode(
        x=alt.X("behaviour_cluster:N", sort=behaviours, title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("value_tier:N", sort=tiers, title="Value tier"),
    )
    # Light enough at its darkest for dark text on it.
    shade = alt.Color("customer_share:Q", scale=alt.Scale(range=["#eef4f9", "#7fb2da"], domainMin=0), legend=None)
    chart = (
        cell.mark_rect(stroke="white", strokeWidth=3).encode(color=shade)
        + cell.mark_text(dy=-17, fontSize=15, fontWeight=600).encode(text=alt.Text("customer_count:Q", format=","))
        + cell.mark_text(dy=3).encode(text="share_text:N")
        + cell.mark_text(dy=19).encode(text="sales_text:N")
    )
    data = [
        row
        | {
            "share_text": f"{row['customer_share']:.1%} of all",
            "sales_text": f"{row['sales_182d_mean']:,.0f} {currency} each",
        }
        for row in rows
    ]
    counts = "; ".join(f"{row['value_tier']} {row['behaviour_cluster']} {row['customer_count']:,}" for row in rows)
    return _draw(chart, data, f"Customers by value tier and behaviour: {counts}.")


def reasons(rows: Sequence[Row], *, currency: str) -> Figure:
    """Value at risk by first reason. Rows: reason, customers, value_at_risk_amount."""
    data = [
        row | {"note": f"{row['customers']:,} customers, {row['value_at_risk_amount']:,.0f} {currency}"} for row in rows
    ]
    base = alt.Chart(alt.NamedData("rows"), width=430, height=34 * len(rows)).encode(
        y=alt.Y("reason:N", sort=[row["reason"] for row in rows], title=None, axis=alt.Axis(labelLimit=290)),
        x=alt.X("value_at_risk_amount:Q", title=None, axis=None),
    )
    chart = base.mark_bar(color="#1f5f8b", height=18) + base.mark_text(align="left", dx=6).encode(text="note:N")
    told = "; ".join(f"{row['reason']}: {row['note']}" for row in data)
    return _draw(chart, data, f"Value at risk by first reason. {told}.")


def calibration(rows: Sequence[Row]) -> Figure:
    """Predicted against observed share of leavers. Rows as in `ml.churn_calibration`."""
    data = [row | {"name": MODEL_NAMES.get(row["model"], row["model"])} for row in rows]
    top = max(max(row["predicted_mean"], row["ci_high"]) for row in rows)
    scale = alt.Scale(domain=[0, top], nice=True)
    base = alt.Chart(alt.NamedData("rows"), width=_HALF_WIDTH, height=290).encode(
        x=alt.X("predicted_mean:Q", title="Predicted share of leavers", scale=scale, axis=alt.Axis(format=".0%")),
        color=_model_colour(),
    )
    observed = alt.Y("observed_share:Q", title="Observed share", scale=scale, axis=alt.Axis(format=".0%"))
    chart = (
        _diagonal(top)
        + base.mark_rule(opacity=0.5).encode(y=alt.Y("ci_low:Q"), y2="ci_high:Q")
        + base.mark_line(strokeWidth=1.5, opacity=0.7).encode(y=observed)
        + base.mark_circle(size=42, opacity=1).encode(y=observed)
    )
    return _draw(
        chart,
        data,
        "Predicted against observed share of leavers in groups of rising risk, model and recency only, with "
        "95 % intervals. On the diagonal a probability is true. The table holds the numbers.",
    )


def gains(rows: Sequence[Row]) -> Figure:
    """Share of leavers found by contacting the riskiest customers first. Rows as in `ml.churn_lift`."""
    data = [row | {"name": MODEL_NAMES.get(row["model"], row["model"])} for row in rows]
    chart = _diagonal(1) + alt.Chart(alt.NamedData("rows"), width=_HALF_WIDTH, height=290).mark_line(
        strokeWidth=2
    ).encode(
        x=alt.X("population_share:Q", title="Riskiest share of customers contacted", axis=alt.Axis(format=".0%")),
        y=alt.Y("gain_share:Q", title="Share of leavers among them", axis=alt.Axis(format=".0%")),
        color=_model_colour(),
    )
    return _draw(
        chart,
        data,
        "Share of all leavers found when the riskiest customers are contacted first, model and recency only. "
        "The diagonal is a random order. The table holds the numbers.",
    )


def campaign_responses(rows: Sequence[Row]) -> Figure:
    """Share of targeted customers who responded, by campaign. Rows as in `marts.campaign_results`."""
    order = [row["campaign_id"] for row in rows]
    chart = (
        alt.Chart(alt.NamedData("rows"), width=_WIDTH - 180, height=190)
        .mark_bar()
        .encode(
            x=alt.X("campaign_id:N", sort=order, title="Campaign, by first day", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("response_share:Q", title="Responded", axis=alt.Axis(format=".0%")),
            color=alt.Color(
                "campaign_type:N",
                title="Type",
                scale=alt.Scale(range=["#1f5f8b", "#3f9c9c", "#dd8452", "#a7a7ad"]),
            ),
        )
    )
    return _draw(
        chart,
        rows,
        "Share of targeted customers who redeemed a coupon, by campaign in order of its first day.",
    )


def _diagonal(top: float) -> alt.Chart:
    ends: list[dict[str, Any]] = [{"x": 0, "y": 0}, {"x": top, "y": top}]
    dashes = alt.MarkDef(type="line", color=_MUTED, strokeDash=[4, 4], strokeWidth=1)
    return alt.Chart(alt.InlineData(values=ends), mark=dashes).encode(x="x:Q", y="y:Q")


def _model_colour() -> alt.Color:
    return alt.Color(
        "name:N",
        title=None,
        scale=alt.Scale(domain=list(_MODEL_COLOURS), range=list(_MODEL_COLOURS.values())),
        legend=alt.Legend(orient="top"),
    )


def _state_colour(states: list[str]) -> alt.Color:
    scale = alt.Scale(domain=states, range=[colour(state) for state in states])
    # From top to bottom as in the picture.
    return alt.Color("state:N", title=None, scale=scale, legend=alt.Legend(values=states[::-1], symbolType="square"))


def colour(state: str) -> str:
    """The colour of a lifecycle state in every chart and table."""
    return _STATE_COLOURS.get(state, "#8a6fa8")


def in_order(states: set[str]) -> list[str]:
    """From buying to gone; a state that stewards added comes last."""
    known = list(_STATE_COLOURS)
    return sorted(states, key=lambda state: (known.index(state) if state in known else len(known), state))


def _draw(chart: alt.TopLevelMixin, rows: Sequence[Row], text: str) -> Figure:
    specification = chart.to_dict()
    own_data = specification.get("datasets", {})
    specification |= {"datasets": own_data | {"rows": [_jsonable(row) for row in rows]}, "config": _CONFIG}
    svg = vl_convert.vegalite_to_svg(specification)
    return Figure("data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode(), text)


def _jsonable(row: Row) -> Row:
    return {name: _json_value(value) for name, value in row.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | datetime):
        # A date alone would be midnight UTC and fall on the day before in American time zones.
        return f"{value.isoformat()}T00:00:00" if not isinstance(value, datetime) else value.isoformat()
    return value


_CONFIG: Final = {
    "background": "transparent",
    "font": "Helvetica Neue, Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": _INK, "titleColor": _MUTED, "titleFontWeight": "normal", "labelFontSize": 11,
        "titleFontSize": 11, "gridColor": "#e4e9ed", "domainColor": "#b6c1ca", "tickColor": "#b6c1ca",
        "titlePadding": 8,
    },
    "legend": {"labelColor": _INK, "titleColor": _MUTED, "labelFontSize": 12, "titleFontWeight": "normal"},
    "header": {"labelColor": _INK, "labelFontSize": 12},
    "text": {"color": _INK, "fontSize": 11},
}  # fmt: skip
