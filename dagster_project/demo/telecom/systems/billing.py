"""Billing: invoices with their lines, credit notes, payments, and what a unit of service costs the operator.

Habits: gzipped csv; an invoice covers a calendar month and an account, issued on the account's billing day of the
next month; invoices and lines are handed over with a control file of their totals. Prices hold 6 % tax. Simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dagster_project.demo.telecom.costs import COSTS, TAX_RATE, YEARLY_FACTOR
from dagster_project.demo.telecom.drawing import by
from dagster_project.demo.telecom.truth import rate_usage

if TYPE_CHECKING:
    from dagster_project.demo.telecom.sending import Sender
    from dagster_project.demo.telecom.world import World

#: Share of invoices that are credited in part, and of those of people who leave over a billing error.
_CREDIT_SHARE: Final = 0.003
_CREDIT_SHARE_WRONG: Final = 0.5
#: Days from issue to payment by method: least, most.
_DELAYS: Final = {"direct_debit": (10, 10), "wallet": (0, 9), "card": (0, 14), "cash": (3, 24), "invoice": (20, 35)}
_LATE_SHARE: Final = 0.04
_UNPAID_SHARE: Final = 0.006
#: Billing's numbers for what is charged: code, unit, used quantity of `rated_months`.
_KINDS: Final = {
    "fee": ("month", "1"), "local": ("minute", "(local_on_net_seconds + local_off_net_seconds) / 60.0"),
    "long": ("minute", "long_seconds / 60.0"), "sms": ("message", "sms_count"),
    "data": ("MB", "data_bytes / 1048576.0"), "roaming": ("minute", "roaming_seconds / 60.0"),
}  # fmt: skip
_INVOICES: Final = f"""
    with totals as (
        select account_key, customer_key, month_on, sum(fee_amount + usage_amount) as gross_amount
        from rated_months inner join subscriptions using (subscription_key)
        group by all
    ),
    dated as (
        select totals.*, billing_day, payment_method, strftime(month_on, 'R%Y%m') || account_key as invoice_key,
            hash(account_key, month_on) as k, last_day(month_on) + billing_day as issued_on
        from totals inner join accounts using (account_key)
    ),
    invoices as (
        select 'invoice' as invoice_type, invoice_key, account_key, customer_key, month_on, issued_on, payment_method,
            k, gross_amount::decimal(12, 2) as gross_amount
        from dated
        where gross_amount > 0
    ),
    credits as (
        select 'credit_note', replace(invoice_key, 'R', 'C'), account_key, customer_key, month_on, issued_on + 12,
            payment_method, k, -round(gross_amount * (0.05 + 0.3 * u('credited', k)), 2)::decimal(12, 2)
        from invoices inner join (select customer_key, churn_cause, churn_onset_on from customers) using (customer_key)
        where u('credit', k) < case when churn_cause = 'billing_error' and month_on >= churn_onset_on - 62
            then {_CREDIT_SHARE_WRONG} else {_CREDIT_SHARE} end and gross_amount >= 1
    )
    select *, round(gross_amount / {1 + TAX_RATE}, 2)::decimal(12, 2) as net_amount
    from (from invoices union all from credits)
    where issued_on <= as_of()
    order by issued_on, invoice_key
"""
_INVOICE_FILE: Final = """
    select invoice_key, account_key, customer_key, invoice_type, month_on as period_from,
        last_day(month_on) as period_to, issued_on,
        issued_on + 20 as due_on, net_amount, gross_amount - net_amount as tax_amount, gross_amount
    from billing_invoices where issued_on = $day order by invoice_key
"""
_LINE_FILE: Final = """
    select invoice_key, line_no, subscription_key, plan_key, charge_type, quantity, unit, gross_amount
    from billing_lines where issued_on = $day order by invoice_key, line_no
