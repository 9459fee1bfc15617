"""The numbers of Keys & Chests states, and items that a level does not have."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.levels import select
from gmbench.envs.core.mazes import SIZE
from gmbench.envs.keys import KeysState
from tests.envs.keys.played import ENV, LETTERS, run


def test_every_number_is_that_of_its_state():
    level = ENV.parse("@kc.c")
    count = ENV.state_count(level)
    assert count == SIZE**2 * 2**3
    numbers = jnp.arange(count)
    assert (ENV.state_number(ENV.numbered_state(numbers)) == numbers).all()


def test_numbered_states_are_all_cells_with_all_sets_of_items():
    states = ENV.numbered_state(jnp.arange(ENV.state_count(ENV.parse("@kc.c"))))
    found = set(zip(states.x.tolist(), states.y.tolist(), states.taken.tolist(), strict=True))
    assert found == {(x, y, taken) for x in range(SIZE) for y in range(SIZE) for taken in range(8)}
    fields = ENV.start(ENV.parse("@kc"))
    assert jax.tree.map(jnp.dtype, states) == jax.tree.map(jnp.dtype, fields)


@pytest.mark.parametrize("field", ["x", "y", "taken"])
def test_states_that_differ_in_one_field_have_different_numbers(field):
    state = KeysState(x=jnp.int32(2), y=jnp.int32(2), taken=jnp.uint32(2))
    other = state.replace(**{field: getattr(state, field) + 1})
    assert ENV.state_number(state) != ENV.state_number(other)


def test_walks_stay_among_the_numbered_states(walks):
    pool, (states, *_) = walks
    one = select(pool, 0)
    numbers = np.asarray(ENV.state_number(states))
    assert 0 <= numbers.min() <= numbers.max() < ENV.state_count(one)
    assert jax.tree.all(jax.tree.map(np.array_equal, ENV.numbered_state(numbers), states))


def test_items_that_are_nowhere_are_never_found():
    level = ENV.parse("@kc.c")
    spare = level.replace(places=jnp.concatenate((level.places, jnp.full((6, 2), NOWHERE, jnp.int32))))
    numbers = jnp.array([LETTERS[letter] for letter in "lurdrrrrlll"] + [0] * 21)
    one, other = run(level, numbers), run(spare, numbers)
    assert jax.tree.all(jax.tree.map(np.array_equal, one, other))
    states = one[0]
    assert int(states.taken[-1]) == 0b011
    for index in (0, 5, 9):
        state = select(states, index)
        assert (ENV.view(level, state) == ENV.view(spare, state)).all()
        assert (ENV.scene(level, state) == ENV.scene(spare, state)).all()
