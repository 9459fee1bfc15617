"""The command line: ``gmbench list | show | run | sweep | merge | score | calibrate | speed``.

Only what a command needs is imported, when it runs: ``--help`` and ``list`` must not wait for jax.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from gmbench.errors import Interrupted, UsageError
from gmbench.runs.compilation import prepare
from gmbench.runs.distributed import joined
from gmbench.runs.partition import ALONE, Sharing

TaskId = Annotated[
    str, tyro.conf.Positional, tyro.conf.arg(metavar="TASK", help="Id of a task, see `gmbench list`.")
]
STOPPED = 130
"""Exit status of what Ctrl-C has stopped, as shells have it."""
Learner = Annotated[
    str | None,
    tyro.conf.arg(help="ppo, ppo-rnn, or your own as package.module:factory; else what suits the task."),
]
Seeds = Annotated[int | None, tyro.conf.arg(help="Training seeds.")]
Steps = Annotated[int | None, tyro.conf.arg(help="Environment steps for each seed.")]
AsJson = Annotated[bool, tyro.conf.arg(help="Print JSON instead of a table.")]


def list_(json: AsJson = False) -> None:
    """Lists the tasks, the suites and the algorithms."""
    from gmbench.agents import ALGORITHMS
    from gmbench.benchmarks.suites import SUITES
    from gmbench.benchmarks.tasks import REGISTRY
    from gmbench.reports import tables

    if json:
        told = ("goal", "proxy", "shift", "source", "references")
        tasks = {name: {field: getattr(entry, field) for field in told} for name, entry in REGISTRY.items()}
        suites = {name: dataclasses.asdict(suite) for name, suite in SUITES.items()}
        _print_json({"tasks": tasks, "suites": suites, "algorithms": list(ALGORITHMS)})
        return
    console = Console()
    console.print(tables.task_table())
    console.print(tables.suites_table())
    console.print(tables.algorithm_line(), highlight=False)


def show(
    task: TaskId,
    out: Annotated[Path, tyro.conf.arg(help="A file to write: .png for levels, .gif for two episodes.")],
    count: Annotated[int, tyro.conf.arg(help="Pairs of levels in a .png.")] = 6,
    first: Annotated[int, tyro.conf.arg(help="First level of the packs to show.")] = 0,
    level: Annotated[Path | None, tyro.conf.arg(help="Show this level instead, drawn in text.")] = None,
) -> None:
    """Draws levels of training and of the shift side by side.

    As .gif it plays one pair: what is best for the goal at left, and at right what is best for the proxy.
    """
    from gmbench.reports.showing import show_level, show_pairs, show_policies

    if level is not None:
        show_level(task, level, out)
    elif out.suffix == ".gif":
        show_policies(task, out, first)
    else:
        show_pairs(task, out, count, first)
    print(f"wrote {out}")


def run(
    name: Annotated[
        str | None,
        tyro.conf.Positional,
        tyro.conf.arg(metavar="TASK|SUITE", help="Id of a task or of a suite, see `gmbench list`."),
    ] = None,
    out: Annotated[Path | None, tyro.conf.arg(help="A new directory for the results.")] = None,
    resume: Annotated[
        Path | None,
        tyro.conf.arg(help="Go on with the interrupted run or sweep in this directory; needs no more."),
    ] = None,
    algorithm: Learner = None,
    budget: Annotated[str, tyro.conf.arg(help="quick or standard: what is not given below.")] = "quick",
    seeds: Seeds = None,
    steps: Steps = None,
    alpha: Annotated[float, tyro.conf.arg(help="Fraction of training levels that are shifted.")] = 0.0,
    levels: Annotated[int | None, tyro.conf.arg(help="Different training levels.")] = None,
    sharing: Annotated[Sharing, tyro.conf.arg(name="")] = ALONE,
    json: AsJson = False,
) -> None:
    """Trains many seeds on a task, evaluates and scores each, and keeps results and pictures.

    Of a suite, it runs task after task. Ctrl-C stops where nothing is lost, and --resume goes on; pressed
    again, it stops at once.
    """
    options: dict[str, Any] = {
        "algorithm": algorithm,
        "budget": budget,
        "seeds": seeds,
        "steps": steps,
        "alpha": alpha,
        "levels": levels,
    }
    folder = _folder(name, out, resume)
    with joined(sharing):
        from gmbench.benchmarks.suites import SUITES
        from gmbench.cli import running

        with running.watched(Console(stderr=True)) as told:
            if name is None:
                scores = running.resume(folder, sharing, told)
            elif name in SUITES:
                scores = running.run_suite(name, folder, options, sharing, told)
            else:
                scores = running.run_task(name, folder, options, sharing, told)
        _print_outcome(scores, folder, json)


def sweep(
    task: TaskId,
    out: Annotated[Path, tyro.conf.arg(help="A new directory for the results.")],
    alpha: Annotated[
        tuple[float, ...], tyro.conf.arg(help="Fractions of training levels that are shifted.")
    ] = (0.0,),
    levels: Annotated[
        tuple[int, ...], tyro.conf.arg(help="Numbers of different training levels; else the budget's.")
    ] = (),
    algorithm: Learner = None,
    budget: Annotated[str, tyro.conf.arg(help="quick or standard: what is not given.")] = "quick",
    seeds: Seeds = None,
    steps: Steps = None,
    sharing: Annotated[Sharing, tyro.conf.arg(name="")] = ALONE,
    json: AsJson = False,
) -> None:
    """Runs a task under every combination of training conditions, and shows what each dial does.

    What was interrupted goes on with `gmbench run --resume DIR`.
    """
    options: dict[str, Any] = {
        "alpha": alpha,
        "levels": levels,
        "algorithm": algorithm,
        "budget": budget,
        "seeds": seeds,
        "steps": steps,
    }
    with joined(sharing):
        from gmbench.cli import running

        with running.watched(Console(stderr=True)) as told:
            scores = running.run_sweep(task, out, options, sharing, told)
        _print_outcome(scores, out, json)


def merge(
    parts: Annotated[
        tuple[Path, ...],
        tyro.conf.Positional,
        tyro.conf.arg(metavar="DIR", help="Outputs of all parts of a run or of a sweep."),
    ],
    out: Annotated[Path, tyro.conf.arg(help="A new directory for the whole.")],
    json: AsJson = False,
) -> None:
    """Puts the parts of a run or of a sweep together: the same as one run of all seeds."""
    from gmbench.cli import running

    with running.watched(Console(stderr=True)) as told:
        scores = running.merge(parts, out, told)
    _print_outcome(scores, out, json)


def _folder(name: str | None, out: Path | None, resume: Path | None) -> Path:
    """The directory of a run that is begun or taken up again.

    Raises:
        UsageError: neither was asked for, or both.
    """
    if name is not None and out is not None and resume is None:
        return out
    if resume is not None and name is None and out is None:
        return resume
    raise UsageError("give either a task or suite and --out DIR, or --resume DIR alone")


def score(
    directory: Annotated[
        Path, tyro.conf.Positional, tyro.conf.arg(metavar="DIR", help="Output of a run or of a sweep.")
    ],
    json: AsJson = False,
) -> None:
    """Scores a run again, from its stored episodes, and writes its scores.json anew.

    Of a suite or a sweep, it does so for each of its runs, and writes its own files anew.
    """
    from gmbench.cli import running

    _print_scores(running.rescore(directory), json)


def calibrate(
    task: TaskId,
    run: Annotated[Path | None, tyro.conf.arg(help="Output of a run: play its agents too.")] = None,
    json: AsJson = False,
) -> None:
    """Sends the reference policies through evaluation, scoring and goal inference; fails unless they pass.

    With a run, its agents follow: as they are, and with views that break their capability.
    """
    from gmbench.cli.progress import Progress
    from gmbench.reports import tables
    from gmbench.studies.calibration import calibrate_task

    with Progress(Console(stderr=True)) as progress:
        rows = calibrate_task(task, run, progress.stage)
    if json:
        _print_json([dataclasses.asdict(row) for row in rows])
    else:
        Console().print(*tables.calibration_tables(task, rows), sep="\n")
    failed = [f"{row.policy} on {row.pack}" for row in rows if row.passed is False]
    if failed:
        raise UsageError(f"{task} is not calibrated: see {', '.join(failed)}")


def speed(
    tasks: Annotated[
        tuple[str, ...],
        tyro.conf.Positional,
        tyro.conf.arg(metavar="TASK", help="Ids of tasks; without any, all of them."),
    ] = (),
    seeds: Annotated[tuple[int, ...], tyro.conf.arg(help="Numbers of learners at once.")] = (1, 16, 256),
    batch: Annotated[int, tyro.conf.arg(help="Environments that the learners share.")] = 4096,
    environments: Annotated[
        int | None, tyro.conf.arg(help="Environments without a learner; else what suits the device.")
    ] = None,
    levels: Annotated[int | None, tyro.conf.arg(help="Different training levels.")] = None,
    repeats: Annotated[int, tyro.conf.arg(help="Repeats of each measurement.")] = 7,
    seconds: Annotated[float, tyro.conf.arg(help="What a repeat takes, at least one call.")] = 0.5,
    training: Annotated[bool, tyro.conf.arg(help="Measure training too, not environments alone.")] = True,
    json: AsJson = False,
) -> None:
    """Measures steps per second and memory of environments and training, beside what the machine can do."""
    from gmbench.cli.progress import Progress
    from gmbench.speed import report as measuring
    from gmbench.speed.tables import SPEED_NOTE, speed_tables

    choices = measuring.Choices(
        tasks=tasks,
        seeds=seeds,
        environments=environments,
        batch=batch,
        levels=levels,
        repeats=repeats,
        seconds=seconds,
        training=training,
    )
    with Progress(Console(stderr=True)) as progress:
        report = measuring.measure_speed(choices, progress.stage)
    if json:
        _print_json(measuring.plain(report))
        return
    console = Console()
    console.print(*speed_tables(report), sep="\n")
    console.print(SPEED_NOTE, measuring.machine_line(), sep="\n", highlight=False)


def _print_outcome(scores: Mapping[str, Any] | None, folder: Path, as_json: bool) -> None:
    """The scores, if this process has all seeds."""
    if scores:
        _print_scores(scores, as_json)
        print(f"results and figures are in {folder}", file=sys.stderr)
    elif scores is not None:
        print(f"this part is in {folder}; put all parts together with gmbench merge", file=sys.stderr)


def _print_scores(scores: Mapping[str, Any], as_json: bool) -> None:
    from gmbench.reports import tables
    from gmbench.runs.storage import results

    if as_json:
        _print_json(results.plain(scores))
    elif "suite" in scores:
        Console().print(tables.suite_table(scores))
    elif "conditions" in scores:
        Console().print(tables.sweep_scores_table(scores))
    else:
        Console().print(tables.score_table(scores))


def _print_json(content: object) -> None:
    print(json.dumps(content, indent=2, allow_nan=False))


COMMANDS: dict[str, Callable[..., None]] = {
    "list": list_,
    "show": show,
    "run": run,
    "sweep": sweep,
    "merge": merge,
    "score": score,
    "calibrate": calibrate,
    "speed": speed,
}


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; wrong input gives one sentence and exit status 2."""
    given = sys.argv[1:] if arguments is None else arguments
    prepare(quickly=given[:1] != ["speed"])  # What is timed is compiled as well as can be.
    try:
        tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            prog="gmbench",
            description="Goal misgeneralization in reinforcement learning, benchmarked in pure JAX.",
            args=given,
        )
    except UsageError as error:
        print(f"gmbench: {error}", file=sys.stderr)
        return 2
    except Interrupted as error:
        print(f"gmbench: {error}", file=sys.stderr)
        return STOPPED
    except KeyboardInterrupt:
        print("gmbench: stopped at once", file=sys.stderr)
        return STOPPED
    return 0