"""
_PAYMENTS: Final = """
    with due as (
        select i.*, coalesce(churn_cause in ('false_users', 'malicious_switching')
            and month_on >= churn_onset_on, false) as is_fraud
        from billing_invoices as i
        inner join (select customer_key, churn_cause, churn_onset_on from customers) using (customer_key)
        where invoice_type = 'invoice'
    ),
    paid as (
        select *, issued_on + cast({least} + floor(u('paid after', k) * ({most} - {least} + 1)) as int)
            + case when u('late', k) < {late} then 25 + cast(floor(30 * u('how late', k)) as int) else 0 end as paid_on
        from due
        where u('unpaid', k) >= case when is_fraud then 0.8 else {unpaid} end
    )
    select sent_on(paid_on) as sent_on, replace(invoice_key, 'R', 'P') as payment_key, invoice_key, account_key,
        gross_amount as amount, payment_method,
        paid_on::timestamp + to_seconds(cast(floor(28800 + 50000 * u('paid at', k)) as bigint)) as paid_at
    from paid where paid_on <= as_of()
    order by sent_on, payment_key
"""
_PAYMENT_FILE: Final = """
    select payment_key, invoice_key, account_key, amount, payment_method,
        strftime(paid_at, '%Y-%m-%d %H:%M:%S') as paid_at
    from billing_payments where sent_on = $day order by payment_key
"""


def write(world: World, out: Sender) -> None:
    """Rate what was used (`truth.rate_usage`), then send invoices, lines, payments and cost rates."""
    rate_usage(world)
    world.create("billing_invoices", _INVOICES)
    world.create("billing_lines", _lines())
    least, most = (by("payment_method", {name: days[end] for name, days in _DELAYS.items()}, 5) for end in (0, 1))
    world.create("billing_payments", _PAYMENTS.format(least=least, most=most, late=_LATE_SHARE, unpaid=_UNPAID_SHARE))
    for day in world.days("billing_invoices", "issued_on"):
        for extract, rows in (("invoices", _INVOICE_FILE), ("invoice_lines", _LINE_FILE)):
            control = {"gross_amount": "sum(gross_amount)"}
            out.send("billing", extract, day, rows, "csv.gz", control=control, parameters={"day": day})
    for day in world.days("billing_payments"):
        out.send("billing", "payments", day, _PAYMENT_FILE, "csv.gz", parameters={"day": day})
    _send_costs(world, out)


def _lines() -> str:
    """A line for each kind of charge of each line in use; a credit note has one line."""
    parts = " union all ".join(
        f"select invoice_key, issued_on, subscription_key, plan_key, '{kind}' as charge_type,"
        f" round({quantity}, 2)::decimal(18, 2) as quantity, '{unit}' as unit, {kind}_amount as gross_amount,"
        f" {number} as n from billed where {kind}_amount > 0"
        for number, (kind, (unit, quantity)) in enumerate(_KINDS.items(), start=1)
    )
    return f"""
        with billed as (
            select invoice_key, issued_on, rated_months.*
            from rated_months
            inner join subscriptions using (subscription_key)
            inner join billing_invoices as i on i.account_key = subscriptions.account_key
                and i.month_on = rated_months.month_on and invoice_type = 'invoice'
        ),
        parts as (
            {parts}
            union all select invoice_key, issued_on, null, null, 'credit', 1, 'credit', gross_amount, 1
            from billing_invoices where invoice_type = 'credit_note'
        )
        select *, row_number() over (partition by invoice_key order by subscription_key, n) as line_no
        from parts
        order by issued_on, invoice_key, line_no
    """


def _send_costs(world: World, out: Sender) -> None:
    """The list of unit costs, on the first day and at each start of a year, 3 % dearer every year."""
    firsts = [world.options.start_on, *(day for day in world.months() if day.month == 1)]
    for day in sorted(set(firsts)):
        factor = YEARLY_FACTOR ** (day.year - world.options.start_on.year)
        rows = ", ".join(
            f"('K{number:03d}', '{kind}', nullif('{product or ''}', ''), '{unit}', {cost * factor:.6f})"
            for number, (kind, product, unit, cost) in enumerate(COSTS, start=1)
        )
        query = f"""
            select cost_key, cost_type, product_key, unit, unit_cost, date '{day}' as valid_from, null as valid_to
            from (values {rows}) as t(cost_key, cost_type, product_key, unit, unit_cost) order by cost_key
        """
        out.send("billing", "cost_rates", day, query, "csv.gz")
