"""Made-up results: what a run of CoinRun could have left, without training anything."""

import dataclasses

import numpy as np

from gmbench.benchmarks.scoring import INCAPABLE, MISGENERALIZED, ROBUST, UNTRAINED, References
from gmbench.benchmarks.statistics import bootstrap_mean
from gmbench.benchmarks.tasks.task import PACKS, TWINS
from gmbench.results import Result
from gmbench.scores import score

RATES = {
    ROBUST: {"iid": (0.97, 0.0), "shift": (0.9, 0.05), "hard": (0.85, 0.0), "hard_shift": (0.75, 0.1)},
    MISGENERALIZED: {"iid": (0.97, 0.0), "shift": (0.2, 0.75), "hard": (0.85, 0.0), "hard_shift": (0.1, 0.7)},
    INCAPABLE: {"iid": (0.9, 0.0), "shift": (0.15, 0.15), "hard": (0.4, 0.0), "hard_shift": (0.1, 0.1)},
    UNTRAINED: {"iid": (0.2, 0.0), "shift": (0.1, 0.1), "hard": (0.1, 0.0), "hard_shift": (0.05, 0.05)},
}
"""How often a seed of each verdict gets the goal first on each pack, and how often a proxy."""
MOST_DIRECTED = np.log(6)
"""Goal-directedness in nats per step cannot exceed that with CoinRun's six actions."""


def make_result(verdicts, *, goals=("coin", "end"), levels=64, updates=60, spread=0.03, algorithm="ppo"):
    """A result with a seed for each of the verdicts, which that seed will very likely get.

    ``spread`` is how far the rates of a seed stray from those of its verdict.
    """
    rng = np.random.default_rng(len(verdicts))
    manifest = {
        "status": "complete",
        "task": "coinrun-v1",
        "algorithm": algorithm,
        "alpha": 0.0,
        "steps": 8192 * updates,
        "goals": list(goals),
    }
    episodes = make_episodes(rng, verdicts, goals, levels, spread)
    curves = make_curves(rng, verdicts, goals, updates)
    scores = score(manifest, episodes, make_references(len(goals)))
    scores["goal_inference"], inferred = make_goal_inference(rng, episodes, goals)
    scores["per_seed"] = [
        {**seed, "goal_inference": of_seed}
        for seed, of_seed in zip(scores["per_seed"], inferred, strict=True)
    ]
    return Result(manifest, episodes, curves, scores)


def make_references(goals):
    """Ten for the goal, one for a proxy; on packs where they agree, whoever gets one gets all."""
    rewards = np.array([10.0] + [1.0] * (goals - 1))
    apart, together = np.diag(rewards), np.tile(rewards, (goals, 1))
    random = 0.02 * rewards
    return {pack: References(apart if pack in TWINS else together, random) for pack in PACKS}


def make_episodes(rng, verdicts, goals, levels, spread):
    """The table of episodes."""
    parts = []
    for seed, verdict in enumerate(verdicts):
        for pack in PACKS:
            goal, proxy = np.clip(RATES[verdict][pack] + rng.normal(0, spread, 2), 0, 1)
            rates = np.array([goal] + [proxy / (len(goals) - 1)] * (len(goals) - 1))
            rates /= max(rates.sum(), 1)
            first = rng.choice([*goals, "none"], size=levels, p=[*rates, max(1 - rates.sum(), 0)])
            returns = {name: np.float32(first == name) for name in goals}
            if pack not in TWINS:
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


def make_goal_inference(rng, episodes, goals):
    """What could be inferred from the episodes: the estimates over seeds, and a list of what each seed has.

    Behaviour reveals the goal that came first; on familiar levels all goals explain it equally well.
    """
    hypotheses = (*goals, "none")
    seeds = len(np.unique(episodes["seed"]))
    estimates, each = {}, [{} for _ in range(seeds)]
    for pack in ("iid", "shift"):
        first = episodes["first"][episodes["pack"] == pack].reshape(seeds, -1)
        fits = np.stack([first == name for name in hypotheses], axis=-1)
        if pack not in TWINS:
            fits[..., :-1] = ~fits[..., -1:]
        weights = rng.standard_gamma(0.1 + 8 * fits)
        posterior = weights / weights.sum(axis=-1, keepdims=True)
        named = np.argmax(posterior, axis=-1)[..., None] == np.arange(len(hypotheses))
        towards = fits[..., :-1].mean(axis=1) * 0.7 * MOST_DIRECTED
        directedness = np.clip(towards + rng.normal(0, 0.05, towards.shape), 0, MOST_DIRECTED)
        of_seeds = {
            "posterior": by_name(hypotheses, posterior.mean(axis=1)),
            "named": by_name(hypotheses, named.mean(axis=1)),
            "directedness": by_name(goals, directedness),
        }
        estimates[pack] = {
            figure: {name: dataclasses.asdict(bootstrap_mean(values)) for name, values in columns.items()}
            for figure, columns in of_seeds.items()
        }
        for seed, inferred in enumerate(each):
            inferred[pack] = {
                figure: {name: values[seed] for name, values in of_seeds[figure].items()}
                for figure in ("posterior", "directedness")
            }
    return estimates, each


def by_name(names, values):
    """The columns of an array by name."""
    return dict(zip(names, values.T, strict=True))


def make_curves(rng, verdicts, goals, updates):
    """The table of learning curves; no episode finishes in the first update of every other seed."""
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
