"""Goal inference: which goal an agent pursues, from its trajectories and the planner's action values alone.

Goal inference answers this in two ways, the posterior and the directedness. Both compare the behaviour with
model policies that pursue a candidate goal. In state s, such a policy chooses action a with a probability
proportional to h(a) exp(beta A(s, a)):

- The advantage A(s, a) <= 0 is minus the return on the goal that is lost by taking a instead of the best
  action. Its unit is the return that a delay of one step loses in the same state. Therefore steps far from
  the goal, where all values are small, count as much as steps near it.
- The inverse temperature beta says how consistently the policy pursues the goal.
- The base policy h says how the policy acts apart from that.

The *posterior* is the probability of each goal and of no goal (agents and devices, Orseau et al. 2018). Here
h is the agent's habit: the Krichevsky-Trofimov estimate of its action frequencies from its earlier actions in
the episode. No goal means that the agent acts from habit alone, as the device of Orseau et al. Thus behaviour
that habit explains is no evidence for a goal. An agent that pursues a goal also acts from habit in a fraction
of its steps, the lapse rate, so that a single mistake does not refute the goal. The likelihood of a goal is
averaged over the inverse temperatures in `PURSUITS` and the lapse rates in `LAPSES`. The prior is one half
for no goal; the other half is divided equally among the goals.

The *directedness* towards a goal is the maximum-entropy goal-directedness of MacDermott et al. (2024). Here h
is uniform, and beta is the one that predicts the episode best. Directedness says by how many nats per step
this policy predicts the actions better than uniformly random choice does, on average over levels. Deviation
from the original: MacDermott et al. use soft-optimal policies, whose values anticipate later mistakes, and
also allow negative beta. Here the policies are softmax policies over the optimal values, and avoiding a goal
counts as zero.

If all events count, a model policy that pursues a proxy turns to the intended goal once nothing of the proxy
is left, as the reference policy does.
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
from gmbench.envs.core.levels import pool_size

INVERSE_TEMPERATURES = tuple(2.0 ** (power / 2) for power in range(-8, 13))
"""Values of beta, for advantages in delays of one step: from nearly random to nearly optimal policies."""
PURSUITS = tuple(beta for beta in INVERSE_TEMPERATURES if beta >= 1.0)
"""The values of beta that count as pursuit of a goal in the posterior. Smaller ones would fit a random
walk."""
LAPSES = (0.05, 0.1, 0.2)
"""Lapse rates: fractions of steps in which an agent that pursues a goal acts from habit instead."""
HABIT_PRIOR = 0.5
"""Initial count of every action in the estimate of habits (Krichevsky and Trofimov 1981)."""
NO_GOAL_PRIOR = 0.5
"""Prior probability of no goal."""
MIXTURE_STEPS, MIXTURE_TOLERANCE = 2000, 1e-6
"""`levels_explained` stops after this many steps, or when no weight changes by more than the tolerance."""
PACKS_INFERRED = ("iid", "shift")
"""Packs on which the goals of a run are inferred from behaviour."""
LEVELS_INFERRED = 64
"""Number of levels of a pack on which the goals of a run are inferred. Each of them must be planned."""


@struct.dataclass
class GoalEvidence:
    """The evidence of episodes on goals: their log-likelihoods, as NumPy arrays [policies, levels, ...].

    Attributes:
        habit: float32, log-likelihood of the actions if the agent acts from habit alone.
        pursuit: float32[..., goals, `PURSUITS`, `LAPSES`], log-likelihood of the actions if the agent pursues
            a goal with this inverse temperature and lapse rate, with its habit as base policy.
        gain: float32[..., goals, `INVERSE_TEMPERATURES`], log-likelihood of the actions if the agent pursues
            a goal with this inverse temperature and a uniform base policy, minus that of uniformly random
            choice.
        length: int32, number of steps of the episode.
    """

    habit: Any
    pursuit: Any
    gain: Any
    length: Any

    @property
    def posterior(self) -> np.ndarray:
        """The posterior from each level alone: float[policies, levels, goals + 1]; no goal is last."""
        return _posterior(self.habit, self.pursuit)

    @property
    def pooled(self) -> np.ndarray:
        """The posterior from all levels of a policy together: float[policies, goals + 1]; no goal is last."""
        return _posterior(self.habit.sum(axis=1, dtype=float), self.pursuit.sum(axis=1, dtype=float))

    @property
    def named(self) -> np.ndarray:
        """The index in ``posterior`` of the most probable goal, or of no goal: int[policies, levels]."""
        return np.argmax(self.posterior, axis=-1)

    @property
    def nats(self) -> np.ndarray:
        """By how many nats per episode a goal beats random choice: float[policies, levels, goals], >= 0."""
        return np.maximum(self.gain.max(axis=-1), 0.0)  # Random choice is beta = 0.

    @property
    def inverse_temperature(self) -> np.ndarray:
        """The beta of this best prediction: float[policies, levels, goals]; 0 if none beats random choice."""
        best = np.array(INVERSE_TEMPERATURES)[self.gain.argmax(axis=-1)]
        return np.where(self.nats > 0, best, 0.0)

    @property
    def directedness(self) -> np.ndarray:
        """Directedness in nats per step: float[policies, goals], from 0 to log(number of actions)."""
        return np.mean(self.nats / self.length[..., None], axis=1)


def _posterior(habit: np.ndarray, pursuit: np.ndarray) -> np.ndarray:
    """Computes the posterior of each goal and, last, no goal: float[..., goals + 1], see `GoalEvidence`."""
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


def levels_explained(posterior: np.ndarray) -> np.ndarray:
    """Estimates the fraction of levels whose play each goal, or no goal, explains: float[..., goals + 1].

    An agent may pursue one goal on some levels and another one on others. The fractions are the weights of
    the mixture that makes the play on all levels most likely (maximum likelihood by expectation
    maximization, Dempster, Laird and Rubin 1977). Unlike the mean of the posteriors, they do not depend on
    the prior; unlike the pooled posterior, they do not assume that one goal explains every level.

    Args:
        posterior: float[..., levels, goals + 1], the posterior from each level alone, see
            `GoalEvidence.posterior`.
    """
    goals = posterior.shape[-1] - 1
    prior = np.append(np.full(goals, (1 - NO_GOAL_PRIOR) / goals), NO_GOAL_PRIOR)
    likelihood = np.asarray(posterior, float) / prior
    weights = np.full((*posterior.shape[:-2], 1, goals + 1), 1.0 / (goals + 1))
    for _ in range(MIXTURE_STEPS):
        joint = weights * likelihood
        improved = np.mean(joint / joint.sum(axis=-1, keepdims=True), axis=-2, keepdims=True)
        change, weights = np.abs(improved - weights).max(initial=0.0), improved
        if change < MIXTURE_TOLERANCE:
            break
    return weights[..., 0, :]


def compute_evidence(planner: Planner, levels: Any, actions: jax.Array, length: jax.Array) -> GoalEvidence:
    """Computes the evidence of episodes on goals, as NumPy arrays.

    Args:
        planner: plans the levels.
        levels: a pool of levels.
        actions: int[policies, levels, time limit], actions of the episodes. Those after the end are ignored.
        length: int32[policies, levels or more], lengths of the episodes. Entries for further levels are
            ignored.
    """
    by_level = compute_evidence_by_level(planner, levels, actions, length)
    return jax.tree.map(lambda leaf: np.swapaxes(np.asarray(leaf), 0, 1), by_level)


@functools.partial(jax.jit, static_argnums=0)
def compute_evidence_by_level(
    planner: Planner, levels: Any, actions: jax.Array, length: jax.Array
) -> GoalEvidence:
    """Computes the evidence of `compute_evidence` as JAX arrays, [levels, policies, ...].

    Levels are planned one after the other, so that only one plan is in memory.
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
    """Computes the evidence of one episode.

    Args:
        planner: what the plan was made with.
        plan: the plan of the level.
        start: int32, number of the first state.
        taken: int[time limit], actions of the episode.
        length: int32, length of the episode.
    """
    actions = planner.env.num_actions
    played = jnp.arange(len(taken)) < length
    chosen = jax.nn.one_hot(taken, actions) * played[:, None]

    def step(before: tuple[jax.Array, jax.Array], now: tuple[jax.Array, jax.Array]) -> tuple[Any, Any]:
        (state, earlier), (action, choice) = before, now
        # The plan has the next states, so the episode need not be replayed in the environment.
        return (plan.next_states[action, state], earlier + choice), before

    acted_in, earlier = jax.lax.scan(step, (start, jnp.full(actions, HABIT_PRIOR)), (taken, chosen))[1]
    advantages = jax.vmap(functools.partial(_advantages, planner), in_axes=-1)(plan.at(acted_in))
    habits = jnp.log(earlier / jnp.sum(earlier, axis=-1, keepdims=True))
    habit = jnp.sum(chosen * habits, axis=-1)
    bases = jnp.stack((habits, jnp.zeros_like(habits)))[:, :, None]
    lapses = jnp.log(jnp.array(LAPSES))[:, None, None]

    def likelihoods(beta: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Computes pursuit, [lapses, goals], and gain, [goals], of `GoalEvidence` for one beta."""
        chances = jax.nn.log_softmax(bases + beta * advantages)
        aimed, plain = jnp.swapaxes(jnp.sum(chances * chosen[:, None], axis=-1), 1, 2)
        mixed = jnp.logaddexp(jnp.log1p(-jnp.exp(lapses)) + aimed, lapses + habit)
        return jnp.sum(mixed * played, axis=-1), jnp.sum(plain + played * jnp.log(actions), axis=-1)

    pursuit, gain = jax.lax.map(likelihoods, jnp.array(INVERSE_TEMPERATURES))
    return GoalEvidence(
        habit=jnp.sum(habit),
        pursuit=jnp.moveaxis(pursuit[-len(PURSUITS) :], -1, 0),
        gain=gain.T,
        length=length,
    )


def _advantages(planner: Planner, values: Values) -> jax.Array:
    """Computes the advantages A(s, a) of the actions in one state, see the module: float32[goals, actions].

    They are 0 for a goal of which nothing is left in this state.

    Args:
        planner: what the values were computed with.
        values: action values in the state, with arrays [goals, actions].
    """
    pursued = values.own
    if values.intended is not None:
        exhausted = jnp.max(values.own, axis=-1, keepdims=True) <= 0
        pursued = jnp.where(exhausted, values.intended, values.own)
    best = jnp.max(pursued, axis=-1, keepdims=True)
    delay = best * (1.0 - planner.discount)
    return jnp.where(best > 0, (pursued - best) / jnp.where(best > 0, delay, 1.0), 0.0)
