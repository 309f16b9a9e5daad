"""Fields that tables of several models share, and how a field carries its words."""

from __future__ import annotations

from typing import Final

import pyarrow as pa


def field(name: str, kind: pa.DataType, description: str, *, nullable: bool = False) -> pa.Field:
    """A field with its description (unit, meaning of null) as metadata."""
    return pa.field(name, kind, nullable=nullable, metadata={"description": description})


CUSTOMER: Final = field("customer_id", pa.int64(), "Our permanent customer id.")
AS_OF: Final = field("as_of_on", pa.date32(), "Business date of the snapshot.")
MODEL_ID: Final = field("model_id", pa.string(), "Names the model and its card.")
INTERVAL: Final = "of the 95 % interval (bootstrap over customers)"
