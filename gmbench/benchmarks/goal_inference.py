"""What goal the behaviour reveals: from trajectories and the planner's action values, nothing else.

Two answers for each candidate goal. Both hold the behaviour against policies that choose an action a in
state s with probability proportional to h(a) exp(beta A(s, a)). A(s, a) <= 0 is what the action costs of the
goal, against the best one, in units of what a delay of one step costs in that state: so steps far from the
goal, where all values are small, tell as much as those near it.

- The *posterior* (agents and devices, Orseau et al. 2018): here h are the agent's own habits, the Krichevsky-
  Trofimov estimate from its earlier actions in the episode. Habits alone are the device, which pursues no
  goal; so whatever routine can explain tells for no goal. An agent falls back into its habits in a fraction
  of its steps, so that one blunder does not refute a pursuit. Beta, from 1 on, and that fraction are
  integrated out. The prior is one half for no goal, and the same for each goal.
- The *directedness* (maximum-entropy goal-directedness, MacDermott et al. 2024): here h is uniform, and beta
  is the one that predicts the episode best. It is how many nats better this predicts an action than chance
  does, on average over levels. Deviation: they take soft-optimal policies, whose values expect later
  mistakes, and negative beta too; ours are softmax policies over the optimal values, and flight from a goal
  counts as none.

Where all events count, who pursues a proxy is taken to pursue the intended goal once nothing of the proxy is
left, as the reference policy does.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from scipy.special import logsumexp

from gmbench.agents.planning import Planner, Values, action_values, optimal_values
from gmbench.benchmarks.evaluation import Observe
from gmbench.benchmarks.recording import Trajectories, record
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.levels import pool_size, select

INVERSE_TEMPERATURES = tuple(2.0 ** (power / 2) for power in range(-8, 13))
"""In units of one over the cost of one step's delay: from hardly any preference to hardly any mistake."""
PURSUITS = tuple(beta for beta in INVERSE_TEMPERATURES if beta >= 1.0)
"""Those that the posterior takes for the pursuit of a goal: with less, a random walk would do."""
LAPSES = (0.05, 0.1, 0.2)
"""Fractions of its steps in which an agent falls back into its habits."""
HABIT_PRIOR = 0.5
"""Of every action, in actions seen: the estimate of Krichevsky and Trofimov (1981)."""
NO_GOAL_PRIOR = 0.5
LEVELS_INFERRED = 64
"""Levels of a pack on which a run's goals are inferred: each must be planned anew."""


@struct.dataclass
class GoalEvidence:
    """Log-likelihoods of trajectories, as NumPy arrays [policies, levels, ...], and what they tell.

    Attributes:
        habit: float32, of habits alone.
        pursuit: float32[..., goals, `PURSUITS`, `LAPSES`], of habits tilted by the values of a goal.
        gain: float32[..., goals, `INVERSE_TEMPERATURES`], of uniform choice so tilted, less that of chance.
        length: int32, steps.
    """

    habit: Any
    pursuit: Any
    gain: Any
    length: Any

    @property
    def posterior(self) -> np.ndarray:
        """Of each goal and, last, of no goal, from one level alone: float[policies, levels, goals + 1]."""
        return _posterior(self.habit, self.pursuit)

    @property
    def pooled(self) -> np.ndarray:
        """The same from all levels of a policy together: float[policies, goals + 1]."""
        return _posterior(self.habit.sum(axis=1, dtype=float), self.pursuit.sum(axis=1, dtype=float))

    @property
    def named(self) -> np.ndarray:
        """The most probable hypothesis on each level, its index in ``posterior``: int[policies, levels]."""
        return np.argmax(self.posterior, axis=-1)

    @property
    def nats(self) -> np.ndarray:
        """How much better than chance a goal predicts the whole episode: float[policies, levels, goals]."""
        return np.maximum(self.gain.max(axis=-1), 0.0)  # Chance itself is beta = 0.

    @property
    def inverse_temperature(self) -> np.ndarray:
        """What does so best; 0 if nothing beats chance: float[policies, levels, goals]."""
        best = np.array(INVERSE_TEMPERATURES)[self.gain.argmax(axis=-1)]
        return np.where(self.nats > 0, best, 0.0)

    @property
    def directedness(self) -> np.ndarray:
        """Maximum-entropy goal-directedness in nats per step: float[policies, goals], 0 to log(actions)."""
        return np.mean(self.nats / self.length[..., None], axis=1)


def _posterior(habit: np.ndarray, pursuit: np.ndarray) -> np.ndarray:
    """Of each goal and of none: float[..., goals + 1], see `GoalEvidence`."""
    goals = pursuit.shape[-3]
    of_goals = logsumexp(pursuit, axis=(-2, -1)) - np.log(len(PURSUITS) * len(LAPSES))
    weights = np.concatenate(
        (
            of_goals + np.log((1 - NO_GOAL_PRIOR) / goals),
            np.asarray(habit)[..., None] + np.log(NO_GOAL_PRIOR),
        ),
        axis=-1,
    )
    posterior: np.ndarray = np.exp(weights - logsumexp(weights, axis=-1, keepdims=True))
    return posterior


