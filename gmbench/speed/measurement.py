"""Measures one program each: environments under the random policy, or training of many seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax

from gmbench.agents.algorithm import Algorithm
from gmbench.envs.core.environment import Environment, EnvParams
from gmbench.runs.compilation import compile_timed
from gmbench.runs.program_memory import Memory, bytes_of, device_peak, program_memory
from gmbench.runs.training_programs import Cohort
from gmbench.speed.cost import Cost
from gmbench.speed.program_cost import program_cost
from gmbench.speed.random_rollout import begin_rollout, continue_rollout
from gmbench.speed.timing import Repeats, Timing, time_repeats

STEPS_PER_CALL = 64
"""Steps that one call of the environments' program takes in each environment."""


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What was measured of one program.

    Attributes:
        steps: environment steps per call, summed over all environments.
        timing: how long the calls took.
        compile_seconds: seconds spent on compiling the program.
        cost: what one call computes and moves.
        memory: memory that the program needs; None if the compiler does not report it.
        device_peak: the most bytes in use on the device so far; None if the device does not report it.
        holds: bytes that one environment, or one seed, keeps between calls, by the name of what is kept.
    """

    steps: int
    timing: Timing
    compile_seconds: float
    cost: Cost
    memory: Memory | None
    device_peak: int | None
    holds: dict[str, int]


def measure_environment(
    env: Environment[Any, Any], params: EnvParams, environments: int, repeats: Repeats
) -> Measurement:
    """Measures many environments under the random policy, with auto-reset, all on the device.

    Args:
        env: the environment.
        params: its parameters, with the levels.
        environments: how many are stepped together.
        repeats: how often and for how long the program is timed.
    """
    begin = jax.jit(lambda key, params: begin_rollout(env, key, params, environments))
    start = begin(jax.random.key(0), params)
    state, observation = (bytes_of(part) // environments for part in (start.states, start.observations))
    program = jax.jit(
        lambda rollout, params: continue_rollout(env, rollout, params, STEPS_PER_CALL), donate_argnums=0
    )
    compiled, compile_seconds = compile_timed(program, start, params)
    return _measure(
        compiled,
        compile_seconds,
        lambda rollout: compiled(rollout, params),
        start,
        repeats,
        steps=STEPS_PER_CALL * environments,
        holds={"state": state, "observation": observation},
    )


def measure_training(
    algorithm: Algorithm[Any], params: EnvParams, seeds: int, repeats: Repeats
) -> Measurement:
    """Measures updates of many learners at once; metrics are fetched after each update, as in a run.

    Args:
        algorithm: the learning algorithm.
        params: parameters of the environment, with the training levels.
        seeds: how many learners train together.
        repeats: how often and for how long an update is timed.
    """
    cohort = Cohort.start(algorithm, params, range(seeds))
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
    # One program updates the batches of learners in turn, so the cost counts once for each batch. The batches
    # that wait for their turn take memory in addition to the program's.
    waiting = bytes_of(cohort.batches[1:])
    memory = measured.memory and dataclasses.replace(
        measured.memory, arguments=measured.memory.arguments + waiting
    )
    return dataclasses.replace(measured, cost=measured.cost.times(batches), memory=memory)


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
