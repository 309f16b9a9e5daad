"""Rows of a made-up operator for the lake: a query a raw table and day, values from a hash, so that no day is like
another. Simulated; $on is the day of the delivery, $version its version. Customers 1 to 12, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

_WHO: Final = "1 + hash($on::date, n, $version) % 12"
_AMOUNT: Final = "((hash(n, $on::date, $version) % 9000) / 100)::decimal(12, 2)"
#: The crosswalk that identity resolution would write: each customer number is a customer of its own; 13 bought only where a test alters rows.
CROSSWALK: Final = """
    insert into intermediate.customer_xref by name
    select 'ibss' as source_system, n::varchar as customer_key, n as customer_id, 'customer' as record_kind,
        'single' as reason, 1 as record_count, true as is_customer
    from range(1, 14) as customer (n)
"""
#: Table, days between two deliveries, rows as a query.
_ROWS: Final = (
    (
        "ibss__subscriptions",
        40,
        f"""
        select 100 + n as line_no, n as customer_no, 200 + n as account_no, 'P' || (hash($on::date, n) % 4) as plan_no,
            {_AMOUNT} as monthly_fee, '在用' as status, date '2024-12-01' + n::integer as effective_on,
            $on::date + (hash($on::date, n) % 200)::integer as contract_ends_on,
            case when hash($on::date, n) % 5 = 0 then $on::date end as expires_on
        from range(1, 13) as line (n)
        """,
    ),
    (
        "ibss__orders",
        7,
        f"""
        select datediff('day', date '2025-01-01', $on::date) * 100 + n as order_no, 'A' || (n % 3) as product_no,
            {_WHO} as customer_no, 1::integer as quantity, {_AMOUNT} as amount,
            $on::timestamp + interval '9' hour as accepted_at
        from range(6) as line (n)
        """,
    ),
    (
        "mediation__usage",
        3,
        f"""
        select datediff('day', date '2025-01-01', $on::date) * 100 + n as record_id, 100 + {_WHO} as line_key,
            (['local', 'long_distance', 'sms', 'data'])[1 + n % 4] as usage_type,
            case when n % 4 < 3 then (['incoming', 'outgoing'])[1 + n % 2] end as direction, n % 3 = 0 as is_on_net,
            n % 7 = 0 as is_roaming, 1 + n as event_count, hash($on::date, n, $version) % 600 as duration_seconds,
            case when n % 4 = 3 then hash(n, $version) % 100000 end as volume_bytes,
            {_AMOUNT}::decimal(18, 6) as charge, $on::timestamp + interval '9' hour as call_start
        from range(16) as line (n)
        """,
    ),
    (
        "billing__invoices",
        30,
        f"""
        select 'R' || $on::varchar || n as invoice_key, 200 + n as account_key, n as customer_key,
            case when n % 6 = 0 then 'credit_note' else 'invoice' end as invoice_type, $on::date as issued_on,
            $on::date + 20 as due_on, {_AMOUNT}::decimal(18, 2) as net_amount, 0::decimal(18, 2) as tax_amount,
            case when n % 6 = 0 then -1 else 1 end * {_AMOUNT}::decimal(18, 2) as gross_amount
        from range(1, 13) as line (n)
        """,
    ),
    (
        "billing__payments",
        30,
        f"""
        select 'Z' || $on::varchar || n as payment_key, 'R' || ($on::date - 30)::varchar || n as invoice_key,
            200 + n as account_key, {_AMOUNT}::decimal(18, 2) as amount, 'card' as payment_method,
            $on::timestamp + interval '9' hour as paid_at
        from range(1, 13) as line (n) where hash($on::date, n) % 3 > 0
        """,
    ),
    (
        "hotline__calls",
        11,
        f"""
        select 'C' || $on::varchar || n as call_id, {_WHO} as customer_number, 'inbound' as direction,
            $on::timestamp + interval '9' hour as started_at, $on::timestamp + interval '10' hour as ended_at,
            (1 + n)::smallint as keypad_score
        from range(4) as line (n)
        """,
    ),
    # Tickets 0 to 9 are delivered again and again, as they change.
    (
        "hotline__tickets",
        13,
        """
        select 'T' || (n + datediff('day', date '2025-01-01', $on::date) // 26 * 10) as ticket_id,
            1 + n as customer_number, 'phone' as channel, case when n % 2 = 0 then 'complaint' else 'request' end
            as ticket_type, $on::timestamp - interval '12' hour as opened_at,
            case when hash($on::date, n, $version) % 2 = 0 then $on::timestamp end as closed_at
        from range(10) as line (n)
        """,
    ),
    (
        "web__events",
        9,
        f"""
        select 'W' || $on::varchar || n as event_id, 'v' || n as visitor_id, ({_WHO})::varchar as login,
            'page_view' as event_type, $on::timestamp as occurred_at
        from range(5) as line (n)
        """,
    ),
    (
        "marketing__campaigns",
        60,
        """
        select 'K' || $on::varchar as campaign_id, 'retention' as kind, 'sms' as channel,
            $on::date + (5 * $version)::integer as starts_on, $on::date + 30 as ends_on
        """,
    ),
    (
        "marketing__contacts",
        60,
        """
        select n::varchar as contact_id, 'K' || $on::varchar as campaign_id, n as customer_no,
            case when n % 5 = 0 then 'control' else 'target' end as audience, 'sms' as channel,
            case when n % 2 = 0 then $on::timestamp + interval '8' hour end as contacted_at
        from range(1, 13) as line (n)
        """,
    ),
    (
        "marketing__responses",
        20,
        f"""
        select n::varchar as response_id, 'K' as campaign_id, {_WHO} as customer_no,
            (['redemption', 'refusal'])[1 + n % 2] as response, $on::timestamp as responded_at
        from range(4) as line (n)
        """,
    ),
)


def deliveries(first: date, last: date) -> Iterator[tuple[str, date, str]]:
    """Table, day and rows of everything that the operator delivers from `first` to `last`."""
    for table, step, rows in _ROWS:
        for days in range(0, (last - first).days + 1, step):
            yield table, first + timedelta(days=days), rows
