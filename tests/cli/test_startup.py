import subprocess
import sys

import pytest
from rich.console import Console

from gmbench.cli import startup
from gmbench.errors import UsageError
from gmbench.speed.quartiles import Quartiles


def test_the_command_prints_one_row_per_startup():
    command = [sys.executable, "-m", "gmbench.cli.startup", "--repeats", "1"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [line for line in printed.splitlines() if line.startswith("│")]
    assert len(rows) == len(startup.STARTUPS)
    for row, measured in zip(rows, startup.STARTUPS, strict=True):
        assert measured.name in row


def test_a_median_above_its_limit_is_reported(capsys):
    fast, slow = Quartiles(0.1, 0.05, 0.15), Quartiles(0.6, 0.4, 0.7)
    Console(width=80).print(startup.startup_table([fast, slow, slow, slow]))
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert ["yes" in row for row in rows] == [True, False, False, False]
    assert ["no" in row.split() for row in rows] == [False, True, True, False]


@pytest.mark.parametrize("measured", startup.STARTUPS, ids=lambda measured: measured.name)
def test_no_startup_imports_jax(measured):
    command = [sys.executable, "-X", "importtime", *measured.arguments]
    imports = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    modules = {line.rsplit("|", 1)[-1].strip() for line in imports.splitlines()}
    assert {"site", "encodings"} <= modules
    assert not {module for module in modules if module.split(".")[0] in ("jax", "jaxlib")}


def test_a_number_of_repeats_below_one_is_refused():
    with pytest.raises(UsageError, match="repeats must be at least 1, not 0"):
        startup.main(repeats=0)
