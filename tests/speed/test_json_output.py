import dataclasses
import io
import json

import jax
import pytest

from gmbench.benchmarks.registry import load_task
from gmbench.cli.main import main
from gmbench.speed import ceilings
from gmbench.speed.json_output import report_to_json
from gmbench.speed.tables import speed_tables

TINY = ["--seeds", "2", "--batch", "8", "--environments", "4", "--levels", "64"]
QUICK = ["--repeats", "1", "--seconds", "0.001"]


@pytest.fixture(scope="module")
def measured():
    """What the command prints as JSON; the ceilings are measured on small arrays."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ceilings, "MATRIX_SIZES", {"cpu": (64,)})
        patch.setattr(ceilings, "ARRAY_BYTES", {"cpu": 2**16})
        out = io.StringIO()
        patch.setattr("sys.stdout", out)
        assert main(["speed", "coinrun-v1", *TINY, *QUICK, "--json"]) == 0
    return json.loads(out.getvalue())


def test_the_output_describes_the_machine_and_its_ceilings(measured):
    machine = measured["machine"]
    assert machine["platform"] == jax.default_backend()
    assert machine["versions"]["jax"] == jax.__version__
    assert set(machine["versions"]) == {"gmbench", "python", "jax", "jaxlib"}
    for name in ("arithmetic", "bandwidth"):
        ceiling = measured["ceilings"][name]
        assert ceiling["used"] == max(ceiling["before"]["median"], ceiling["after"]["median"]) > 0


def test_there_is_a_row_for_environments_for_each_number_of_seeds_and_for_the_budget(measured):
    rows = measured["rows"]
    assert [(row["task"], row["seeds"], row["environments"], row["budget"]) for row in rows] == [
        ("coinrun-v1", None, 4, None),
        ("coinrun-v1", 2, 4, None),
        ("coinrun-v1", 8, load_task("coinrun-v1").configs["ppo"].num_envs, "quick"),
    ]
    for row in rows:
        assert row["per_call"]["complete"]
        assert row["steps_per_second"]["low"] <= row["steps_per_second"]["median"]
        assert row["steps_per_second"]["median"] == pytest.approx(
            row["steps_per_call"] / row["seconds_per_call"][0]
        )
        assert row["compile_seconds"] > 0
        memory, reached = row["memory"], row["reached"]
        parts = memory["arguments"] + memory["outputs"] - memory["aliased"] + memory["temporaries"]
        assert memory["peak"] == parts
        assert reached["fraction"] == reached[reached["limit"]] > 0
    assert set(rows[0]["holds"]) == {"state", "observation"}
    assert set(rows[1]["holds"]) == {"learner"}
    assert rows[1]["reached"]["products"] > rows[0]["reached"]["products"] == 0


def test_memory_that_the_compiler_does_not_report_is_null(report):
    row = report.rows[0]
    report.rows[0] = dataclasses.replace(row, measured=dataclasses.replace(row.measured, memory=None))
    assert report_to_json(report)["rows"][0]["memory"] is None
    assert speed_tables(report)
