"""Samples by hash, safe model files, and the one list of columns."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.tree import DecisionTreeClassifier

from ml import model_file, schemas
from ml.errors import ModelFileError
from ml.sampling import key_hash, lowest, whole_clusters


def test_splitmix64_of_the_reference_implementation() -> None:
    # First output of Vigna's splitmix64.c for state 0 is mix(0 + gamma); `key_hash` mixes keys the same way.
    from ml.sampling import _GAMMA, _mix

    assert int(_mix(np.array([_GAMMA]))[0]) == 0xE220A8397B1DCDAF


def test_hash_depends_on_every_key_and_on_the_seed() -> None:
    customer, day = np.array([1, 1, 2]), np.array([10, 11, 10])
    hashes = key_hash(customer, day, seed=3)
    assert len(set(hashes.tolist())) == 3
    assert not np.isin(key_hash(customer, day, seed=4), hashes).any()
    assert (key_hash(customer[::-1], day[::-1], seed=3) == hashes[::-1]).all()


def test_a_smaller_sample_is_part_of_a_larger_one() -> None:
    hashes = key_hash(np.arange(1000), seed=3)
    small, large = lowest(hashes, 100), lowest(hashes, 300)
    assert (small.sum(), large.sum()) == (100, 300)
    assert (large[small]).all()
    assert abs(np.arange(1000)[large].mean() - 500) < 40
    assert lowest(hashes, 2000).all()


def test_clusters_stay_whole() -> None:
    customer = np.repeat(np.arange(100), 7)
    kept = whole_clusters(key_hash(customer, seed=3), 200)
    assert kept.sum() == 196
    assert set(np.bincount(customer[kept])) <= {0, 7}


def test_a_foreign_type_is_refused_before_it_is_loaded() -> None:
    class Intruder:
        pass

    data = skops.io.dumps({"tree": DecisionTreeClassifier(), "intruder": Intruder()})
    with pytest.raises(ModelFileError, match=r"not allowed: .*Intruder"):
        model_file.load(data, model_file.digest(data))


def test_equal_parts_give_equal_bytes() -> None:
    parts = [{"a": np.arange(5.0), "b": {"text": "x" * 9}, "c": [1.5, None]} for _ in range(2)]
    first, second = (model_file.dump(part) for part in parts)
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    loaded = model_file.load(first, model_file.digest(first))
    assert loaded["a"].tolist() == parts[0]["a"].tolist()
    assert loaded["c"] == [1.5, None]


def test_every_column_is_described() -> None:
    for name, schema in schemas.TABLES.items():
        for field in schema:
            assert len(field.metadata[b"description"]) > 10, f"{name}.{field.name}"
            if field.nullable:
                assert b"null" in field.metadata[b"description"], f"{name}.{field.name}: say what null means"
