"""Populations of seeds, from which the study of intervals draws samples: made up, and values of stored runs.

Populations are finite, so that their means are known
exactly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.statistics import FRACTION, UNLIMITED, Limits
from gmbench.errors import UsageError
from gmbench.runs.storage.files import read_json

VALUES = Path(__file__).parent / "data" / "seed_values.json"
"""The figures of every seed of the stored runs, and the commands that made them; see `seed_values`."""
SHARES = ("goal", "proxy")
"""The shares that are stored."""
RATIOS = ("capability_generalization", "goal_generalization")
"""The ratios that are stored, of the seeds for which they are defined."""
MEMBERS = 4000
"""Number of members of a population that is made up."""
DIGITS = 4
"""Decimal digits of the stored figures."""


@dataclasses.dataclass(frozen=True)
class Population:
    """One population, or several between which samples are divided equally.

    Attributes:
        name: what kind of seeds it has.
        values: float[populations, members].
        limits: the least and the greatest value that the quantity can have.
    """

    name: str
    values: np.ndarray
    limits: Limits = FRACTION

    def draw(self, samples: int, seeds: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draws samples with replacement: float[samples, seeds], and the true means, float[samples]."""
        source = np.arange(samples) % len(self.values)
        member = rng.integers(0, self.values.shape[1], (samples, seeds))
        return self.values[source[:, None], member], self.values.mean(axis=1)[source]


def populations() -> list[Population]:
    """Returns the populations of single tasks: made up ones, four of stored runs, and all stored runs."""
    stored = read_json(VALUES)["runs"]
    shares = _varied(stored, SHARES)
    ratios = _varied(stored, RATIOS)
    capabilities = _varied(stored, ("capability",))
    return [
        *made_up(),
        *(_stored(stored, *figure) for figure in (("follow-v1-control", "goal"), ("keys-v1", "goal"))),
        *(_stored(stored, *figure) for figure in (("query-v1", "proxy"), ("memory-v1-control", "goal"))),
        Population(f"all {len(shares)} shares of stored runs that vary", shares),
        Population(f"all {len(capabilities)} capabilities (iid) of them", capabilities, UNLIMITED),
        Population(f"all {len(ratios)} K and G of them", ratios, UNLIMITED),
    ]


def _varied(stored: Mapping[str, Any], figures: Sequence[str]) -> np.ndarray:
    """The values of all runs in which a figure is defined for all seeds and not the same: float[runs, seeds].

    An interval of equal seeds always covers the mean of the population of these seeds.
    """
    found = [np.array(run[figure], float) for run in stored.values() for figure in figures]
    return np.array(
        [values for values in found if len(set(values.tolist())) > 1 and np.isfinite(values).all()]
    )


def made_up() -> list[Population]:
    """Returns the populations that are made up: seeds of one kind, and seeds of two kinds."""
    return [
        Population("one kind: normal, .5 ± .1", _quantiles(stats.norm(0.5, 0.1))),
        Population("one kind, near 1: Beta(20, 1)", _quantiles(stats.beta(20, 1))),
        Population("one kind, near 0: Beta(2, 20)", _quantiles(stats.beta(2, 20))),
        Population("two kinds, .1 and .9: half and half", _two_kinds(0.5)),
        Population("two kinds: one in four at .9", _two_kinds(0.25)),
        Population("two kinds: one in ten at .9", _two_kinds(0.1)),
    ]


def suites() -> dict[str, list[Population]]:
    """Returns suites of the fourteen tasks: those of stored runs, and one of all kinds that are made up."""
    stored = read_json(VALUES)["runs"]
    kinds = made_up()
    return {
        "14 stored runs: proxy share": _stored_suite(stored, "", "proxy"),
        "14 stored controls: goal share": _stored_suite(stored, "-control", "goal"),
        "14 tasks of the six kinds made up": [kinds[index % len(kinds)] for index in range(14)],
    }


def seed_values(directories: Sequence[Path]) -> dict[str, Any]:
    """Returns what is stored of runs for this study: the figures of every seed, and the command.

    Args:
        directories: directories of complete runs; their names become the names of the populations.

    Raises:
        UsageError: a file is missing or damaged, or the runs have different numbers of seeds with shares.
    """
    runs = {directory.name: _run_values(directory) for directory in sorted(directories)}
    counts = {len(run[share]) for run in runs.values() for share in SHARES}
    if len(counts) != 1:
        raise UsageError(f"all runs must have the same number of seeds, not {sorted(counts)}")
    return {"runs": runs}


def _run_values(directory: Path) -> dict[str, Any]:
    manifest, scores = read_json(directory / "manifest.json"), read_json(directory / "scores.json")
    command = (
        f"gmbench run {manifest['task']} --budget {manifest['budget']} --alpha {manifest['alpha']:g} "
        f"--out runs/{directory.name}"
    )
    return {
        "command": command,
        **{share: [_rounded(seed["shares"][share]) for seed in scores["per_seed"]] for share in SHARES},
        "capability": [_rounded(seed["capability"]["iid"]) for seed in scores["per_seed"]],
        **{ratio: [_rounded(seed[ratio]) for seed in scores["per_seed"]] for ratio in RATIOS},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _stored(stored: Mapping[str, Any], run: str, share: str) -> Population:
    return Population(f"stored run {run}: {share} share", np.array([stored[run][share]]))


def _stored_suite(stored: Mapping[str, Any], ending: str, share: str) -> list[Population]:
    """One population for each task: its run with this ending."""
    return [_stored(stored, f"{task}{ending}", share) for task in TASKS]


def _two_kinds(share: float) -> np.ndarray:
    """Seeds of which this share lies at .9 and the others at .1, each with a standard deviation of .03."""
    second = round(MEMBERS * share)
    kinds = (stats.norm(0.1, 0.03), MEMBERS - second), (stats.norm(0.9, 0.03), second)
    return np.concatenate([_quantiles(*kind) for kind in kinds], axis=1)


def _quantiles(distribution: Any, members: int = MEMBERS) -> np.ndarray:
    """Equally probable values of a distribution within [0, 1]: float[1, members]."""
    return np.clip(distribution.ppf((np.arange(members) + 0.5) / members), 0, 1)[None]
