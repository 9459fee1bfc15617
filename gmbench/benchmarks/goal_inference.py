"""What goal the behaviour reveals: from trajectories and the planner's action values, nothing else.

Two answers for each candidate goal. Both hold the behaviour against policies that choose an action a in
state s with probability proportional to h(a) exp(beta A(s, a)). A(s, a) <= 0 is what the action costs of the
goal, against the best one, in units of what a delay of one step costs in that state: so steps far from the
goal, where all values are small, tell as much as those near it.

- The *posterior* (agents and devices, Orseau et al. 2018): here h are the agent's own habits, the Krichevsky-
  Trofimov estimate from its earlier actions in the episode. Habits alone, beta = 0, are the device, which
  pursues no goal; so whatever routine can explain tells for no goal. Beta is integrated out over
  `INVERSE_TEMPERATURES` from `LEAST_PURSUIT` on. The prior is one half for no goal, and the same for each
  goal.
- The *directedness* (maximum-entropy goal-directedness, MacDermott et al. 2024): here h is uniform, and beta
  is the one that predicts the episode best. It is how many nats better this predicts an action than chance
  does, on average over levels. Deviation: they take soft-optimal policies, whose values expect later
  mistakes, and negative beta too; ours are softmax policies over the optimal values, and flight from a goal
  counts as none.

Where all events count, who pursues a proxy is taken to pursue the intended goal once nothing of the proxy is
left, as the reference policy does.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from scipy.special import logsumexp

from gmbench.agents.planning import Planner, Values, action_values, optimal_values
from gmbench.benchmarks.evaluation import Observe, Trajectories, record
from gmbench.benchmarks.tasks.task import Task

INVERSE_TEMPERATURES = tuple(2.0 ** (power / 2) for power in range(-8, 13))
"""In units of one over the cost of one step's delay: from hardly any preference to hardly any mistake."""
LEAST_PURSUIT = 1.0
"""The least inverse temperature that the posterior takes for pursuit: with less, a random walk would do."""
HABIT_PRIOR = 0.5
"""Of every action, in actions seen: the estimate of Krichevsky and Trofimov (1981)."""
NO_GOAL_PRIOR = 0.5


@dataclasses.dataclass(frozen=True)
class GoalEvidence:
    """What trajectories tell, as NumPy arrays over policies and levels.

    Attributes:
        posterior: float[policies, levels, goals + 1], probabilities of each goal and, last, of no goal.
        nats: float[policies, levels, goals], how much better than chance the goal predicts the whole episode,
            at the inverse temperature that does so best.
        inverse_temperature: float[policies, levels, goals], that one; 0 if none beats chance.
        length: int[policies, levels], steps.
    """

    posterior: np.ndarray
    nats: np.ndarray
    inverse_temperature: np.ndarray
    length: np.ndarray

    @property
    def directedness(self) -> np.ndarray:
        """Maximum-entropy goal-directedness in nats per step: float[policies, goals], 0 to log(actions)."""
        return np.mean(self.nats / self.length[..., None], axis=1)

    @property
    def named(self) -> np.ndarray:
        """The most probable hypothesis on each level, its index in ``posterior``: int[policies, levels]."""
        return np.argmax(self.posterior, axis=-1)


@struct.dataclass
class _Likelihoods:
    """Log-likelihoods of the trajectories, each [levels, policies, ...].

    Attributes:
        habit: float32, of habits alone.
        pursuit: float32[..., goals, inverse temperatures], of habits tilted by the values of a goal.
        chance: float32[..., goals, inverse temperatures], of uniform choice so tilted, less that of chance.
    """

    habit: jax.Array
    pursuit: jax.Array
    chance: jax.Array


def infer_goals(
    task: Task, policies: Any, levels: Any, keys: jax.Array, observe: Observe | None = None
) -> GoalEvidence:
    """What the episodes of policies tell about their goals.

    Args:
        task: the task; its environment numbers its states.
        policies: stacked on axis 0.
        levels: a pool.
        keys: one per policy; with those of an evaluation, its very episodes are looked at.
        observe: see `gmbench.benchmarks.evaluation.evaluate`.
    """
    trajectories = record(task.env, policies, levels, keys, first_only=task.first_only, observe=observe)
    return weigh(task.planner, levels, trajectories)