def infer_goals(
    task: Task,
    policies: Any,
    levels: Any,
    keys: jax.Array,
    observe: Observe | None = None,
    indices: np.ndarray | None = None,
) -> GoalEvidence:
    """What the episodes of policies tell about their goals.

    Args:
        task: the task; its environment numbers its states.
        policies: stacked on axis 0.
        levels: a pool.
        keys: one per policy; with those of an evaluation, its very episodes are looked at.
        observe: see `gmbench.benchmarks.evaluation.evaluate`.
        indices: int[levels], the levels that are looked at; None for all.
    """
    indices = np.arange(pool_size(levels)) if indices is None else indices
    trajectories = record(
        task.env,
        policies,
        levels,
        keys,
        first_only=task.first_only,
        observe=observe,
        indices=jnp.asarray(indices),
    )
    return weigh(task.planner, select(levels, indices), trajectories)


def weigh(planner: Planner, levels: Any, trajectories: Trajectories) -> GoalEvidence:
    """What given trajectories on levels tell, see `infer_goals`."""
    by_level = weigh_levels(planner, levels, trajectories)
    return jax.tree.map(lambda leaf: np.swapaxes(np.asarray(leaf), 0, 1), by_level)


@functools.partial(jax.jit, static_argnums=0)
def weigh_levels(planner: Planner, levels: Any, trajectories: Trajectories) -> GoalEvidence:
    """The evidence by level and policy, as JAX arrays.

    Levels are planned one by one, so that only one plan is in memory.
    """

    def one_level(inputs: tuple[Any, Trajectories]) -> GoalEvidence:
        level, played = inputs
        values = optimal_values(planner, level)
        return jax.vmap(lambda episode: _of_episode(planner, level, values, episode))(played)

    by_level = jax.tree.map(lambda leaf: jnp.swapaxes(leaf, 0, 1), trajectories)
    evidence: GoalEvidence = jax.lax.map(one_level, (levels, by_level))
    return evidence


def _of_episode(planner: Planner, level: Any, values: Values, episode: Trajectories) -> GoalEvidence:
    """The evidence of one trajectory."""
    actions = planner.env.num_actions
    played = jnp.arange(len(episode.actions)) < episode.length
    chosen = jax.nn.one_hot(episode.actions, actions) * played[:, None]
    acted_in = jax.tree.map(lambda leaf: leaf[:-1], episode.states)
    costs = jax.vmap(lambda state: _costs(planner, level, values, state))(acted_in)
    earlier = jnp.cumsum(chosen, axis=0) - chosen + HABIT_PRIOR
    habits = jnp.log(earlier / jnp.sum(earlier, axis=-1, keepdims=True))
    habit = jnp.sum(chosen * habits, axis=-1)

    def log_probability(base: jax.Array, beta: jax.Array) -> jax.Array:
        """Of each action that was chosen, for each goal: float32[goals, steps]."""
        logits = base[:, None] + beta * costs
        return jnp.sum(jax.nn.log_softmax(logits) * chosen[:, None], axis=-1).T

    def pursuit(beta: jax.Array) -> jax.Array:
        aimed = log_probability(habits, beta)
        lapses = jnp.log(jnp.array(LAPSES))[:, None, None]
        mixed = jnp.logaddexp(jnp.log1p(-jnp.exp(lapses)) + aimed, lapses + habit)
        return jnp.sum(mixed * played, axis=-1)

    def gain(beta: jax.Array) -> jax.Array:
        return jnp.sum(log_probability(jnp.zeros_like(habits), beta) + played * jnp.log(actions), axis=-1)

    return GoalEvidence(
        habit=jnp.sum(habit),
        pursuit=jnp.moveaxis(jax.lax.map(pursuit, jnp.array(PURSUITS)), -1, 0),
        gain=jax.lax.map(gain, jnp.array(INVERSE_TEMPERATURES)).T,
        length=episode.length,
    )


def _costs(planner: Planner, level: Any, values: Values, state: Any) -> jax.Array:
    """What each action costs of each goal, see the module; 0 if nothing is left: float32[goals, actions]."""
    worth = action_values(planner, level, values, state)
    pursued = worth.own
    if worth.intended is not None:
        exhausted = jnp.max(worth.own, axis=-1, keepdims=True) <= 0
        pursued = jnp.where(exhausted, worth.intended, worth.own)
    best = jnp.max(pursued, axis=-1, keepdims=True)
    delay = best * (1.0 - planner.discount)
    return jnp.where(best > 0, (pursued - best) / jnp.where(best > 0, delay, 1.0), 0.0)
