"""Sizes are checked before anything is allocated: archives of arrays, tables and JSON files."""

import io
import json
import os
import pickle
import tracemalloc
import zipfile

import jax
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gmbench.benchmarks.registry import load_task
from gmbench.errors import UsageError
from gmbench.runs.storage.files import DEEPEST_JSON, LARGEST_JSON, read_json, read_sealed, write_sealed
from gmbench.runs.storage.npz import read_npz
from gmbench.runs.storage.parquet import LARGEST_TABLE, Shape, read_table, write_table
from gmbench.runs.storage.table_checks import check_tables, episodes_shape

EXPECTED = {"weights": jax.ShapeDtypeStruct((3, 2), np.float32)}
MIB = 1 << 20


@pytest.fixture
def little_memory():
    """Fails a test in which NumPy and Python allocate more than a few MiB at a time."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB


def npy(array):
    """The bytes of an array in NumPy's format."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def archive(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as written:
        for name, content in members.items():
            written.writestr(f"{name}.npy", content)


def test_arrays_are_read_as_they_were_written(tmp_path):
    weights = np.arange(6, dtype=np.float32).reshape(3, 2)
    np.savez(tmp_path / "a.npz", weights=weights)
    np.testing.assert_array_equal(read_npz(tmp_path / "a.npz", EXPECTED)["weights"], weights)
    np.savez(tmp_path / "a.npz", weights=np.asfortranarray(weights))
    np.testing.assert_array_equal(read_npz(tmp_path / "a.npz", EXPECTED)["weights"], weights)


GIB_OF_ZEROS = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (268435456,), }".ljust(117) + "\n"
HOSTILE_ARCHIVES = {
    "compressed": ({"weights": npy(np.zeros((3, 2), np.float32))}, zipfile.ZIP_DEFLATED),
    "a bomb": ({"weights": GIB_OF_ZEROS + HEADER.encode() + bytes(16 * MIB)}, zipfile.ZIP_DEFLATED),
    "too large": ({"weights": bytes(MIB)}, zipfile.ZIP_STORED),
    "a header of a gibibyte": ({"weights": GIB_OF_ZEROS + HEADER.encode()}, zipfile.ZIP_STORED),
    "another shape": ({"weights": npy(np.zeros((2, 3), np.float32))}, zipfile.ZIP_STORED),
    "another type": ({"weights": npy(np.zeros((3, 2), np.int32))}, zipfile.ZIP_STORED),
    "objects": ({"weights": npy(np.array([None] * 6).reshape(3, 2))}, zipfile.ZIP_STORED),
    "a pickle": ({"weights": pickle.dumps(list(range(9)))}, zipfile.ZIP_STORED),
    "another array": ({"other": npy(np.zeros((3, 2), np.float32))}, zipfile.ZIP_STORED),
    "one more array": (
        {"weights": npy(np.zeros((3, 2), np.float32)), "more": npy(np.zeros(1))},
        zipfile.ZIP_STORED,
    ),
    "cut off": ({"weights": npy(np.zeros((3, 2), np.float32))[:-4]}, zipfile.ZIP_STORED),
    "nothing": ({}, zipfile.ZIP_STORED),
}


@pytest.mark.parametrize("name", HOSTILE_ARCHIVES)
def test_other_arrays_are_refused_before_they_are_read(name, tmp_path, little_memory):
    members, compression = HOSTILE_ARCHIVES[name]
    archive(tmp_path / "a.npz", members, compression)
    del members
    with pytest.raises(ValueError, match=r".+"):
        read_npz(tmp_path / "a.npz", EXPECTED)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", pickle.dumps([1]), npy(np.zeros(3))])
def test_a_file_that_is_no_archive_is_refused(content, tmp_path):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match="not an archive"):
        read_npz(tmp_path / "a.npz", EXPECTED)


def test_a_table_of_many_equal_rows_is_refused_before_they_are_read(tmp_path):
    path = tmp_path / "a.parquet"
    few = pa.table({"seed": np.zeros(3_000_000, np.int32)})
    with pq.ParquetWriter(path, few.schema) as writer:
        for _ in range(20):
            writer.write_table(few)
    assert path.stat().st_size < MIB < 60 * MIB
    before = pa.total_allocated_bytes()
    with pytest.raises(UsageError, match="60,000,000 rows, and not 10"):
        read_table(path, Shape({"seed": np.dtype("int32")}, rows=10))
    assert pa.total_allocated_bytes() == before


def test_a_table_that_does_not_fit_into_memory_is_refused(tmp_path, monkeypatch):
    write_table(tmp_path / "a.parquet", {"seed": np.zeros(1000, np.int64)})
    read_table(tmp_path / "a.parquet")
    monkeypatch.setattr("gmbench.runs.storage.parquet.LARGEST_TABLE", 7999)
    with pytest.raises(UsageError, match="take 8,000 bytes"):
        read_table(tmp_path / "a.parquet")
    assert LARGEST_TABLE < 1 << 33


