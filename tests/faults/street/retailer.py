"""The deliveries of the fault suite: seventy-some days of the tiny retailer, the last one with something of everything.

The last day brings a new cut-off (so models are fitted), rows that cannot be cast, rows that a rule sets aside, and
a planted person in each of them.
"""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from tests.fixtures import tiny_retail

LAST: Final = tiny_retail.START + timedelta(days=71)
BEFORE: Final = LAST - timedelta(days=1)
#: Nobody's name and number: they may be seen where people may, and nowhere else.
CANARIES: Final = ("Canaria Planted-Person", "12900000017")
#: A horizon so short that a few weeks hold outcomes to learn from.
SETTINGS: Final = {"churn_active_days": "14", "churn_horizon_days": "14", "cutoff_step_days": "7"}


def history(inbox: Path, *, until: date = BEFORE) -> None:
    """Everything up to a day."""
    tiny_retail.write_inbox(inbox, until=until)


def days(inbox: Path, *, since: date, until: date) -> None:
    """Some days, without the planted faults."""
    tiny_retail.write_inbox(inbox, since=since, until=until)


def last_day(inbox: Path) -> None:
    """The last day: good rows, bad rows and the planted person."""
    tiny_retail.write_inbox(inbox, since=LAST, until=LAST)
    path = inbox / "pos" / f"transactions_{LAST}.csv.gz"
    header, first, *others = gzip.decompress(path.read_bytes()).decode().splitlines()
    cells = first.split(",")
    # Enough good rows that two bad ones stay below the limit of the contract.
    more = [",".join([*cells[:2], str(int(cells[2]) + 500), str(1 + n % 40), *cells[4:]]) for n in range(40)]
    many = [",".join([*cells[:2], str(int(cells[2]) + 501 + n), *cells[3:]]) for n in range(160)]
    uncastable = ",".join([f'"{CANARIES[0]}"', *cells[1:]])
    negative = ",".join([*cells[:2], str(int(cells[2]) + 900), cells[3], "-1", *cells[5:]])
    rows = [header, first, *others, *more, *many, uncastable, negative]
    path.write_bytes(gzip.compress(("\n".join(rows) + "\n").encode(), mtime=0))
    households = [
        [str(n), "35-44", "50-74K", "Homeowner", "Married", "2", "2 Adults No Kids", "0"] for n in range(1, 134)
    ]
    damaged = [f'"{CANARIES[0]}"', CANARIES[1], *households[0][2:]]
    lines = [",".join(_CRM_HEADER), *(",".join(row) for row in households), ",".join(damaged)]
    (inbox / "crm").mkdir(parents=True, exist_ok=True)
    (inbox / "crm" / f"demographics_{LAST}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    redeemed = inbox / "loyalty" / f"coupon_redemptions_{LAST}.jsonl"
    redeemed.parent.mkdir(parents=True, exist_ok=True)
    row = {"household_id": 5, "coupon_upc": 50_001, "campaign_id": 1, "redemption_date": f"{LAST}"}
    redeemed.write_text(json.dumps(row) + "\n", encoding="utf-8")


_CRM_HEADER: Final = (
    "household_id", "age", "income", "home_ownership", "marital_status", "household_size", "household_comp",
    "kids_count",
)  # fmt: skip
