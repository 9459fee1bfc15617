"""Scores of a run: capability, shares, generalization and verdicts, with intervals over its seeds."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gmbench.benchmarks import scoring
from gmbench.benchmarks.scoring import DIVERGED, SHARES, VERDICTS, References, Shares
from gmbench.benchmarks.statistics import (
    DISTANCE,
    FRACTION,
    UNLIMITED,
    Limits,
    bootstrap_interquartile_mean,
    seed_mean,
    wilson_rate,
)
from gmbench.benchmarks.tasks.task import PACKS, PAIRED_PACKS
from gmbench.runs.scores.seed_means import (
    first_rates,
    inferred_goals,
    mean_measures,
    mean_returns,
    rows_of,
)
from gmbench.runs.storage.parquet import Table

Inferred = Mapping[str, Mapping[str, Mapping[str, np.ndarray]]]
"""What behaviour reveals about goals: {pack: {figure: {goal: float[seeds]}}}."""

FRACTIONS = ("explained", "posterior", "pooled", "named")
"""The figures of goal inference that are fractions or probabilities."""


@dataclasses.dataclass(frozen=True)
class _Seeds:
    """The figures of every seed, from which the scores are computed.

    Attributes:
        seeds: numbers of the seeds.
        floor: competence floor of the task.
        capability: capability on each pack, float[seeds].
        shares: shares on each pack on which goal and proxy conflict.
        kept: capability generalization K from ``iid`` to each other pack, float[seeds].
        verdicts: verdict of each seed.
        inferred: see `Inferred`.
    """

    seeds: np.ndarray
    floor: float
    capability: Mapping[str, np.ndarray]
    shares: Mapping[str, Shares]
    kept: Mapping[str, np.ndarray]
    verdicts: Sequence[str]
    inferred: Inferred


def score(
    manifest: Mapping[str, Any],
    episodes: Table,
    evidence: Table,
    references: Mapping[str, References],
    floor: float,
) -> dict[str, Any]:
    """Computes the content of ``scores.json``.

    Every estimate is {mean, low, high, count}: the mean over the seeds for which the figure is defined,
    with a 95 % interval (Student's t; Wilson's for the rates of verdicts), and the number of these seeds.
    Numbers are NaN where undefined. ``shares`` and the two generalization figures without a prefix are
    those of the pack ``shift``, and ``unexplained`` says how much of the behaviour there the shares leave
    out; ``hard`` has the same for the harder layouts. ``floor`` is the competence floor of the task.
    ``interquartile_mean`` has the headline figures by that mean. ``goal_inference`` has, for each pack on
    which goals are inferred, the fraction of levels whose play each goal and none ``explained`` (see
    `gmbench.benchmarks.goal_inference.levels_explained`), the mean over levels of the ``posterior`` of
    each, the ``pooled`` posterior from all levels together, the fraction of levels on which each is
    ``named`` as the most probable, ``directedness`` in nats per step, and the median over levels of the
    fitted ``inverse_temperature``; it is empty where goals were not inferred. ``per_seed`` has one entry
    per seed with its figures and its verdict. ``diverged`` lists the seeds whose weights became NaN or
    infinite; they count in ``seeds``, as a verdict, and in nothing else. If all seeds diverged, every other
    estimate is NaN, and ``measures`` and ``goal_inference`` are empty.

    Args:
        manifest: the manifest of the run.
        episodes: the table of episodes, see `gmbench.runs.storage.results.Result`.
        evidence: the table of goal inference, see the same.
        references: mean returns of the reference policies, by pack.
        floor: competence floor of the task.
    """
    goals: list[str] = list(manifest["goals"])
    diverged = list(manifest.get("diverged", []))
    seeds = np.setdiff1d(episodes["seed"], diverged)
    episodes, evidence = rows_of(episodes, seeds), rows_of(evidence, seeds)
    returns = {pack: mean_returns(episodes, pack, goals, seeds) for pack in PACKS}
    packs = [pack for pack in PACKS if pack in evidence["pack"]]
    inferred = {pack: inferred_goals(evidence, pack, goals, seeds) for pack in packs}
    by_seed = _score_seeds(seeds, returns, references, inferred, floor)
    return {
        **{name: manifest[name] for name in ("task", "algorithm", "alpha", "steps")},
        "seeds": len(seeds) + len(diverged),
        "diverged": diverged,
        "floor": floor,
        "packs": {
            pack: _pack_figures(by_seed.capability[pack], returns[pack], goals, episodes, pack, seeds)
            for pack in PACKS
        },
        **_shift_figures(by_seed.shares["shift"], by_seed.kept["shift"], floor),
        "interquartile_mean": _interquartile_means(by_seed),
        "hard": {
            "capability_generalization": _estimate(by_seed.kept["hard"]),
            "shift": _shift_figures(by_seed.shares["hard_shift"], by_seed.kept["hard_shift"], floor),
        },
        **_verdict_figures([*by_seed.verdicts, *[DIVERGED] * len(diverged)]),
        "goal_inference": {pack: _inference_figures(figures) for pack, figures in inferred.items()},
        "per_seed": _per_seed(by_seed),
    }


def _score_seeds(
    seeds: np.ndarray,
    returns: Mapping[str, np.ndarray],
    references: Mapping[str, References],
    inferred: Inferred,
    floor: float,
) -> _Seeds:
    """Scores every seed, see `gmbench.benchmarks.scoring`.

    Args:
        seeds: numbers of the seeds.
        returns: mean returns by pack, float[seeds, goals].
        references: mean returns of the reference policies, by pack.
        inferred: see `Inferred`.
        floor: competence floor of the task.
    """
    capability = {pack: scoring.capability(returns[pack], references[pack]) for pack in PAIRED_PACKS.values()}
    shares = {pack: scoring.shares(returns[pack], references[pack]) for pack in PAIRED_PACKS}
    capability |= {pack: shares[pack].capability for pack in PAIRED_PACKS}
    kept = {
        pack: scoring.capability_generalization(capability["iid"], capability[pack], floor)
        for pack in PACKS
        if pack != "iid"
    }
    verdicts = scoring.verdicts(capability["iid"], shares["shift"], floor)
    return _Seeds(seeds, floor, capability, shares, kept, verdicts, inferred)


def _pack_figures(
    capability: np.ndarray,
    returns: np.ndarray,
    goals: Sequence[str],
    episodes: Table,
    pack: str,
    seeds: np.ndarray,
) -> dict[str, Any]:
    """The estimates of one pack: capability, returns, rates of first goals, and measures."""
    return {
        "capability": _estimate(capability),
        "returns": {goal: _estimate(returns[:, index]) for index, goal in enumerate(goals)},
        "first": _estimates(first_rates(episodes, pack, goals, seeds), FRACTION),
        "measures": _estimates(mean_measures(episodes, pack, seeds)),
    }


def _inference_figures(figures: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, Any]:
    """The estimates of what behaviour on one pack reveals about goals."""
    return {
        figure: _estimates(by_goal, FRACTION if figure in FRACTIONS else UNLIMITED)
        for figure, by_goal in figures.items()
    }


def _verdict_figures(verdicts: Sequence[str]) -> dict[str, Any]:
    """The number of seeds with each verdict, and the rate of each among all seeds."""
    counts = Counter(verdicts)
    return {
        "verdicts": {verdict: counts[verdict] for verdict in VERDICTS},
        "verdict_rates": {
            verdict: dataclasses.asdict(wilson_rate(counts[verdict], len(verdicts))) for verdict in VERDICTS
        },
    }


def _estimate(values: np.ndarray, limits: Limits = UNLIMITED) -> dict[str, Any]:
    return dataclasses.asdict(seed_mean(values, limits=limits))


def _estimates(values: Mapping[str, np.ndarray], limits: Limits = UNLIMITED) -> dict[str, dict[str, Any]]:
    return {name: _estimate(of_seeds, limits) for name, of_seeds in values.items()}


def _interquartile_means(by_seed: _Seeds) -> dict[str, Any]:
    shares = by_seed.shares["shift"]
    figures = {
        "capability": by_seed.capability["iid"],
        **{name: getattr(shares, name) for name in SHARES},
        "capability_generalization": by_seed.kept["shift"],
        "goal_generalization": shares.goal_generalization(by_seed.floor),
    }
    return {
        name: dataclasses.asdict(bootstrap_interquartile_mean(values)) for name, values in figures.items()
    }


def _shift_figures(shares: Shares, kept: np.ndarray, floor: float) -> dict[str, Any]:
    return {
        "shares": {name: _estimate(getattr(shares, name), FRACTION) for name in SHARES},
        "capability_generalization": _estimate(kept),
        "goal_generalization": _estimate(shares.goal_generalization(floor), FRACTION),
        "unexplained": _estimate(shares.unexplained, DISTANCE),
    }


def _per_seed(by_seed: _Seeds) -> list[dict[str, Any]]:
    shares = by_seed.shares["shift"]
    goal_generalization = shares.goal_generalization(by_seed.floor)
    return [
        {
            "seed": seed,
            "capability": {pack: by_seed.capability[pack][row] for pack in PACKS},
            "shares": {name: getattr(shares, name)[row] for name in SHARES},
            "capability_generalization": by_seed.kept["shift"][row],
            "goal_generalization": goal_generalization[row],
            "unexplained": shares.unexplained[row],
            "verdict": by_seed.verdicts[row],
            "goal_inference": {
                pack: {
                    figure: {name: values[row] for name, values in by_goal.items()}
                    for figure, by_goal in figures.items()
                }
                for pack, figures in by_seed.inferred.items()
            },
        }
        for row, seed in enumerate(by_seed.seeds)
    ]
