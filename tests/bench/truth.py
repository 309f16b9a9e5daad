"""A simulated operator's home beside its planted truth: who is who, when leavers began to decline, what
texts are about. Simulated.

make bench-truth                                          # the home of `make demo-telecom`, run before
python tests/bench/truth.py --customers 1500 --months 10 --seed 11    # an operator of its own, run from scratch
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from dagster_project import launch
from dagster_project.demo.telecom.delivery import write_telecom_inbox
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.home import choose_pack
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from ml.identity import wilson_interval
from tests.fixtures.operator_truth import (
    make_record,
    onset_errors,
    pairs_by_told,
    pairs_by_trap,
    quality,
    topic_matches,
    wrong_ties,
)

_KINDS: Final = {
    "customer records": "record_kind = 'customer'",
    "with enquiries": "record_kind <> 'login'",
    "with enquiries and logins": "true",
}


@contextmanager
def operator(options: argparse.Namespace) -> Iterator[Settings]:
    """The home to look at; one that is made here is removed afterwards."""
    if options.home:
        yield Settings(home=options.home, pack="telecom")
        return
    with tempfile.TemporaryDirectory(prefix="truth-") as folder:
        asked = TelecomOptions(
            customers=options.customers, months=options.months, seed=options.seed, events_per_customer=options.events
        )
        settings = choose_pack(Settings(home=Path(folder) / "home"), "telecom", asked.start_on)
        write_telecom_inbox(settings, asked)
        launch.run_daily(settings, asked.as_of, full_refresh=False, progress=lambda _: None)
        yield settings


def _share(found: int, of: int) -> str:
    low, high = wilson_interval(found, of)
    return f"{found / of:.4f} ({low:.4f} to {high:.4f})" if of else "none"


def show_identity(settings: Settings) -> None:
    """Pairs of records of one person: true, found, wrong; then by trap."""
    with connect(settings, read_only=True) as con:
        make_record(con, settings.truth)
        for name, condition in _KINDS.items():
            pairs = quality(con, condition)
            true = pairs.right + pairs.missed
            print(
                f"{name:28} {true:>8,} pairs, recall {_share(pairs.right, true)}, {pairs.wrong} wrong, "
                f"precision {_share(pairs.right, pairs.right + pairs.wrong)}"
            )
        for trap, (true, found) in pairs_by_trap(con).items():
            print(f"  {trap:26} {true:>8,} pairs, {found:,} found")
        for told, (true, found) in pairs_by_told(con).items():
            print(f"  {told:26} {true:>8,} pairs with a customer record, {found:,} found: {_share(found, true)}")
        for trap, (people, tied) in wrong_ties(con, settings.truth).items():
            print(f"  {trap:26} {people:>8,} pairs of two people, {tied:,} taken for one")


def show_onsets(settings: Settings) -> None:
    """Days from the planted onset of churn to the one found."""
    with connect(settings, read_only=True) as con:
        leavers, errors = onset_errors(con, settings.truth)
    print(f"onset of churn: {len(errors)} found of {leavers} leavers whose use could be judged")
    if len(errors):
        days = ", ".join(f"{share} % {np.percentile(errors, share):+.0f}" for share in (10, 25, 50, 75, 90))
        print(f"  days from the planted onset: {days}")


def show_topics(settings: Settings) -> None:
    """Topics found in texts, of those planted. Words come from one grammar: real texts are found less well."""
    with connect(settings, read_only=True) as con:
        texts, found, right = topic_matches(con, settings.truth)
    print(f"topics of {texts:,} texts: precision {_share(right, found)}, recall {_share(right, texts)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="home of an operator that was run")
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--months", type=int, default=10)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--events", type=int, default=250, help="usage records a customer")
    with operator(parser.parse_args()) as settings:
        show_identity(settings)
        show_onsets(settings)
        show_topics(settings)


if __name__ == "__main__":
    main()
