"""A compiled program that plans every goal on a pool of levels and plays the plans."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.agents.planning import best_actions, make_plan
from tests.envs.contract.rollouts import STEPS, compile_quickly


@dataclasses.dataclass(frozen=True)
class PlayedPlans:
    """What plans promise and what playing them gives: [levels, goals pursued, ...]."""

    own: np.ndarray
    """The promised return on the pursued goal."""
    intended: np.ndarray | None
    """The promised return on the intended goal; None where only the first event of any goal counts."""
    returns: np.ndarray
    """[..., goals], the discounted returns; beyond the time limit, what the plan promises."""
    gained: np.ndarray
    """[..., goals], the undiscounted returns within the level's horizon."""
    ends: np.ndarray
    """Whether the episode terminates within the steps of a rollout."""
    actions: np.ndarray
    """[..., steps]."""


@functools.partial(compile_quickly, static_argnums=0)
def play_plans(planner, pool):
    """Plans every goal on every level of a pool, and plays the plans until the time limit."""
    env, goals = planner.env, jnp.arange(len(planner.env.goals))

    def solve(level):
        plan = make_plan(planner, level)
        values = plan.state_values

        def play(goal):
            def step(carry, time):
                state, over, ends, returns, gained = carry
                best = best_actions(plan.at(env.state_number(state)))
                action = jnp.argmax(best[goal])
                following = env.advance(level, state, action)
                rewards = jnp.where(over, 0.0, env.rewards(level, state, action, following))
                ended = env.ended(level, following)
                over |= ended | (planner.first_only & jnp.any(rewards != 0))
                ends |= ended & (time < STEPS)
                returns += planner.discount**time * rewards
                gained += rewards * (time < env.horizon(level))
                return (following, over, ends, returns, gained), action

            nothing = jnp.zeros(len(env.goals))
            begin = env.start(level), jnp.bool_(False), jnp.bool_(False), nothing, nothing
            carry, actions = jax.lax.scan(step, begin, jnp.arange(env.time_limit))
            last, over, ends, returns, gained = carry
            number = jnp.where(over, 0, env.state_number(last))
            left = jnp.where(over, 0.0, planner.discount**env.time_limit)
            returns = returns.at[goal].add(left * values.own[goal, number])
            if values.intended is not None:
                # For its own goal alone this would count twice.
                returns = returns.at[0].add((goal > 0) * left * values.intended[goal, number])
            return returns, gained, ends, actions

        start = env.state_number(env.start(level))
        promised = jax.tree.map(lambda of_states: of_states[:, start], values)
        return promised.own, promised.intended, *jax.vmap(play)(goals)

    return jax.lax.map(solve, pool)
