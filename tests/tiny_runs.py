"""Settings of the tiny runs that several test files share, and helpers to compare runs.

The fixtures `tiny_suite`, `tiny_run` and `whole` in the files conftest.py run each of them once.
"""

import contextlib

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.commands import command_line

SUITE = {"seeds": 2, "steps": 8192, "levels": 64}
SUITE_COMMAND = command_line("run", "quick", **SUITE)
"""Runs the suite ``quick``, whose tasks are coinrun-v1 and keys-v1."""

TASK = "ascent-v1"
BLOCKS = {"seeds": 5, "block": 2, "steps": 6_000, "levels": 64}
BLOCKS_COMMAND = command_line("run", TASK, **BLOCKS)
"""Runs a task whose seeds make three blocks; the last block is not full."""

SMALLEST = {"seeds": 2, "steps": 4096, "levels": 64}
"""Settings of the smallest run of this task."""

TABLES = ("episodes.parquet", "goal_inference.parquet", "curves.parquet")


def assert_same_tables(one, other, tables=TABLES):
    """Checks that two directories of runs hold equal tables."""
    for name in tables:
        here, there = (pq.read_table(folder / name) for folder in (one, other))
        assert here.schema == there.schema
        for column in here.column_names:  # The comparison of tables by pyarrow takes NaN for different.
            values = (table.column(column).to_numpy(zero_copy_only=False) for table in (here, there))
            np.testing.assert_array_equal(*values, err_msg=f"{name}, {column}")


def assert_same_results(one, other, tables=TABLES):
    """Checks that two directories of runs hold equal tables and equal scores."""
    assert_same_tables(one, other, tables)
    assert (one / "scores.json").read_text() == (other / "scores.json").read_text()


@contextlib.contextmanager
def no_figures():
    """Makes runs draw no figures: drawing takes longer than a tiny run, and has its own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gmbench.reports.drawing.save_figures", lambda *_: None)
        patch.setattr("gmbench.reports.drawing.save_showcase", lambda *_: None)
        yield
