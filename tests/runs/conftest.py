"""The run with which the tests of parts, devices, shards and cohorts compare theirs."""

import pytest

from tests.commands import run_command
from tests.tiny_runs import BLOCKS_COMMAND, no_figures


@pytest.fixture(scope="session")
def whole(make_once):
    """The directory of a run of all seeds on one device, see `tests.tiny_runs.BLOCKS`."""

    def write(out):
        with no_figures():
            run_command(*BLOCKS_COMMAND, "--out", out)

    return make_once("whole-run", write)
