"""Running dbt inside this process, once per gate. Free of Dagster; no SQL of its own."""

from dagster_project.transform.session import DbtEvent, DbtSession, open_session

__all__ = ["DbtEvent", "DbtSession", "open_session"]
