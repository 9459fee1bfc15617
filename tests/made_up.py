"""Made-up results: tables and scores like those of a run of CoinRun, for which nothing is trained."""

import numpy as np

from gmbench.benchmarks.scoring import (
    INCAPABLE,
    LOWEST_FLOOR,
    MISGENERALIZED,
    MIXED,
    ROBUST,
    SHIFT_ONLY,
    UNTRAINED,
    References,
)
from gmbench.benchmarks.tasks.task import PACKS, PAIRED_PACKS
from gmbench.runs.scores.run import score
from gmbench.runs.storage.results import Result

RATES = {
    ROBUST: {"iid": (0.97, 0.0), "shift": (0.9, 0.05), "hard": (0.85, 0.0), "hard_shift": (0.75, 0.1)},
    MISGENERALIZED: {"iid": (0.97, 0.0), "shift": (0.2, 0.75), "hard": (0.85, 0.0), "hard_shift": (0.1, 0.7)},
    MIXED: {"iid": (0.97, 0.0), "shift": (0.47, 0.48), "hard": (0.85, 0.0), "hard_shift": (0.4, 0.4)},
    INCAPABLE: {"iid": (0.9, 0.0), "shift": (0.15, 0.15), "hard": (0.4, 0.0), "hard_shift": (0.1, 0.1)},
    SHIFT_ONLY: {"iid": (0.1, 0.0), "shift": (0.9, 0.0), "hard": (0.1, 0.0), "hard_shift": (0.7, 0.0)},
    UNTRAINED: {"iid": (0.2, 0.0), "shift": (0.1, 0.1), "hard": (0.1, 0.0), "hard_shift": (0.05, 0.05)},
}
"""For each verdict and pack, the rates of episodes in which a seed reaches first the goal, and a proxy."""
MOST_DIRECTED = np.log(6)
"""The largest directedness in nats per step: CoinRun has six actions."""


def make_result(verdicts, *, goals=("coin", "end"), levels=64, updates=60, spread=0.03, algorithm="ppo"):
    """Makes a result with one seed per verdict; each seed very likely gets its verdict.

    Args:
        verdicts: the verdict of each seed.
        goals: names of the goals, the intended goal first.
        levels: number of levels in each pack.
        updates: number of updates in the learning curves.
        spread: standard deviation of the rates of a seed from those of its verdict, see `RATES`.
        algorithm: name of the algorithm.
    """
    rng = np.random.default_rng(len(verdicts))
    manifest = {
        "status": "complete",
        "task": "coinrun-v1",
        "algorithm": algorithm,
        "alpha": 0.0,
        "steps": 8192 * updates,
        "goals": list(goals),
        "counting": "first",
    }
    episodes = make_episodes(rng, verdicts, goals, levels, spread)
    curves = make_curves(rng, verdicts, goals, updates)
    evidence = make_goals_table(rng, episodes, goals)
    scores = score(manifest, episodes, evidence, make_references(len(goals)), LOWEST_FLOOR)
    return Result(manifest, episodes, evidence, curves, scores)


def make_task_scores():
    """Makes the scores of three tasks of a suite, by task, with eight seeds each."""
    verdicts = {
        "a-v1": [MISGENERALIZED] * 6 + [ROBUST] * 2,
        "b-v1": [ROBUST] * 5 + [INCAPABLE] * 3,
        "c-v1": [MISGENERALIZED] * 4 + [UNTRAINED] * 4,
    }
    return {task: {**make_result(kinds).scores, "task": task} for task, kinds in verdicts.items()}


def make_references(goals):
    """Makes reference returns on each pack: 10 for the goal, and 1 for each proxy.

    On packs where goal and proxy agree, a policy that is optimal for one is optimal for all.
    """
    rewards = np.array([10.0] + [1.0] * (goals - 1))
    conflict, agree = np.diag(rewards), np.tile(rewards, (goals, 1))
    random = 0.02 * rewards
    return {pack: References(conflict if pack in PAIRED_PACKS else agree, random) for pack in PACKS}