def test_long_texts_are_refused(tmp_path):
    texts = np.array(["x" * (3 * MIB)] * 2 + ["y"], object)
    write_table(tmp_path / "a.parquet", {"pack": texts})
    with pytest.raises(UsageError, match="the column pack takes"):
        read_table(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[1], [2]]),
        pa.array([b"a", b"b"]),
        pa.array([1, None], pa.int32()),
        pa.array(["a", None]),
        pa.array([True, False]),
        pa.array([{"a": 1}, {"a": 2}]),
    ],
)
def test_columns_of_other_types_and_missing_values_are_refused(column, tmp_path):
    pq.write_table(pa.table({"seed": column}), tmp_path / "a.parquet")
    with pytest.raises(UsageError, match="is missing or damaged"):
        read_table(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a":' * 100_000, "cannot be read"),
        ('{"a":' * (DEEPEST_JSON + 1) + "1" + "}" * (DEEPEST_JSON + 1), f"more than {DEEPEST_JSON} levels"),
        ('{"a": NaN}', "is no number of JSON"),
        ('{"a": -Infinity}', "is no number of JSON"),
        ('{"a": 1e999}', "is no number of JSON"),
        ('{"a": ' + "9" * 5000 + "}", "digits"),
        ('{"a": 1, "a": 2}', "an entry is there twice"),
        ("[1]", "is not what a run writes"),
        ("3", "is not what a run writes"),
        ("", "cannot be read"),
        ('{"a": "\x00"}', "cannot be read"),
    ],
)
def test_json_that_no_run_writes_is_refused(text, words, tmp_path):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UsageError, match=words):
        read_json(tmp_path / "a.json")


def test_files_that_are_too_large_or_no_files_are_not_read(tmp_path, little_memory):
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(LARGEST_JSON + 1)  # It takes no room on the disk.
    with pytest.raises(UsageError, match="and not at most"):
        read_json(tmp_path / "a.json")
    os.mkfifo(tmp_path / "pipe.json")
    for name in ("pipe.json", "."):
        with pytest.raises(UsageError, match="not a regular file"):
            read_json(tmp_path / name)


def test_a_digest_shows_every_change(tmp_path):
    path, content = tmp_path / "a.json", {"steps": 4096, "alpha": 0.1, "names": ["ä", "b"], "none": None}
    write_sealed(path, {**content, "nan": float("nan")})
    assert read_sealed(path) == {**content, "nan": None}
    text = path.read_text()
    written = json.loads(text)
    path.write_text(json.dumps(written, indent=None, sort_keys=True))
    assert read_sealed(path) == {**content, "nan": None}, "only the layout has changed"
    for other in (
        text.replace("4096", "4097"),
        text.replace("0.1", "1.0"),
        text.replace("null", "0", 1),
        json.dumps({name: value for name, value in written.items() if name != "digest"}),
        json.dumps({**written, "more": 1}),
        json.dumps({**written, "digest": None}),
    ):
        path.write_text(other)
        with pytest.raises(UsageError, match=r"was changed after the run wrote it .* restore it, or repeat"):
            read_sealed(path)


@pytest.fixture
def tables():
    """The tables of two seeds of ascent-v1, with returns of zero, and their checks."""
    task = load_task("ascent-v1")
    rows = episodes_shape(task, 2).rows
    packs = np.array(["hard", "hard_shift", "iid", "shift"], object)
    episodes = {
        name: np.ones(rows, kind) if name not in ("first", "end") else np.full(rows, "none", object)
        for name, kind in episodes_shape(task, 2).columns.items()
        if name != "pack"
    }
    episodes |= {
        "pack": np.repeat(packs, 1024),
        "seed": np.tile(np.repeat(np.arange(2), 512), 4),
        "level": np.tile(np.arange(512), 8),
        "end": np.full(rows, "timeout", object),
    }
    goals = {
        "pack": np.repeat(packs[2:], 128),
        "seed": np.tile(np.repeat(np.arange(2), 64), 2),
        "level": np.tile(np.arange(64), 4),
        "length": np.ones(256, int),
    }
    curves = {"seed": np.repeat([0, 1], 3), "update": np.tile([1, 2, 3], 2), "steps": np.tile([8, 16, 24], 2)}
    return task, {"episodes": episodes, "goals": goals, "curves": curves}


def test_complete_tables_pass(tables):
    task, columns = tables
    check_tables(task, range(2), **columns)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("episodes", "seed", 1),
        ("episodes", "level", 1),
        ("episodes", "pack", "shift"),
        ("episodes", "length", 0),
        ("episodes", "first", "coin"),
        ("episodes", "end", "later"),
        ("episodes", "return_flag", np.nan),
        ("episodes", "total_top", np.inf),
        ("goals", "seed", 1),
        ("goals", "length", -1),
        ("curves", "update", 2),
        ("curves", "seed", 1),
        ("curves", "steps", 9),
    ],
)
def test_an_impossible_value_is_damage(table, column, value, tables):
    task, columns = tables
    columns[table][column] = columns[table][column].copy()
    columns[table][column][0] = value
    with pytest.raises(ValueError, match=r"rows of a seed|impossible"):
        check_tables(task, range(2), **columns)


def test_missing_rows_are_damage(tables):
    task, columns = tables
    for table in columns:
        for kept in (slice(1, None), slice(None, -1), slice(0, 0)):
            cut = {name: values[kept] for name, values in columns[table].items()}
            with pytest.raises(ValueError, match="rows of a seed"):
                check_tables(task, range(2), **{**columns, table: cut})
