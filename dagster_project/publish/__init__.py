"""Publish: the read-only release, queries on it, the list export and the report.

Free of Dagster. Everything that people read comes from the release, never from the private build files:
what a report or a list shows is what is published.
"""
