"""Runs with which the tests of parts, devices, shards and cohorts compare theirs, and directories to copy."""

import pytest

import gmbench
from gmbench.errors import Interrupted
from gmbench.runs.callbacks import Callbacks
from tests.commands import command_line, run_command
from tests.tiny_runs import BLOCKS_COMMAND, SMALLEST, TASK, no_figures


@pytest.fixture(scope="session")
def whole(make_once):
    """The directory of a run of all seeds on one device, see `tests.tiny_runs.BLOCKS`."""

    def write(out):
        with no_figures():
            run_command(*BLOCKS_COMMAND, "--out", out)

    return make_once("whole-run", write)


@pytest.fixture(scope="session")
def tiny_sweep(make_once):
    """The directory of a sweep of two conditions, without figures."""

    def write(out):
        with no_figures():
            run_command(*command_line("sweep", TASK, **SMALLEST), "--alpha", "0", "1", "--out", out)

    return make_once("tiny-sweep", write)


@pytest.fixture(scope="session")
def tiny_parts(make_once):
    """A directory with both parts of a run, 1 and 2."""

    def write(out):
        for part in (1, 2):
            command = command_line("run", TASK, **SMALLEST, block=1, part=f"{part}/2", out=out / str(part))
            run_command(*command)

    return make_once("tiny-parts", write)


@pytest.fixture(scope="session")
def stopped_run(make_once):
    """The directory of a run that was stopped after two updates."""

    def write(out):
        reports = []
        callbacks = Callbacks(progress=lambda *report: reports.append(report), stop=lambda: len(reports) > 1)
        with pytest.raises(Interrupted):
            gmbench.run(TASK, out=out, **SMALLEST, callbacks=callbacks)

    return make_once("stopped-run", write)
