"""How soon learners become competent, and which settings make it sooner.

``python -m gmbench.studies.competence TASK [--variants FILE] [--pack PACK] [--out FILE]``

Trains seeds as a run does, stops now and then to play, and keeps the mean capability beside the steps and
the seconds that training took, without those of compiling and playing. Settings are compared on levels
that are neither trained on nor in a pack: a pack must not help to choose what is then scored on it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import tyro

from gmbench.agents.ppo import PPO
from gmbench.benchmarks.freeze import reference_returns
from gmbench.benchmarks.packs import load_pack, load_references, references_of
from gmbench.benchmarks.playing import play
from gmbench.benchmarks.scoring import References, capability
from gmbench.benchmarks.tasks import load_task
from gmbench.benchmarks.tasks.task import PACKS, Task
from gmbench.envs.core.levels import training_pool
from gmbench.errors import UsageError
from gmbench.runs.evaluation import evaluation_keys
from gmbench.runs.run import TRAINING_LEVELS_SEED, make_algorithm
from gmbench.runs.settings import Settings, settle, training_levels
from gmbench.runs.training import Cohort, updates_of

VALIDATION_SEED, VALIDATION_LEVELS = 77, 256
"""The levels that settings are compared on: others than those trained on, and none that a pack may hold."""


@dataclasses.dataclass(frozen=True)
class Point:
    """A point of a learning curve.

    Attributes:
        steps: taken so far, of each seed.
        seconds: that training took so far.
        capability: mean over the seeds.
    """

    steps: int
    seconds: float
    capability: float


def curve(
    task: Task, settings: Settings, algorithm: PPO, levels: Any, references: References, points: int
) -> Iterator[Point]:
    """Trains seeds together, and plays ``points`` times in between, at equal distances."""
    params = task.env.params(training_levels(task, settings.levels, settings.alpha, TRAINING_LEVELS_SEED))
    seeds = range(settings.seeds)
    cohort = Cohort.begin(algorithm, params, seeds)
    for done, seconds in cohort.pauses(updates_of(algorithm, settings.steps), points):
        policies = jax.vmap(algorithm.policy)(cohort.learners(settings.seeds))
        episodes = play(task, policies, levels, evaluation_keys(seeds))
        skill = capability(np.mean(episodes.returns, axis=1), references)
        yield Point(done * algorithm.steps_per_update, seconds, float(np.mean(skill)))


def validation(task: Task) -> tuple[Any, References]:
    """Levels to compare settings on, and what the reference policies achieve on them."""
    levels = training_pool(task.training_levels(), jax.random.key(VALIDATION_SEED), VALIDATION_LEVELS)
    return levels, references_of(task, reference_returns(task, levels))


def learner(task: Task, settings: Settings, variant: dict[str, Any]) -> PPO:
    """PPO with the task's settings but for those of the variant; lists stand for tuples."""
    ppo: PPO = make_algorithm(task, settings)  # type: ignore[assignment]
    changes: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in variant.items()
    }
    try:
        config = dataclasses.replace(ppo.config, **changes)
    except (TypeError, ValueError) as error:
        raise UsageError(f"PPO cannot be had with {json.dumps(variant)}: {error}") from error
    return PPO.for_steps(ppo.env, settings.steps, config)


def summary(variant: dict[str, Any], points: list[Point], seeds: int, target: float) -> str:
    """A line on one curve."""
    name = ", ".join(f"{key} {value}" for key, value in variant.items()) or "as it is"
    reached = next((point for point in points if point.capability >= target), None)
    when = "never" if reached is None else f"after {reached.steps:,} steps, {reached.seconds:.1f} s"
    last = points[-1]
    rate = seeds * last.steps / last.seconds
    return (
        f"{name}: {target} {when}; {last.capability:.3f} after {last.steps:,} steps, {last.seconds:.1f} s "
        f"({rate:,.0f} steps/s)"
    )


def read_variants(path: Path | None) -> list[dict[str, Any]]:
    """The variants in a JSON file; without one, just the task's own settings."""
    if path is None:
        return [{}]
    try:
        variants = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(variants, list) or not all(isinstance(variant, dict) for variant in variants):
        raise UsageError(f"{path} must hold a list of objects, each with settings of PPO")
    return variants


def compare(
    task: tyro.conf.Positional[str],
    variants: Path | None = None,
    pack: str | None = None,
    out: Path | None = None,
    target: float = 0.9,
    seeds: int | None = None,
    steps: int | None = None,
    points: int = 20,
) -> None:
    """Prints how soon learners become competent.

    Args:
        task: id of a task.
        variants: a JSON file, a list of objects, each with the settings of PPO that differ from the task's.
        pack: play the levels of this pack, not those that settings are compared on.
        out: a file that gets every curve as a line of JSON, as soon as it is there.
        target: the capability that counts as competence.
        seeds: trained together; those of the quick budget unless given.
        steps: of each seed; those of the quick budget unless given.
        points: of a curve.
    """
    loaded = load_task(task)
    chosen = read_variants(variants)
    if pack is not None and pack not in PACKS:
        raise UsageError(f"there is no pack {pack!r}; the packs are {', '.join(PACKS)}")
    settings = settle(loaded, seeds=seeds, steps=steps)
    learners = [learner(loaded, settings, variant) for variant in chosen]
    played = validation(loaded) if pack is None else (load_pack(loaded, pack), load_references(loaded)[pack])
    for variant, ppo in zip(chosen, learners, strict=True):
        found = list(curve(loaded, settings, ppo, *played, points))
        print(summary(variant, found, settings.seeds, target), flush=True)
        if out is not None:
            line = {"variant": variant, "points": [dataclasses.asdict(point) for point in found]}
            with out.open("a") as file:
                file.write(json.dumps(line) + "\n")


def main() -> None:
    """Reads the command line."""
    try:
        tyro.cli(compare)
    except UsageError as error:
        sys.exit(f"gmbench.studies.competence: {error}")


if __name__ == "__main__":
    main()
