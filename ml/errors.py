"""What a caller of `ml` can meet. The wiring turns these into its own errors with a next step."""

from __future__ import annotations


class InputError(ValueError):
    """A table given to `ml` lacks a column, a row or a value that the method needs."""


class ModelFileError(ValueError):
    """A model file is not the one its card names, or asks to load a type that is not on the allow-list."""