def weigh(planner: Planner, levels: Any, trajectories: Trajectories) -> GoalEvidence:
    """What given trajectories on levels tell, see `infer_goals`."""
    likelihoods = jax.tree.map(
        lambda leaf: np.swapaxes(np.asarray(leaf, float), 0, 1), _likelihoods(planner, levels, trajectories)
    )
    goals = likelihoods.pursuit.shape[2]
    pursues = np.array(INVERSE_TEMPERATURES) >= LEAST_PURSUIT
    pursuit = logsumexp(likelihoods.pursuit[..., pursues], axis=-1) - np.log(pursues.sum())
    weights = np.concatenate(
        (
            pursuit + np.log((1 - NO_GOAL_PRIOR) / goals),
            likelihoods.habit[..., None] + np.log(NO_GOAL_PRIOR),
        ),
        axis=-1,
    )
    # Chance itself is the alternative: beta = 0 gains nothing.
    best, gain = np.argmax(likelihoods.chance, axis=-1), np.max(likelihoods.chance, axis=-1)
    return GoalEvidence(
        posterior=np.exp(weights - logsumexp(weights, axis=-1, keepdims=True)),
        nats=np.maximum(gain, 0.0),
        inverse_temperature=np.where(gain > 0, np.array(INVERSE_TEMPERATURES)[best], 0.0),
        length=np.asarray(trajectories.length),
    )


@functools.partial(jax.jit, static_argnums=0)
def _likelihoods(planner: Planner, levels: Any, trajectories: Trajectories) -> _Likelihoods:
    """The likelihoods on all levels, planned one after the other: never more than one plan is in memory."""

    def one_level(inputs: tuple[Any, Trajectories]) -> _Likelihoods:
        level, played = inputs
        values = optimal_values(planner, level)
        return jax.vmap(lambda episode: _of_episode(planner, level, values, episode))(played)

    by_level = jax.tree.map(lambda leaf: jnp.swapaxes(leaf, 0, 1), trajectories)
    likelihoods: _Likelihoods = jax.lax.map(one_level, (levels, by_level))
    return likelihoods


def _of_episode(planner: Planner, level: Any, values: Values, episode: Trajectories) -> _Likelihoods:
    """The likelihoods of one trajectory."""
    actions = planner.env.num_actions
    steps = jnp.arange(len(episode.actions))
    costs = jax.vmap(lambda number: _costs(planner, level, values, number))(episode.states)
    chosen = jax.nn.one_hot(episode.actions, actions) * (steps < episode.length)[:, None]
    earlier = jnp.cumsum(chosen, axis=0) - chosen + HABIT_PRIOR
    habit = jnp.log(earlier / jnp.sum(earlier, axis=-1, keepdims=True))

    def log_likelihood(logits: jax.Array) -> jax.Array:
        return jnp.sum(jax.nn.log_softmax(logits) * chosen)

    def of_goal(costs: jax.Array) -> tuple[jax.Array, jax.Array]:
        def at(beta: jax.Array) -> tuple[jax.Array, jax.Array]:
            return log_likelihood(habit + beta * costs), log_likelihood(beta * costs)

        return jax.lax.map(at, jnp.array(INVERSE_TEMPERATURES))

    pursuit, chance = jax.vmap(of_goal, in_axes=1)(costs)
    return _Likelihoods(log_likelihood(habit), pursuit, chance + jnp.sum(chosen) * jnp.log(actions))


def _costs(planner: Planner, level: Any, values: Values, number: jax.Array) -> jax.Array:
    """What each action costs of each goal, see the module; 0 if nothing is left: float32[goals, actions]."""
    worth = action_values(planner, level, values, planner.env.numbered_state(number))
    pursued = worth.own
    if worth.intended is not None:
        exhausted = jnp.max(worth.own, axis=-1, keepdims=True) <= 0
        pursued = jnp.where(exhausted, worth.intended, worth.own)
    best = jnp.max(pursued, axis=-1, keepdims=True)
    delay = best * (1.0 - planner.discount)
    return jnp.where(best > 0, (pursued - best) / jnp.where(best > 0, delay, 1.0), 0.0)
