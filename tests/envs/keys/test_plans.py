"""Plans for Keys & Chests, compared with a simple dynamic programme in integers.

The dynamic programme shares no code with the environment: it implements the rules and reads levels as text.
"""

import dataclasses
import functools

import jax
import numpy as np
import pytest

from gmbench.agents.planning import Planner, make_plan
from gmbench.agents.reference import optimal_actions
from gmbench.envs.core.levels import select
from gmbench.envs.keys import Keys, KeysState
from tests.pools import stack

ENV = Keys()
CHESTS, KEYS = 0, 1
DISCOUNT = (9, 10)
"""Numerator and denominator of the discount."""
PLANNER = Planner(ENV, first_only=False, discount=DISCOUNT[0] / DISCOUNT[1])
MOVES = {"left": (-1, 0), "up": (0, -1), "right": (1, 0), "down": (0, 1)}


@dataclasses.dataclass(frozen=True)
class Reference:
    """One level and the rules. A state is (column, row, set of items taken)."""

    floor: frozenset
    start: tuple
    keys: tuple
    """Places of the keys, row by row."""
    chests: tuple

    @classmethod
    def read(cls, drawing):
        cells = {(x, y): symbol for y, row in enumerate(drawing.splitlines()) for x, symbol in enumerate(row)}
        places = {symbol: tuple(cell for cell in cells if cells[cell] == symbol) for symbol in "@kc"}
        floor = frozenset(cell for cell, symbol in cells.items() if symbol != "#")
        return cls(floor, places["@"][0], places["k"], places["c"])

    def step(self, state, move):
        """The next state, the reward of every goal, and whether the episode is over."""
        x, y, taken = state
        target = (x + move[0], y + move[1])
        if target not in self.floor:
            target = (x, y)
        keys, chests = taken & set(self.keys), taken & set(self.chests)
        rewards = [0, 0]
        if target in self.keys and target not in keys:
            keys, rewards[KEYS] = keys | {target}, 1
        if target in self.chests and target not in chests and len(keys) > len(chests):
            chests, rewards[CHESTS] = chests | {target}, 1
        over = len(chests) == len(self.chests) or len(keys) == len(chests) == len(self.keys)
        return (*target, keys | chests), rewards, over

    @functools.cached_property
    def transitions(self):
        """The results of `step` for each action, by reachable state."""
        found, todo = {}, [(*self.start, frozenset())]
        while todo:
            state = todo.pop()
            if state not in found:
                found[state] = [self.step(state, move) for move in MOVES.values()]
                todo += [after for after, _, over in found[state] if not over]
        return found

    def plan(self, goal):
        """For every state: the best return on a goal and then on the intended one, and all best actions.

        Exact: with ``n`` steps to go, values are kept times the denominator to the power ``n - 1``.
        """
        ahead, behind = DISCOUNT
        values, scale = dict.fromkeys(self.transitions, (0, 0)), 1
        while True:
            worth = {
                state: [
                    tuple(
                        rewards[of] * scale + ahead * (0 if over else values[after][index])
                        for index, of in enumerate((goal, CHESTS))
                    )
                    for after, rewards, over in outcomes
                ]
                for state, outcomes in self.transitions.items()
            }
            better = {state: max(of_actions) for state, of_actions in worth.items()}
            settled = all(better[state] == tuple(behind * part for part in values[state]) for state in better)
            values = better
            if settled:
                best = {
                    state: [action for action, pair in enumerate(worth[state]) if pair == values[state]]
                    for state in values
                }
                exact = {state: [part / scale for part in pair] for state, pair in values.items()}
                return exact, best
            scale *= behind


TINY = ["k@k\n#c#", "@kck", "kc@.c", "k@c\nk#.\n...", "c@k\n#.#\nk..", "#.k\n@c.\n#.k"]
"""Of three items each, so that they are compiled once."""


@jax.jit
def _solve(pool):
    values = jax.lax.map(lambda level: make_plan(PLANNER, level).state_values, pool)
    return values, optimal_actions(PLANNER, pool)


def solved(drawings):
    """For every drawing of a list of one number of items: the reference, and by state what the planner says
    of all goals: own and intended values, and sets of actions."""
    levels = [ENV.parse(drawing) for drawing in drawings]
    values, tables = jax.tree.map(np.asarray, _solve(stack(levels)))
    for index, (drawing, level) in enumerate(zip(drawings, levels, strict=True)):
        reference = Reference.read(drawing)
        states = list(reference.transitions)
        items = (*reference.keys, *reference.chests)
        taken = [sum(1 << bit for bit, item in enumerate(items) if item in state[2]) for state in states]
        # A drawing is at the bottom of the world.
        lower = int(level.start[1]) - reference.start[1]
        x, y = (np.array([state[axis] for state in states]) for axis in (0, 1))
        numbers = ENV.state_number(KeysState(x=x, y=y + lower, taken=np.array(taken, np.uint32)))
        yield (
            reference,
            states,
            values.own[index][:, numbers],
            values.intended[index][:, numbers],
            tables[:, index, numbers],
        )


