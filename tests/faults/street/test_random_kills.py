"""Runs are killed at moments that nobody chose."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import Tell
from tests.faults.street.conftest import Street

KILLS = 20
IN_A_ROW = 4


@pytest.mark.parametrize("seed", range(KILLS // IN_A_ROW))
def test_killed_again_and_again_the_street_ends_as_if_undisturbed(
    seed: int, make_street: Callable[..., Street], tell: Tell
) -> None:
    street = make_street()
    started = time.monotonic()
    make_street("timed").tenure("run")
    length = time.monotonic() - started
    moments = random.Random(seed)
    delays = [moments.uniform(0, length) for _ in range(IN_A_ROW)]
    codes = []
    for delay in delays:
        codes.append(street.tenure("run", kill_after=delay).code)
        street.assert_published_is_old_or_new()
    assert set(codes) <= {-9, 0}
    tell(f"Random kills, seed {seed}: after {', '.join(f'{delay:.1f}' for delay in delays)} s; ended {codes}.")
    street.finish()
