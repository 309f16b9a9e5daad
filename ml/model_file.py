"""Model files: skops, not pickle, because loading a pickle runs code.

`dump` writes the same bytes for the same model. skops numbers objects by memory address and stamps entries
with the time, so its archive is rewritten here with running numbers and a fixed date.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any, Final

import skops.io

from ml.errors import ModelFileError

# Own preprocessing steps. Everything else in a model file is scikit-learn, NumPy or a builtin, which skops
# itself vouches for.
TRUSTED: Final = frozenset({"ml.churn.shapes.LogHinges", "ml.segmentation.behaviour.BehaviourInputs"})
_SCHEMA: Final = "schema.json"
_ADDRESS: Final = re.compile(r'("__id__": |")(\d{6,})(?=[,\s}]|\.npy")')


def dump(parts: Mapping[str, Any]) -> bytes:
    """The model's parts (estimators, arrays, plain values) as skops bytes, equal for equal models."""
    return _canonical(skops.io.dumps(dict(parts)))


def load(data: bytes, sha256: str) -> dict[str, Any]:
    """The parts written by `dump`.

    Raises `ModelFileError` when the bytes do not hash to `sha256` (hex, from the model card) or hold a type
    outside `TRUSTED`; nothing of the file is run before both checks have passed.
    """
    found = digest(data)
    if found != sha256:
        raise ModelFileError(
            f"The model file hashes to {found[:12]}… but its card names {sha256[:12]}…: fit the model again."
        )
    unknown = sorted(set(skops.io.get_untrusted_types(data=data)) - TRUSTED)
    if unknown:
        raise ModelFileError(f"The model file holds types that are not allowed: {', '.join(unknown)}.")
    parts: dict[str, Any] = skops.io.loads(data, trusted=sorted(TRUSTED))
    return parts


def digest(data: bytes) -> str:
    """SHA-256 of model bytes, hex.

    >>> digest(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(data).hexdigest()


def _canonical(archive: bytes) -> bytes:
    """The archive with object addresses replaced by order of appearance and a fixed date."""
    numbers: dict[str, str] = {}

    def renumber(match: re.Match[str]) -> str:
        return match[1] + numbers.setdefault(match[2], str(len(numbers)))

    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        schema = _ADDRESS.sub(renumber, source.read(_SCHEMA).decode())
        entries = {
            f"{numbers[name.removesuffix('.npy')]}.npy": source.read(name)
            for name in source.namelist()
            if name != _SCHEMA
        }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in [(_SCHEMA, schema.encode()), *sorted(entries.items())]:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            out.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return target.getvalue()
