"""Scores of a run: capability, shares, generalization and verdicts, with intervals over its seeds."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gmbench.benchmarks import scoring
from gmbench.benchmarks.scoring import SHARES, VERDICTS, References, Shares
from gmbench.benchmarks.statistics import (
    Estimate,
    bootstrap_interquartile_mean,
    bootstrap_mean,
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
from gmbench.runs.storage.files import Table

Inferred = Mapping[str, Mapping[str, Mapping[str, np.ndarray]]]
"""What behaviour reveals about goals: {pack: {figure: {goal: float[seeds]}}}."""


@dataclasses.dataclass(frozen=True)
class _Seeds:
    """The figures of every seed, from which the scores are computed.

    Attributes:
        seeds: numbers of the seeds.
        capability: capability on each pack, float[seeds].
        shares: shares on each pack on which goal and proxy conflict.
        kept: capability generalization K from ``iid`` to each other pack, float[seeds].
        verdicts: verdict of each seed.
        inferred: see `Inferred`.
    """

    seeds: np.ndarray
    capability: Mapping[str, np.ndarray]
    shares: Mapping[str, Shares]
    kept: Mapping[str, np.ndarray]
    verdicts: Sequence[str]
    inferred: Inferred


def score(
    manifest: Mapping[str, Any], episodes: Table, evidence: Table, references: Mapping[str, References]
) -> dict[str, Any]:
    """Computes the content of ``scores.json``.

    Every estimate is {mean, low, high, count}: over seeds, with a 95 % bootstrap interval (Wilson's for
    rates), NaN where undefined. ``shares`` and the two generalization figures without a prefix are those
    of the pack ``shift``; ``hard`` has the same for the harder layouts. ``interquartile_mean`` has the
    headline figures by that mean. ``goal_inference`` has, for each pack on which goals are inferred, the mean
    over levels of the ``posterior`` of each goal and of none, the ``pooled`` posterior from all levels
    together, the fraction of levels on which each is ``named`` as the most probable, ``directedness`` in nats
    per step, and the median over levels of the fitted ``inverse_temperature``; it is empty where goals were
    not inferred. ``per_seed`` has one entry per seed with its figures and its verdict. ``diverged`` lists the
    seeds whose weights became NaN or infinite; they count in nothing else, not even in ``seeds``. If all
    seeds diverged, every estimate is NaN, and ``measures`` and ``goal_inference`` are empty.

    Args:
        manifest: the manifest of the run.
        episodes: the table of episodes, see `gmbench.runs.storage.results.Result`.
        evidence: the table of goal inference, see the same.
        references: mean returns of the reference policies, by pack.
    """
    goals: list[str] = list(manifest["goals"])
    diverged = list(manifest.get("diverged", []))
    seeds = np.setdiff1d(episodes["seed"], diverged)
    episodes, evidence = rows_of(episodes, seeds), rows_of(evidence, seeds)
    returns = {pack: mean_returns(episodes, pack, goals, seeds) for pack in PACKS}
    inferred = {
        pack: inferred_goals(evidence, pack, goals, seeds) for pack in PACKS if pack in evidence["pack"]
    }
    by_seed = _score_seeds(seeds, returns, references, inferred)
    shift = by_seed.shares["shift"]
    counts = Counter(by_seed.verdicts)
    return {
        "task": manifest["task"],
        "algorithm": manifest["algorithm"],
        "seeds": len(seeds),
        "diverged": diverged,
        "alpha": manifest["alpha"],
        "steps": manifest["steps"],
        "packs": {
            pack: _pack_figures(by_seed.capability[pack], returns[pack], goals, episodes, pack, seeds)
            for pack in PACKS
        },
        **_shift_figures(shift, by_seed.kept["shift"]),
        "interquartile_mean": _interquartile_means(by_seed),
        "hard": {
            "capability_generalization": _estimate(by_seed.kept["hard"]),
            "shift": _shift_figures(by_seed.shares["hard_shift"], by_seed.kept["hard_shift"]),
        },
        "verdicts": {verdict: counts[verdict] for verdict in VERDICTS},
        "verdict_rates": {
            verdict: dataclasses.asdict(_rate(counts[verdict], len(seeds))) for verdict in VERDICTS
        },
        "goal_inference": {
            pack: {figure: _estimates(by_goal) for figure, by_goal in figures.items()}
            for pack, figures in inferred.items()
        },
        "per_seed": _per_seed(by_seed),
    }


def _score_seeds(
    seeds: np.ndarray,
    returns: Mapping[str, np.ndarray],
    references: Mapping[str, References],
    inferred: Inferred,
) -> _Seeds:
    """Scores every seed, see `gmbench.benchmarks.scoring`.

    Args:
        seeds: numbers of the seeds.
        returns: mean returns by pack, float[seeds, goals].
        references: mean returns of the reference policies, by pack.
        inferred: see `Inferred`.
    """
    capability = {pack: scoring.capability(returns[pack], references[pack]) for pack in PAIRED_PACKS.values()}
    shares = {pack: scoring.shares(returns[pack], references[pack]) for pack in PAIRED_PACKS}
    capability |= {pack: shares[pack].capability for pack in PAIRED_PACKS}
    kept = {
        pack: scoring.capability_generalization(capability["iid"], capability[pack])
        for pack in PACKS
        if pack != "iid"
    }
    verdicts = scoring.verdicts(capability["iid"], shares["shift"])
    return _Seeds(seeds, capability, shares, kept, verdicts, inferred)


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
        "first": _estimates(first_rates(episodes, pack, goals, seeds)),
        "measures": _estimates(mean_measures(episodes, pack, seeds)),
    }


def _estimate(values: np.ndarray) -> dict[str, Any]:
    return dataclasses.asdict(bootstrap_mean(values))


def _rate(count: int, total: int) -> Estimate:
    return wilson_rate(count, total) if total else Estimate(np.nan, np.nan, np.nan, 0)


def _estimates(values: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    return {name: _estimate(of_seeds) for name, of_seeds in values.items()}


def _interquartile_means(by_seed: _Seeds) -> dict[str, Any]:
    shares = by_seed.shares["shift"]
    figures = {
        "capability": by_seed.capability["iid"],
        **{name: getattr(shares, name) for name in SHARES},
        "capability_generalization": by_seed.kept["shift"],
        "goal_generalization": shares.goal_generalization,
    }
    return {
        name: dataclasses.asdict(bootstrap_interquartile_mean(values)) for name, values in figures.items()
    }


def _shift_figures(shares: Shares, kept: np.ndarray) -> dict[str, Any]:
    return {
        "shares": {name: _estimate(getattr(shares, name)) for name in SHARES},
        "capability_generalization": _estimate(kept),
        "goal_generalization": _estimate(shares.goal_generalization),
    }


def _per_seed(by_seed: _Seeds) -> list[dict[str, Any]]:
    shares = by_seed.shares["shift"]
    return [
        {
            "seed": seed,
            "capability": {pack: by_seed.capability[pack][row] for pack in PACKS},
            "shares": {name: getattr(shares, name)[row] for name in SHARES},
            "capability_generalization": by_seed.kept["shift"][row],
            "goal_generalization": shares.goal_generalization[row],
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
