"""A new source system from a sample file: what is read off the sample, and the files that follow from it."""

from dagster_project.scaffold.source import Scaffold, scaffold_source

__all__ = ["Scaffold", "scaffold_source"]