def make_episodes(rng, verdicts, goals, levels, spread):
    """Makes the table of episodes."""
    parts = []
    for seed, verdict in enumerate(verdicts):
        for pack in PACKS:
            goal, proxy = np.clip(RATES[verdict][pack] + rng.normal(0, spread, 2), 0, 1)
            rates = np.array([goal] + [proxy / (len(goals) - 1)] * (len(goals) - 1))
            rates /= max(rates.sum(), 1)
            first = rng.choice([*goals, "none"], size=levels, p=[*rates, max(1 - rates.sum(), 0)])
            returns = {name: np.float32(first == name) for name in goals}
            if pack not in PAIRED_PACKS:
                returns = {name: np.maximum(returns[name], first == goals[0]) for name in goals}
            returns[goals[0]] = 10 * returns[goals[0]]
            parts.append(
                {
                    "seed": np.full(levels, seed, np.int32),
                    "pack": np.full(levels, pack),
                    "level": np.arange(levels, dtype=np.int32),
                    **{f"return_{name}": values for name, values in returns.items()},
                    **{f"total_{name}": values for name, values in returns.items()},
                    "first": first,
                    "length": rng.integers(15, 120, levels, dtype=np.int32),
                    "end": np.where(first == "none", "timeout", "terminated"),
                }
            )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def make_goals_table(rng, episodes, goals):
    """Makes the table of goal inference for a table of episodes.

    The goal that came first is the most probable one. On training levels, all goals are equally probable.
    """
    parts = []
    for pack in ("iid", "shift"):
        rows = episodes["pack"] == pack
        first, length = episodes["first"][rows], episodes["length"][rows]
        fits = np.stack([first == name for name in (*goals, "none")], axis=-1)
        if pack not in PAIRED_PACKS:
            fits[:, :-1] = ~fits[:, -1:]
        weights = rng.standard_gamma(0.1 + 8 * fits)
        posterior = weights / weights.sum(axis=-1, keepdims=True)
        pooled = _pooled(posterior, episodes["seed"][rows])
        towards = 0.7 * MOST_DIRECTED * fits[:, :-1] + rng.uniform(0, 0.1, (len(first), len(goals)))
        nats = towards * length[:, None]
        parts.append(
            {
                **{name: episodes[name][rows] for name in ("seed", "pack", "level", "length")},
                **{f"posterior_{name}": posterior[:, index] for index, name in enumerate((*goals, "none"))},
                **{f"pooled_{name}": pooled[:, index] for index, name in enumerate((*goals, "none"))},
                **{f"nats_{name}": nats[:, index] for index, name in enumerate(goals)},
                **{f"inverse_temperature_{name}": np.full(len(first), 4.0) for name in goals},
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _pooled(posterior, seeds):
    """Makes the posterior from all levels of each seed: that of the product of the likelihoods."""
    logs = np.log(posterior + 1e-12)
    summed = np.stack([logs[seeds == seed].sum(axis=0) for seed in seeds])
    weights = np.exp(summed - summed.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def make_curves(rng, verdicts, goals, updates):
    """Makes the table of learning curves. For every other seed, no episode ends in the first update."""
    time = np.linspace(0, 1, updates)
    update = np.arange(1, updates + 1, dtype=np.int32)
    parts = []
    for seed, verdict in enumerate(verdicts):
        best = RATES[verdict]["iid"][0]
        learned = best / (1 + np.exp(-14 * (time - rng.uniform(0.25, 0.45))))
        rate = np.clip(learned + rng.normal(0, 0.02, updates), 0, 1).astype(np.float32)
        rate[0] = np.nan if seed % 2 else rate[0]
        parts.append(
            {
                "seed": np.full(updates, seed, np.int32),
                "update": update,
                "steps": update.astype(np.int64) * 8192,
                "episodes": np.full(updates, 100, np.int32),
                "length": 40 + 160 * (1 - rate),
                **{f"return_{name}": 0.98 * rate for name in goals},
                f"return_{goals[0]}": 10 * rate,
                "entropy": (1.6 - 1.3 * time + rng.normal(0, 0.03, updates)).astype(np.float32),
                "kl": np.full(updates, 0.01, np.float32),
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
