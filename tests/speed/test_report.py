import io
import json

import jax
import pytest
from rich.console import Console

from gmbench.benchmarks.tasks import load_task
from gmbench.cli.main import main
from gmbench.runs.program_memory import Memory
from gmbench.speed import ceilings
from gmbench.speed import report as measuring
from gmbench.speed.ceilings import Ceilings
from gmbench.speed.measurement import Measurement
from gmbench.speed.program_cost import Cost
from gmbench.speed.report import Choices, Report, Row
from gmbench.speed.tables import speed_tables
from gmbench.speed.timing import Spread, Timing

TINY = ["--seeds", "2", "--batch", "8", "--environments", "4", "--levels", "64"]
QUICK = ["--repeats", "1", "--seconds", "0.001"]


@pytest.fixture(scope="module")
def measured():
    """What the command prints as JSON, and the stages that it shows, on a machine with small ceilings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ceilings, "SIDES", {"cpu": (64,)})
        patch.setattr(ceilings, "STREAM", {"cpu": 2**16})
        out = io.StringIO()
        patch.setattr("sys.stdout", out)
        assert main(["speed", "coinrun-v1", *TINY, *QUICK, "--json"]) == 0
    return json.loads(out.getvalue())


def test_a_report_names_the_machine_and_its_ceilings(measured):
    machine = measured["machine"]
    assert machine["platform"] == jax.default_backend()
    assert machine["versions"]["jax"] == jax.__version__
    assert set(machine["versions"]) == {"gmbench", "python", "jax", "jaxlib"}
    for name in ("arithmetic", "bandwidth"):
        ceiling = measured["ceilings"][name]
        assert ceiling["used"] == max(ceiling["before"]["median"], ceiling["after"]["median"]) > 0


def test_a_report_has_a_row_for_environments_for_each_number_of_seeds_and_for_the_budget(measured):
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


def made_up(seeds, environments, budget, operations, nbytes, **extra):
    """A row of which everything is known: one call a second."""
    learning = seeds is not None
    measured = Measurement(
        steps=128_000_000,
        timing=Timing(calls=1, seconds=(0.9, 1.0, 1.1)),
        compile_seconds=123.4,
        cost=Cost(operations=operations, products=operations / 2 if learning else 0.0, bytes=nbytes, **extra),
        memory=Memory(arguments=10**9, outputs=10**9, aliased=10**8, temporaries=128 * 10**9),
        device_peak=None,
        holds={"learner": 999_949} if learning else {"state": 25, "observation": 1183},
    )
    return Row("coinrun-v1", seeds, environments, budget, measured)


@pytest.fixture
def report():
    before = Ceilings(arithmetic=Spread(90e9, 80e9, 95e9), bandwidth=Spread(50e9, 40e9, 60e9))
    after = Ceilings(arithmetic=Spread(100e9, 90e9, 110e9), bandwidth=Spread(40e9, 30e9, 50e9))
    rows = [
        made_up(None, 131_072, None, operations=10e9, nbytes=100e9),
        made_up(1, 4096, None, operations=50e9, nbytes=10e9),
        made_up(256, 16, None, operations=50e9, nbytes=10e9, loops_unknown=1),
        made_up(8, 32, "quick", operations=50e9, nbytes=25e9),
    ]
    return Report(before, after, rows)


def test_fractions_are_of_the_higher_ceilings_and_the_nearer_one_limits(report):
    environments, alone, *_, quick = (report.reached(row) for row in report.rows)
    assert (environments.arithmetic, environments.bandwidth) == pytest.approx((0.1, 2.0))
    assert (environments.limit, environments.fraction) == ("bandwidth", pytest.approx(2.0))
    assert (alone.products, alone.arithmetic, alone.bandwidth) == pytest.approx((0.25, 0.5, 0.2))
    assert (alone.limit, alone.fraction) == ("arithmetic", pytest.approx(0.5))
    assert quick.limit == "arithmetic", "as near as the other"


def test_tables_fit_in_80_columns_and_cut_nothing(report):
    out = io.StringIO()
    console = Console(file=out, width=80)
    console.print(*speed_tables(report), sep="\n")
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    for words in (
        "131,072 environments",
        "1 seed x 4,096",
        "256 seeds x 16",
        "8 seeds x 32, quick",
        "128 M",
        "122 M to 135 M",
        "memory 2.00",
        "arith. 0.50+",
        "1.21 kB",
        "1 MB",
        "130 GB",
    ):
        assert words in text, words
    rows = [line for line in text.splitlines() if "seed" in line and "│" in line]
    assert len(rows) == 2 * 3, "a row needs one line"


def test_a_memory_that_the_compiler_does_not_tell_is_left_open(report):
    row = report.rows[0]
    unknown = Measurement(**{**vars(row.measured), "memory": None})
    report.rows[0] = Row(row.task, row.seeds, row.environments, row.budget, unknown)
    assert measuring.plain(report)["rows"][0]["memory"] is None
    assert speed_tables(report)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["speed", "coinrun-v9"], "no task 'coinrun-v9'"),
        (["speed", "--seeds", "0"], "seeds must be at least 1, not 0"),
        (["speed", "--seeds", "3"], "4096 environments cannot be shared by 3 seeds"),
        (["speed", "--batch", "0"], "batch must be at least 1"),
        (["speed", "--environments", "0"], "environments must be at least 1"),
        (["speed", "--levels", "0"], "levels must be at least 1"),
        (["speed", "--repeats", "0"], "repeats must be at least 1"),
        (["speed", "--seconds", "0"], "seconds must be above 0"),
        (["speed", "--seconds", "nan"], "seconds must be above 0"),
    ],
)
def test_wrong_numbers_get_one_sentence(arguments, words, capsys):
    assert main(arguments) == 2
    message = capsys.readouterr().err.strip().splitlines()
    assert len(message) == 1
    assert message[0].startswith("gmbench: ")
    assert words in message[0]


def test_a_batch_that_does_not_divide_into_minibatches_is_refused(monkeypatch):
    from gmbench.benchmarks.tasks import load_task
    from gmbench.errors import UsageError

    task = load_task("coinrun-v1")
    odd = {"ppo": type(task.configs["ppo"])(num_steps=63)}
    monkeypatch.setattr(
        "gmbench.speed.report.load_task", lambda name: type(task)(**{**vars(task), "configs": odd})
    )
    choices = Choices(("coinrun-v1",), (2,), None, 2, 64, 1, 0.1)
    with pytest.raises(UsageError, match="do not divide"):
        measuring.measure_speed(choices)
