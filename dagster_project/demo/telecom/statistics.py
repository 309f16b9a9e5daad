"""The statistics report of a simulated operator: its marginal distributions as one page that opens offline.

One bar chart a distribution, drawn here and now as SVG, and the numbers as a table beneath it for who cannot see it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import altair as alt
import vl_convert
from jinja2 import Environment, StrictUndefined

from dagster_project.demo.telecom.world import World

_INK, _MUTED, _BLUE = "#24323d", "#6b7a86", "#1f5f8b"
_CONFIG: Final = {
    "background": "transparent",
    "font": "Helvetica Neue, Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {"labelColor": _INK, "titleColor": _MUTED, "titleFontWeight": "normal", "gridColor": "#e4e9ed"},
}


@dataclass(frozen=True, slots=True)
class _Distribution:
    """One distribution: rows of `label`, `value`, in the order in which the bars stand."""

    title: str
    unit: str
    note: str
    query: str


def _counted(label: str, source: str, order: str = "1") -> str:
    return f"select {label} as label, count(*) as value from {source} group by 1 order by {order}"


#: Bounds double, so that a long tail fits.
_AMOUNT_BAND: Final = "least(cast(floor(log2(greatest(1, {x}))) as int), 12)"


def _amounts(amount: str, source: str) -> str:
    band = _AMOUNT_BAND.format(x=amount)
    return f"""
        select case band when 0 then 'below 2' when 12 then '4096 and more'
                else cast(pow(2, band) as int) || ' to ' || cast(pow(2, band + 1) as int) end as label,
            count(*) as value
        from (select {band} as band from {source}) group by band order by band
    """


_USERS: Final = "subscriptions inner join persons on person_id = user_person_id"
_DISTRIBUTIONS: Final = (
    _Distribution("Age of customers", "customers", "Years on the last day.", _counted(
        "printf('%02d-%02d', age // 10 * 10, age // 10 * 10 + 9)",
        "(select date_diff('year', born_on, as_of()) as age from customers inner join persons using (person_id))")),
    _Distribution("Persona of customers", "customers", "butterfly and occasional cost more than they pay.", _counted(
        "persona", "customers inner join persons using (person_id)", "2 desc, 1")),
    _Distribution("Persons a household", "households", "", _counted(
        "n::varchar", "(select household_id, count(*) as n from persons group by 1)")),
    _Distribution("Plan in force", "lines", "Plan on the last day, or the last plan of a line that ended.", _counted(
        "plan_key", "subscriptions", "2 desc, 1")),
    _Distribution("Tenure of customers", "customers", "Whole years from joining to the last day or to leaving.",
        _counted("printf('%02d', years)", """(select least(15, cast(floor((coalesce(left_on, as_of()) - joined_on)
        / 365.25) as int)) as years from customers)""")),
    _Distribution("Customers who left, by month", "customers", "Price moves of competitors show in the weeks after.",
        _counted("strftime(left_on, '%Y-%m')", "customers where left_on is not null")),
    _Distribution("Customers who left, by true cause", "customers", "Leaves of the seed churn_causes.", _counted(
        "churn_cause", "customers where left_on is not null", "2 desc, 1")),
    _Distribution("Where leavers went", "customers", "none = gave up the service.", _counted(
        "destination", "customers where left_on is not null", "2 desc, 1")),
    _Distribution("Second records of a customer", "records", "Why a person has another record.", _counted(
        "trap", "customers where trap <> 'none'", "2 desc, 1")),
    _Distribution("Answer to campaigns", "persons", "True effect of being contacted.", _counted(
        "campaign_effect", "persons", "2 desc, 1")),
    _Distribution("Minutes of voice a line and month", "line-months", "Planned, local and long-distance.", _amounts(
        "local_on_net_minutes + local_off_net_minutes + long_minutes", "usage_months")),
    _Distribution("Data a line and month, MB", "line-months", "Planned.", _amounts("data_mb", "usage_months")),
    _Distribution("Invoice amount, CNY", "invoices", "Tax included; credit notes left out.", _amounts(
        "gross_amount", "billing_invoices where invoice_type = 'invoice'")),
    _Distribution("Mean invoice by persona, CNY", "CNY", "Of the persons on whose contract the lines run.", """
        select persona as label, round(avg(gross_amount), 2) as value
        from billing_invoices inner join customers using (customer_key) inner join persons using (person_id)
        where invoice_type = 'invoice' group by 1 order by 2 desc, 1
    """),
    _Distribution("Orders by product", "orders", "The twenty most ordered.", _counted(
        "product_key", "product_orders", "2 desc, 1 limit 20")),
    _Distribution("Device in use", "lines", "", _counted("device", _USERS, "2 desc, 1")),
)  # fmt: skip

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Simulated operator: distributions</title>
<style>
body { margin: 0 auto; max-width: 980px; padding: 24px; color: #24323d; background: #f5f8fa;
  font: 15px/1.5 "Helvetica Neue", Helvetica, Arial, sans-serif; }
section { background: #fff; border: 1px solid #dfe5ea; border-radius: 8px; padding: 16px 24px; margin: 18px 0; }
h1 { font-size: 28px; margin: 0; } h2 { font-size: 18px; margin: 0; } p { margin: 4px 0 10px; color: #5f6e79; }
.simulated { border-left: 4px solid #a15c00; padding: 8px 14px; background: #fff; color: #24323d; }
img { max-width: 100%; height: auto; } table { font-size: 13px; border-collapse: collapse; }
th, td { padding: 2px 14px 2px 0; text-align: left; font-weight: normal; } td { text-align: right; }
</style>
</head>
<body>
<h1>Simulated operator</h1>
<p class="simulated">Everything here is simulated: no person, number, place or amount is real, and no distribution is
a finding. What each is drawn from stands in docs/simulated-operator.md.</p>
<p>{{ edition }}. {{ size }}</p>
{% for part in parts %}
<section>
<h2>{{ part.title }} (simulated)</h2>
<p>{{ part.note }}</p>
<img src="{{ part.picture }}" alt="Bar chart of the table below: {{ part.title }}">
<details><summary>Numbers</summary><table>
{% for row in part.rows %}<tr><th scope="row">{{ row.label }}</th><td>{{ "{:,}".format(row.value) }}</td></tr>
{% endfor %}</table></details>
</section>
{% endfor %}
</body>
</html>
"""


