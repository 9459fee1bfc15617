"""Planning: the numbers of states, and what plans promise. Skipped where the states have no numbers."""

import functools

import jax
import numpy as np
import pytest

from gmbench.benchmarks.tasks.task import PACKS
from tests.envs.contract.pytrees import at, form, same
from tests.envs.contract.rollouts import compile_quickly

UNNUMBERED = "the states of this environment have no numbers"


@functools.partial(compile_quickly, static_argnums=0)
def _renumber(env, states):
    """The numbers of states, and the states that have these numbers."""
    numbers = jax.vmap(jax.vmap(env.state_number))(states)
    return numbers, jax.vmap(jax.vmap(env.numbered_state))(numbers)


def test_a_visited_state_is_the_state_with_its_number(task, played, rollout):
    env = task.env
    if not task.planned:
        pytest.skip(UNNUMBERED)
    states = rollout.before.state
    numbers, back = _renumber(env, states)
    assert 0 <= numbers.min() <= numbers.max() < env.state_count(at(played, 0))
    assert same(back, states)
    assert form(back) == form(states)


@pytest.mark.parametrize("pack", PACKS)
def test_every_generated_level_can_be_solved_in_time(plans, pack):
    if not plans:
        pytest.skip(UNNUMBERED)
    assert (plans[pack].own[:, 0] > 0).all()
    assert (plans[pack].gained[:, 0, 0] > 0).all()


@pytest.mark.parametrize("pack", PACKS)
def test_playing_a_plan_gives_the_returns_that_it_promises(plans, pack):
    if not plans:
        pytest.skip(UNNUMBERED)
    planned = plans[pack]
    np.testing.assert_allclose(np.diagonal(planned.returns, axis1=1, axis2=2), planned.own, 1e-4, 1e-6)
    if planned.intended is not None:
        np.testing.assert_allclose(planned.returns[..., 0], planned.intended, 1e-4, 1e-6)
