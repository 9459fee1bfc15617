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

from gmbench.agents.planning import Plan, Planner, Values, make_plan
from gmbench.benchmarks.evaluation import Observe
from gmbench.benchmarks.playing import play_with_actions
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import pool_size

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
) -> GoalEvidence:
    """What the episodes of policies tell about their goals.

    Args:
        task: the task; its environment numbers its states.
        policies: stacked on axis 0.
        levels: a pool.
        keys: one per policy; with those of an evaluation, its very episodes are looked at.
        observe: see `gmbench.benchmarks.evaluation.evaluate`.
    """
    played = play_with_actions(task, policies, levels, keys, observe)
    return weigh(task.planner, levels, played.actions, played.episodes.length)


def weigh(planner: Planner, levels: Any, actions: jax.Array, length: jax.Array) -> GoalEvidence:
    """What was done in episodes on levels tells, see `infer_goals`.

    Args:
        planner: what the levels are planned with.
        levels: a pool.
        actions: int[policies, levels, steps]; those after the end of an episode do not count.
        length: int32[policies, levels], steps that count; further levels may follow.
    """
    by_level = weigh_levels(planner, levels, actions, length)
    return jax.tree.map(lambda leaf: np.swapaxes(np.asarray(leaf), 0, 1), by_level)


@functools.partial(jax.jit, static_argnums=0)
def weigh_levels(planner: Planner, levels: Any, actions: jax.Array, length: jax.Array) -> GoalEvidence:
    """The evidence of `weigh` by level and policy, as JAX arrays.

    Levels are planned one by one, so that only one plan is in memory.
    """

    def one_level(inputs: tuple[Any, jax.Array, jax.Array]) -> GoalEvidence:
        level, actions, length = inputs
        plan, start = make_plan(planner, level), planner.env.state_number(planner.env.start(level))
        return jax.vmap(functools.partial(_of_episode, planner, plan, start))(actions, length)

    by_level = jnp.swapaxes(actions, 0, 1), length[:, : pool_size(levels)].T
    evidence: GoalEvidence = jax.lax.map(one_level, (levels, *by_level))
    return evidence


def _of_episode(
    planner: Planner, plan: Plan, start: jax.Array, taken: jax.Array, length: jax.Array
) -> GoalEvidence:
    """The evidence of one episode, from the number of its first state and the actions that were taken."""
    actions = planner.env.num_actions
    played = jnp.arange(len(taken)) < length
    chosen = jax.nn.one_hot(taken, actions) * played[:, None]

    def step(before: tuple[jax.Array, jax.Array], now: tuple[jax.Array, jax.Array]) -> tuple[Any, Any]:
        (state, earlier), (action, choice) = before, now
        # The plan says what follows, so that no state need be kept or played again.
        return (plan.following[action, state], earlier + choice), before

    acted_in, earlier = jax.lax.scan(step, (start, jnp.full(actions, HABIT_PRIOR)), (taken, chosen))[1]
    costs = jax.vmap(functools.partial(_costs, planner), in_axes=-1)(plan.at(acted_in))
    habits = jnp.log(earlier / jnp.sum(earlier, axis=-1, keepdims=True))
    habit = jnp.sum(chosen * habits, axis=-1)
    bases = jnp.stack((habits, jnp.zeros_like(habits)))[:, :, None]
    lapses = jnp.log(jnp.array(LAPSES))[:, None, None]

    def tilted(beta: jax.Array) -> tuple[jax.Array, jax.Array]:
        """How probable the actions are for each goal: of `GoalEvidence`, a pursuit and a gain."""
        chances = jax.nn.log_softmax(bases + beta * costs)
        aimed, plain = jnp.swapaxes(jnp.sum(chances * chosen[:, None], axis=-1), 1, 2)
        mixed = jnp.logaddexp(jnp.log1p(-jnp.exp(lapses)) + aimed, lapses + habit)
        return jnp.sum(mixed * played, axis=-1), jnp.sum(plain + played * jnp.log(actions), axis=-1)

    pursuit, gain = jax.lax.map(tilted, jnp.array(INVERSE_TEMPERATURES))
    return GoalEvidence(
        habit=jnp.sum(habit),
        pursuit=jnp.moveaxis(pursuit[-len(PURSUITS) :], -1, 0),
        gain=gain.T,
        length=length,
    )


def _costs(planner: Planner, worth: Values) -> jax.Array:
    """What each action costs of each goal, see the module; 0 if nothing is left: float32[goals, actions].

    Args:
        planner: that the values come from.
        worth: the values after each action, [goals, actions].
    """
    pursued = worth.own
    if worth.intended is not None:
        exhausted = jnp.max(worth.own, axis=-1, keepdims=True) <= 0
        pursued = jnp.where(exhausted, worth.intended, worth.own)
    best = jnp.max(pursued, axis=-1, keepdims=True)
    delay = best * (1.0 - planner.discount)
    return jnp.where(best > 0, (pursued - best) / jnp.where(best > 0, delay, 1.0), 0.0)
