"""Probes: policies made by rule, which show what the scores of a task say about behaviour that is known.

The battery of a task holds its reference policies, the same with some of their actions random, mixtures that
follow different policies on different levels, policies that do not look (every constant action), the policy
that takes the nearest thing whatever it is, and rules that the task adds. A score that mistakes one of them
cannot be trusted with agents.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.agents.planning import Planner
from gmbench.agents.reference import (
    ClumsyPolicy,
    ConstantPolicy,
    PlannedPolicy,
    ScriptedPolicy,
    WholeStates,
    optimal_actions,
)
from gmbench.benchmarks.playing import (
    join_chunks,
    play,
    play_randomly,
    reference_observation,
    reference_policies,
    split_into_chunks,
)
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.definition import Goal
from gmbench.envs.core.environment import Environment
from gmbench.envs.core.levels import pool_size

RANDOMNESS = (0.1, 0.3, 0.5)
"""Fractions of random actions of the clumsy policies."""
RANDOM_EPISODES = 32
"""Episodes of the random policy on each level."""
GROUP = 4
"""Number of mixtures that are played at once. It bounds the memory of their plans."""
RANDOM, NEAREST = "random", "the nearest thing"
"""Names of the random policy and of the policy that takes the nearest thing, whatever it is."""


@dataclasses.dataclass(frozen=True)
class Mixture:
    """A probe that follows a reference policy on each level.

    Attributes:
        name: its name.
        members: what it follows: the index of a goal, or None for the random policy. With n members, it
            follows one of them on every n-th level.
        randomness: fraction of its actions that are random.
    """

    name: str
    members: tuple[int | None, ...]
    randomness: float = 0.0


def mixtures(task: Task) -> list[Mixture]:
    """Makes the probes of a task that follow its reference policies: pure, clumsy and mixed over levels."""
    names = [goal.name for goal in task.env.goals]
    made = "optimal" if task.planned else "scripted"
    found = [Mixture(f"{made} for {name}", (index,)) for index, name in enumerate(names)]
    for index, name in enumerate(names):
        found += [Mixture(f"{name}, {part:.0%} random", (index,), part) for part in RANDOMNESS]
    found += [Mixture(f"half {name}, half random", (index, None)) for index, name in enumerate(names)]
    for proxy in range(1, len(names)):
        found.append(Mixture(f"half {names[0]}, half {names[proxy]}", (0, proxy)))
        found.append(Mixture(f"thirds: {names[0]}, {names[proxy]}, random", (0, proxy, None)))
    if len(names) > 2:
        found.append(Mixture("each proxy equally", tuple(range(1, len(names)))))
    return found


def play_probes(task: Task, levels: Any) -> dict[str, np.ndarray]:
    """Plays all probes of a task on the levels of a pack. Returns mean returns, float[goals], by name."""
    env = task.env
    found = _play_mixtures(task, levels, mixtures(task))
    found[RANDOM] = _mean_returns(play_randomly(task, levels, jax.random.key(3), RANDOM_EPISODES))
    constant = play(task, ConstantPolicy(jnp.arange(env.num_actions)), levels, _keys(env.num_actions))
    found |= {f"always {name}": np.mean(constant.returns[i], axis=0) for i, name in enumerate(env.actions)}
    for name, script in task.probes.items():
        policy = ScriptedPolicy(jnp.zeros((1, pool_size(levels)), jnp.int32), (script,))
        found[name] = _mean_returns(play(task, policy, levels, _keys(1), WholeStates()))
    if task.planned:
        found[NEAREST] = _play_nearest(task, levels)
    return {name: np.asarray(returns, float) for name, returns in found.items()}


def mix_policies(policies: Any, chosen: np.ndarray) -> Any:
    """Makes policies that follow one of several reference policies on each level.

    Args:
        policies: planned or scripted policies, stacked on axis 0; axis 1 of the arrays is the level.
        chosen: int[mixtures, levels], index of the policy that each mixture follows on each level.
    """

    def mix(leaf: jax.Array) -> jax.Array:
        if leaf.ndim == 1:  # The array has no axis of levels, and is the same for all policies.
            return leaf[chosen[:, 0]]
        return leaf[chosen, np.arange(leaf.shape[1])]

    return jax.tree.map(mix, policies)


def _play_mixtures(task: Task, levels: Any, battery: Sequence[Mixture]) -> dict[str, np.ndarray]:
    """Plays mixtures. Each takes every position in turn, so that it does not matter which level is whose."""
    turns = [(mixture, turn) for mixture in battery for turn in range(len(mixture.members))]
    played = []
    for part in split_into_chunks(levels):
        policies = reference_policies(task, part)
        groups = list(_groups(task, policies, turns, pool_size(part)))
        episodes = [
            play(task, group, part, _keys(len(group.randomness)), reference_observation(task))
            for group in groups
        ]
        played.append(jax.tree.map(lambda *leaves: np.concatenate(leaves)[: len(turns)], *episodes))
    returns = np.mean(join_chunks(played).returns, axis=1, dtype=float)
    return {
        mixture.name: returns[[index for index, (of, _) in enumerate(turns) if of is mixture]].mean(axis=0)
        for mixture in battery
    }


def _groups(
    task: Task, policies: Any, turns: Sequence[tuple[Mixture, int]], levels: int
) -> Iterator[ClumsyPolicy]:
    """Makes the policies of `GROUP` turns after the other; the last group is filled with repetitions."""
    places = np.arange(levels)
    for start in range(0, len(turns), GROUP):
        group = [turns[min(start + place, len(turns) - 1)] for place in range(GROUP)]
        members = [[of.members[(k + turn) % len(of.members)] for k in places] for of, turn in group]
        chosen = np.array([[0 if member is None else member for member in row] for row in members])
        randomness = [
            [1.0 if member is None else mixture.randomness for member in row]
            for row, (mixture, _) in zip(members, group, strict=True)
        ]
        actions = jnp.full(GROUP, task.env.num_actions)
        yield ClumsyPolicy(mix_policies(policies, chosen), jnp.array(randomness, jnp.float32), actions)


@dataclasses.dataclass(frozen=True)
class _Anything:
    """The reward of the goal that any good event fulfils."""

    env: Environment[Any, Any]

    def __call__(self, level: Any, state: Any, action: jax.Array, following: Any) -> jax.Array:
        """Returns 1 if the step has a positive reward on any goal, as `Goal` requires."""
        return jnp.any(self.env.rewards(level, state, action, following) > 0).astype(jnp.float32)


def _play_nearest(task: Task, levels: Any) -> np.ndarray:
    """Plays the policies that have the next good event, whatever it is, as soon as possible."""
    env = dataclasses.replace(task.env, goals=(Goal("anything", _Anything(task.env)),))
    planner = Planner(env, task.first_only, task.planner.discount)
    played = []
    for part in split_into_chunks(levels):
        best = optimal_actions(planner, part)
        policies = PlannedPolicy(jnp.concatenate((best, best)), jnp.array([False, True]))
        played.append(play(task, policies, part, _keys(2), reference_observation(task)))
    return _mean_returns(join_chunks(played))


def _mean_returns(episodes: Any) -> np.ndarray:
    """The mean return of all policies on each goal: float[goals]."""
    return np.asarray(np.mean(episodes.returns, axis=(0, 1), dtype=float))


def _keys(count: int) -> jax.Array:
    return jax.random.split(jax.random.key(7), count)
