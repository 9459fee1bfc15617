"""Seeds distributed over devices and processes get the same numbers as on one device."""

import json
import os
import socket
import subprocess
import sys

import jax
import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.commands import refusal
from tests.tiny_runs import BLOCKS_COMMAND, TABLES, assert_same_results

pytestmark = pytest.mark.usefixtures("without_figures")


def start(*arguments, **environment):
    """Starts a command in a new process."""
    return subprocess.Popen(
        [sys.executable, "-m", "gmbench", *map(str, arguments)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_eight_devices_give_the_same_results_as_one(whole, tmp_path):
    out = tmp_path / "run"
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=8"
    process = start(*BLOCKS_COMMAND, "--out", out, XLA_FLAGS=flags)
    assert process.wait() == 0, process.communicate()[1]
    assert len(json.loads((out / "manifest.json").read_text())["devices"]) == 8
    if jax.__version_info__ < (0, 10):
        assert_same_results(whole, out)
        return
    # Later versions compile an update differently for several devices: losses differ in the last digits.
    *exact, curves = TABLES
    assert_same_results(whole, out, exact)
    one, other = (pq.read_table(folder / curves).to_pydict() for folder in (whole, out))
    for name, values in one.items():
        np.testing.assert_allclose(other[name], values, rtol=1e-3, atol=1e-5, err_msg=name)


def test_two_processes_give_the_same_results_as_one(whole, tmp_path):
    out = tmp_path / "run"
    with socket.socket() as free:
        free.bind(("localhost", 0))
        coordinator = f"localhost:{free.getsockname()[1]}"
    joined = ["--distributed", "--coordinator", coordinator, "--processes", 2, "--process"]
    processes = [start(*BLOCKS_COMMAND, "--out", out, *joined, number) for number in range(2)]
    for process in processes:
        errors = process.communicate()[1]
        assert process.returncode == 0, errors
    assert_same_results(whole, out)
    assert not list(out.glob("part-*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--part", "4/3"], "there is no part 4 of 3"),
        (["--part", "0/3"], "there is no part 0 of 3"),
        (["--part", "half"], "3/16, the third of sixteen"),
        (["--part", "4/4"], "make 3 parts at most, not 4"),
        (["--block", "-1"], "block must be at least 1, not -1"),
        (["--memory", "1e-9"], "give --memory more, or --block fewer seeds"),
        (["--processes", "2"], "go with --distributed"),
        (["--distributed"], "the processes cannot be joined"),
        (["--distributed", "--part", "1/2"], "leave --part out"),
    ],
)
def test_a_wrong_distribution_is_refused(arguments, message, tmp_path, capsys):
    assert message in refusal(capsys, *BLOCKS_COMMAND, *arguments, "--out", tmp_path / "run")


def test_a_suite_has_no_parts(tmp_path, capsys):
    message = refusal(capsys, "run", "quick", "--part", "1/2", "--out", tmp_path / "run")
    assert "run each of its tasks in parts" in message
