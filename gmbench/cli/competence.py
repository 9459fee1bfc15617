"""The command of the study of competence.

``python -m gmbench.cli.competence TASK [--variants FILE] [--pack PACK] [--out FILE]`` prints when learners
become competent, for one or several choices of hyperparameters; see `gmbench.studies.competence`.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import tyro

from gmbench.benchmarks.packs import load_pack, load_references
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import PACKS
from gmbench.checks import check_real, check_whole
from gmbench.cli.arguments import Real, Whole
from gmbench.cli.standalone import run_standalone
from gmbench.errors import UsageError, hint
from gmbench.runs.algorithms import check_updates
from gmbench.runs.blocks import updates_of
from gmbench.runs.settings import RunOptions, Settings
from gmbench.runs.storage.files import cannot_write
from gmbench.studies.competence import CurvePoint, learning_curve, make_variant, validation_levels


def main(
    task: tyro.conf.Positional[str],
    variants: Path | None = None,
    pack: str | None = None,
    out: Path | None = None,
    target: Real = 0.9,
    seeds: Whole | None = None,
    steps: Whole | None = None,
    points: Whole = 20,
) -> None:
    """Trains learners and prints after how many steps and seconds they are competent.

    Args:
        task: id of a task.
        variants: a JSON file with a list of objects. Each gives the PPO hyperparameters that differ from the
            task's.
        pack: evaluate on this pack, not on the validation levels.
        out: a file to which every learning curve is appended as a line of JSON, as soon as it is complete.
        target: the mean capability that counts as competence.
        seeds: training seeds; those of the quick budget unless given.
        steps: environment steps per seed; those of the quick budget unless given.
        points: points of a learning curve.
    """
    loaded = load_task(task)
    chosen = read_variants(variants)
    if pack is not None and pack not in PACKS:
        known = hint(pack, PACKS, f"the packs are {', '.join(PACKS)}")
        raise UsageError(f"there is no pack {pack!r}; {known}")
    settings = Settings.resolve(loaded, RunOptions(seeds=seeds, steps=steps))
    learners = [make_variant(loaded, settings, variant) for variant in chosen]
    target = check_real("target", target, 0.0, 1.0)
    for learner in learners:
        check_updates(settings, learner)
        points = check_whole("points", points, 1, updates_of(learner, settings.steps))
    if out is not None:
        _check_file(out)
    if pack is None:
        levels, references = validation_levels(loaded)
    else:
        levels, references = load_pack(loaded, pack), load_references(loaded)[pack]
    for variant, ppo in zip(chosen, learners, strict=True):
        curve = list(learning_curve(loaded, settings, ppo, levels, references, points))
        print(summarize_curve(variant, curve, settings.seeds, target), flush=True)
        if out is not None:
            line = {"variant": variant, "points": [dataclasses.asdict(point) for point in curve]}
            with out.open("a") as file:
                file.write(json.dumps(line) + "\n")


def read_variants(path: Path | None) -> list[dict[str, Any]]:
    """Reads the variants from a JSON file; without a file, the only variant changes nothing.

    Raises:
        UsageError: the file cannot be read, or does not hold a list of objects.
    """
    if path is None:
        return [{}]
    try:
        variants = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(variants, list) or not all(isinstance(variant, dict) for variant in variants):
        raise UsageError(f"{path} must hold a list of objects, each with hyperparameters of PPO")
    return variants


def _check_file(out: Path) -> None:
    """Checks that curves can be appended to a file, before they are measured.

    Raises:
        UsageError: they cannot.
    """
    try:
        out.open("a").close()
    except OSError as error:
        raise cannot_write(out, error) from error


def summarize_curve(variant: dict[str, Any], points: list[CurvePoint], seeds: int, target: Real) -> str:
    """Returns a line about one learning curve: when it reached the target, and where it ended."""
    name = ", ".join(f"{key} {value}" for key, value in variant.items()) or "as it is"
    reached = next((point for point in points if point.capability >= target), None)
    when = "never" if reached is None else f"after {reached.steps:,} steps, {reached.seconds:.1f} s"
    last = points[-1]
    rate = seeds * last.steps / last.seconds
    return (
        f"{name}: {target} {when}; {last.capability:.3f} after {last.steps:,} steps, {last.seconds:.1f} s "
        f"({rate:,.0f} steps/s)"
    )


if __name__ == "__main__":
    run_standalone(main, "competence")