def drawings_of(pool, number, count=4):
    """The first of a pool's small levels with a number of keys or of chests, whichever are fewer, as text."""
    inside = np.flatnonzero(fewest(pool) == number)
    drawings = (ENV.draw(select(pool, index)) for index in inside)
    small = [drawing for drawing in drawings if len(drawing) <= 5 * 6]
    assert len(small) >= count
    return small[:count]


def fewest(pool):
    """The number of keys or of chests, whichever are fewer: int[levels]."""
    return np.minimum(*(np.bitwise_count(np.asarray(kind)) for kind in (pool.keys, pool.chests)))


@pytest.fixture(scope="module")
def some_drawings(keys_pool):
    pools = [keys_pool(plenty) for plenty in ("chests", "keys")]
    return {
        "tiny": TINY,
        **{number: [text for pool in pools for text in drawings_of(pool, number)] for number in (1, 2)},
    }


@pytest.mark.parametrize("which", ["tiny", 1, 2])
def test_values_and_actions_are_those_of_the_reference_in_every_state(some_drawings, which):
    ties = 0
    for reference, states, own, intended, sets in solved(some_drawings[which]):
        for goal in (CHESTS, KEYS):
            values, best = reference.plan(goal)
            expected = np.array([values[state] for state in states])
            np.testing.assert_allclose(own[goal], expected[:, 0], rtol=1e-5)
            np.testing.assert_allclose(intended[goal], expected[:, 1], rtol=1e-5)
            assert sets[goal].tolist() == [sum(1 << action for action in best[state]) for state in states]
            ties += sum(len(best[state]) > 1 for state in states)
    assert ties > 10


def opened_by(reference, goal):
    """How many chests the reference's plan for a goal opens, and how many keys it collects."""
    best, state, totals = reference.plan(goal)[1], (*reference.start, frozenset()), [0, 0]
    while True:
        state, rewards, over = reference.transitions[state][best[state][0]]
        totals = [total + reward for total, reward in zip(totals, rewards, strict=True)]
        if over:
            return totals


@pytest.mark.parametrize("number", [1, 2])
def test_plans_open_and_collect_as_many_as_possible(some_drawings, number):
    """In training a plan for either goal ends with all keys and as many chests open; under shift a plan
    for the chests opens them all."""
    for drawing in some_drawings[number]:
        reference = Reference.read(drawing)
        opened, collected = opened_by(reference, CHESTS)
        assert opened == number
        if len(reference.keys) == number:
            assert collected == number
            assert opened_by(reference, KEYS) == [number, number]


# Solvability.


@pytest.mark.parametrize("plenty", ["chests", "keys"])
def test_every_generated_level_is_solvable(keys_pool, plenty):
    """All items and the start are in one connected part of the floor, and items do not block the way."""
    pool = keys_pool(plenty)
    for index in range(128):
        reference = Reference.read(ENV.draw(select(pool, index)))
        seen, todo = set(), [reference.start]
        while todo:
            x, y = todo.pop()
            if (x, y) not in seen and (x, y) in reference.floor:
                seen.add((x, y))
                todo += [(x + right, y + down) for right, down in MOVES.values()]
        assert seen == reference.floor
        assert seen >= {*reference.keys, *reference.chests}


@functools.partial(jax.jit, static_argnums=0)
def _at_start(planner, pool):
    def values(level):
        own = make_plan(planner, level).state_values.own
        return own[:, ENV.state_number(ENV.start(level))]

    return jax.lax.map(values, pool)


@pytest.mark.parametrize("plenty", ["chests", "keys"])
def test_every_chest_for_which_there_is_a_key_can_be_opened(keys_pool, plenty):
    pool = select(keys_pool(plenty), np.arange(24))
    # With a discount near 1, so that a return is nearly the number of opened chests.
    values = np.asarray(_at_start(dataclasses.replace(PLANNER, discount=0.9999), pool))
    assert set(fewest(pool).tolist()) == {1, 2, 3}
    np.testing.assert_array_equal(np.ceil(values[:, CHESTS]), fewest(pool))
