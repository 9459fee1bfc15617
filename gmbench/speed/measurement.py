"""How fast environments and learners run, and what it takes: the measurement of one compiled program each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.agents.algorithm import Algorithm
from gmbench.envs.core.environment import Environment, EnvParams
from gmbench.runs.compilation import compile_timed
from gmbench.runs.program_memory import Memory, bytes_of, device_peak, program_memory
from gmbench.runs.training import Cohort
from gmbench.speed.program_cost import Cost, program_cost
from gmbench.speed.timing import Repeats, Timing, time_repeats

STEPS = 64
"""Steps that one call of the environments' program takes in each of them."""


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What was found out about a program.

    Attributes:
        steps: environment steps that one call takes, in all environments together.
        timing: of the calls.
        compile_seconds: spent on building the program.
        cost: what one call computes and moves.
        memory: what it needs; None where the compiler does not tell.
        device_peak: the most bytes in use on the device so far; None where it does not tell.
        holds: bytes that one environment, or one seed, has from call to call, by what it is.
    """

    steps: int
    timing: Timing
    compile_seconds: float
    cost: Cost
    memory: Memory | None
    device_peak: int | None
    holds: dict[str, int]


@struct.dataclass
class Walk:
    """Environments under random actions, and what they have given so far.

    Attributes:
        states: one for each environment.
        seen: the last observations, [environments, ...].
        rewards: float32[environments], their sum.
        ends: int32[environments], how many episodes ended.
        key: draws the actions.
    """

    states: Any
    seen: jax.Array
    rewards: jax.Array
    ends: jax.Array
    key: jax.Array


def measure_environment(
    env: Environment[Any, Any], params: EnvParams, environments: int, repeats: Repeats
) -> Measurement:
    """Random actions in many environments at once, drawn on the device, with auto-reset.

    Every step writes whole observations, see `walk`.
    """
    begin = jax.jit(lambda key, params: begin_walk(env, key, params, environments))
    start = begin(jax.random.key(0), params)
    state, observation = (bytes_of(part) // environments for part in (start.states, start.seen))
    program = jax.jit(lambda carry, params: walk(env, carry, params, STEPS), donate_argnums=0)
    compiled, compile_seconds = compile_timed(program, start, params)
    return _measure(
        compiled,
        compile_seconds,
        lambda carry: compiled(carry, params),
        start,
        repeats,
        steps=STEPS * environments,
        holds={"state": state, "observation": observation},
    )


def measure_training(
    algorithm: Algorithm[Any], params: EnvParams, seeds: int, repeats: Repeats
) -> Measurement:
    """Updates of many learners at once, their metrics fetched after each, as in a run."""
    cohort = Cohort.begin(algorithm, params, range(seeds))
    batches = len(cohort.batches)
    holds = bytes_of(cohort.learners(1))
    measured = _measure(
        cohort.program,
        cohort.compile_seconds,
        lambda _: cohort.update(),
        None,
        repeats,
        steps=seeds * algorithm.steps_per_update,
        holds={"learner": holds},
    )
    # The batches take turns: each computes as much, and beside the one at work the others are only kept.
    waiting = bytes_of(cohort.batches[1:])
    memory = measured.memory and dataclasses.replace(
        measured.memory, arguments=measured.memory.arguments + waiting
    )
    return dataclasses.replace(measured, cost=measured.cost.times(batches), memory=memory)


def begin_walk(env: Environment[Any, Any], key: jax.Array, params: EnvParams, environments: int) -> Walk:
    """Resets the environments; the first observation is the first to be seen."""
    reset_key, key = jax.random.split(key)
    observations, states = jax.vmap(env.reset, (0, None))(jax.random.split(reset_key, environments), params)
    return Walk(
        states=states,
        seen=observations,
        rewards=jnp.zeros(environments, jnp.float32),
        ends=jnp.zeros(environments, jnp.int32),
        key=key,
    )


def walk(env: Environment[Any, Any], begun: Walk, params: EnvParams, length: int) -> Walk:
    """Goes on for some steps.

    The observations are carried from step to step, so each step writes them as a whole, as it would for a
    learner. The actions depend on a cell of what was seen last, so no step can be left out or put off.
    """
    environments = begun.ends.shape[0]

    def step(so_far: Walk, key: jax.Array) -> tuple[Walk, None]:
        action_key, env_key = jax.random.split(key)
        random = jax.random.bits(action_key, (environments,), jnp.uint8)
        corner = so_far.seen.reshape(environments, -1)[:, 0].astype(jnp.uint8)
        actions = (random + corner) % env.num_actions
        observations, states, rewards, terminated, truncated, _ = jax.vmap(env.step, (0, 0, 0, None))(
            jax.random.split(env_key, environments), so_far.states, actions, params
        )
        return Walk(
            states=states,
            seen=observations,
            rewards=so_far.rewards + rewards,
            ends=so_far.ends + (terminated | truncated),
            key=so_far.key,
        ), None

    steps_key, key = jax.random.split(begun.key)
    ended, _ = jax.lax.scan(step, begun, jax.random.split(steps_key, length))
    return dataclasses.replace(ended, key=key)


def _measure(
    compiled: Any,
    compile_seconds: float,
    call: Callable[[Any], Any],
    carry: Any,
    repeats: Repeats,
    steps: int,
    holds: dict[str, int],
) -> Measurement:
    return Measurement(
        steps=steps,
        timing=time_repeats(call, carry, repeats),
        compile_seconds=compile_seconds,
        cost=program_cost(compiled),
        memory=program_memory(compiled),
        device_peak=device_peak(),
        holds=holds,
    )
