"""Builds the simulated operator and lets each of its systems deliver into the inbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from dagster_project.demo.delivery import Manifest
from dagster_project.demo.telecom import (
    campaigns,
    churn,
    households,
    lifecycle,
    lines,
    network,
    people,
    products,
    social,
    tariffs,
    truth,
    usage,
)
from dagster_project.demo.telecom.defects import plant_defects
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.demo.telecom.sending import Sender
from dagster_project.demo.telecom.systems import (
    billing,
    directory,
    hotline,
    ibss,
    market,
    marketing,
    mediation,
    org,
    outbound,
    privacy,
    sms_gateway,
    survey,
    web,
)
from dagster_project.demo.telecom.world import World, open_world
from dagster_project.settings import Settings

Progress = Callable[[str], None]
Writer = Callable[[World, Sender], None]

#: What is true, in the order in which one thing follows from another.
_TRUTHS: Final[tuple[tuple[str, Callable[[World], None]], ...]] = (
    ("the network and the company", network.create),
    ("households", households.create),
    ("people", people.create),
    ("tariffs", tariffs.create),
    ("customers", lifecycle.create),
    ("churn", churn.create),
    ("accounts and lines", lines.create),
    ("usage", usage.create),
    ("acquaintances, fraud and places", social.create),
    ("products and orders", products.create),
    ("campaigns", campaigns.create),
    ("what is planted", truth.create),
)
#: One writer a system; a system that comes later may use what an earlier one made in the world.
_SYSTEMS: Final[tuple[tuple[str, Writer], ...]] = (
    ("org", org.write),
    ("market", market.write),
    ("ibss", ibss.write),
    # Makes usage_billed, which billing reads.
    ("mediation", mediation.write),
    ("billing", billing.write),
    ("directory", directory.write),
    ("hotline", hotline.write),
    ("web", web.write),
    ("survey", survey.write),
    ("marketing", marketing.write),
    ("sms_gateway", sms_gateway.write),
    ("outbound", outbound.write),
    ("privacy", privacy.write),
)


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What a delivery of the operator did.

    Attributes:
        files_written: Files that were not there before.
        files_kept: Files that were delivered before, and are not written again.
        last_on: Last business date delivered.
    """

    files_written: int
    files_kept: int
    last_on: date


def write_telecom_inbox(settings: Settings, options: TelecomOptions, progress: Progress | None = None) -> DemoSummary:
    """Simulate an operator and deliver its extracts. Repeating it writes only what is missing.

    Args:
        settings: The home.
        options: Size, span and seed.
        progress: Told what happens.

    Example:
        >>> write_telecom_inbox(Settings(), TelecomOptions(customers=1000))  # doctest: +SKIP
        DemoSummary(files_written=3210, files_kept=0, last_on=datetime.date(2026, 6, 30))
    """
    tell = progress or (lambda _: None)
    manifest = Manifest.read(settings, ", ".join([options.edition, *(name for name, _ in _SYSTEMS)]))
    if manifest.is_finished and all(map(manifest.has, manifest.files)):
        return DemoSummary(0, len(manifest.files), options.as_of)
    with open_world(settings, options) as world:
        build(world, tell)
        sender = Sender(world, manifest)
        try:
            for name, write in _SYSTEMS:
                write(world, sender)
                sender.flush()
                tell(f"{name}: delivered up to {options.as_of}")
        finally:
            sender.close()
        if options.with_defects:
            plant_defects(world, manifest)
            tell("defects planted")
        tell(f"the distributions are drawn in {_write_statistics(world)}")
    manifest.finish()
    return DemoSummary(sender.files_written, len(manifest.files) - sender.files_written, options.as_of)


def build(world: World, tell: Progress) -> None:
    """Fill an empty world with what is true."""
    for name, create in _TRUTHS:
        create(world)
        tell(f"simulated {name}")


def _write_statistics(world: World) -> Path:
    # Altair takes a second to import, which a delivery that has nothing to do should not pay.
    from dagster_project.demo.telecom.statistics import write_statistics

    return write_statistics(world)