def write_statistics(world: World) -> Path:
    """Draw the distributions of a world whose systems have sent; returns `<reports>/simulated-operator.html`."""
    parts = [_part(world, distribution) for distribution in _DISTRIBUTIONS]
    counted = ("persons", "customers", "subscriptions", "usage_months", "billing_invoices", "product_orders")
    size = ", ".join(f"{world.count(table):,} {table.replace('_', ' ')}" for table in counted)
    template = Environment(undefined=StrictUndefined, autoescape=True).from_string(_PAGE)
    target = world.settings.reports / "simulated-operator.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".tmp")
    partial.write_text(template.render(edition=world.options.edition, size=size, parts=parts), encoding="utf-8")
    partial.replace(target)
    return target


def _part(world: World, distribution: _Distribution) -> dict[str, Any]:
    found = world.con.execute(distribution.query).fetchall()
    rows = [{"label": str(label), "value": float(value)} for label, value in found]
    return {
        "title": distribution.title,
        "note": distribution.note,
        "picture": _draw(rows, distribution.unit),
        "rows": [row | {"value": int(row["value"]) if row["value"].is_integer() else row["value"]} for row in rows],
    }


def _draw(rows: list[dict[str, Any]], unit: str) -> str:
    chart = (
        alt.Chart(alt.NamedData("rows"), width=820, height=200)
        .mark_bar(color=_BLUE)
        .encode(
            x=alt.X("label:N", sort=[row["label"] for row in rows], title=None, axis=alt.Axis(labelAngle=-40)),
            y=alt.Y("value:Q", title=unit),
        )
    )
    # As a named data set: as inline values Altair would validate the rows one by one.
    specification = chart.to_dict() | {"datasets": {"rows": rows}, "config": _CONFIG}
    svg = vl_convert.vegalite_to_svg(specification)
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
