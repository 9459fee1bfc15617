"""Keys & Chests played by the names of actions, on levels drawn as text."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.levels import select, stack
from gmbench.envs.core.mazes import SIZE
from gmbench.envs.keys import CHESTS, KEYS, Keys, KeysState
from gmbench.envs.keys.environment import held

ENV = Keys()
MOST_ACTIONS = 32
LETTERS = {name[0]: number for number, name in enumerate(ENV.actions)}
"""Actions by their first letters: l, u, r, d."""


@dataclasses.dataclass(frozen=True)
class Rollouts:
    """What came of a list of actions: one entry per action."""

    drawings: list[str]
    """The level after the action, with the agent where it is; the drawn rows only."""
    chests: list[float]
    """Rewards of the goal `chests`."""
    keys: list[float]
    held: list[int]
    ended: list[bool]


@jax.jit
def _run(level, actions):
    def step(state, action):
        following = ENV.advance(level, state, action)
        rewards = ENV.rewards(level, state, action, following)
        return following, (following, rewards, held(level, following), ENV.ended(level, following))

    return jax.lax.scan(step, ENV.start(level), actions)[1]


def play(drawing, actions):
    """Plays a word of letters; it does not stop at the end of the episode."""
    level = ENV.parse(drawing)
    numbers = [LETTERS[letter] for letter in actions] + [0] * (MOST_ACTIONS - len(actions))
    results = jax.tree.map(lambda leaf: leaf[: len(actions)], _run(level, jnp.array(numbers)))
    states, rewards, keys_held, ended = results
    return Rollouts(
        drawings=[ENV.draw(level, select(states, index)) for index in range(len(actions))],
        chests=rewards[:, 0].tolist(),
        keys=rewards[:, 1].tolist(),
        held=keys_held.tolist(),
        ended=ended.tolist(),
    )


# Walking.


@pytest.mark.parametrize(
    ("action", "after"),
    [
        ("l", "k.c\n@..\n..."),
        ("u", "k@c\n...\n..."),
        ("r", "k.c\n..@\n..."),
        ("d", "k.c\n...\n.@."),
    ],
)
def test_actions_move_one_cell(action, after):
    assert play("k.c\n.@.\n...", action).drawings == [after]


@pytest.mark.parametrize("action", LETTERS)
def test_walls_hold_the_agent(action):
    walled = "k###\n##@#\n###c"
    assert play(walled, action * 2).drawings == [walled] * 2


# Keys and chests.


def test_key_is_collected_once():
    played = play("@k.c", "rrll")
    assert played.drawings == [".@.c", "..@c", ".@.c", "@..c"]
    assert played.keys == [1, 0, 0, 0]
    assert played.held == [1, 1, 1, 1]
    assert sum(played.chests) == 0
    assert not any(played.ended)


def test_chest_is_opened_with_a_key_which_is_used_up():
    played = play("@kccc", "rrr")
    assert played.drawings == [".@ccc", "..@cc", "...@c"]
    assert played.keys == [1, 0, 0]
    assert played.chests == [0, 1, 0]
    assert played.held == [1, 0, 0]


def test_chest_that_is_walked_over_without_a_key_stays_and_can_be_opened_later():
    played = play("@ckc", "rrlr")
    assert played.drawings == [".@kc", ".c@c", ".@.c", "..@c"]
    assert played.chests == [0, 0, 1, 0]
    assert played.held == [0, 1, 0, 0]


def test_several_keys_are_held_and_used_one_by_one():
    played = play("@kkkcc.c", "rrrrrrr")
    assert played.held == [1, 2, 3, 2, 1, 1, 0]
    assert played.keys == [1, 1, 1, 0, 0, 0, 0]
    assert played.chests == [0, 0, 0, 1, 1, 0, 1]


def test_no_second_key_is_used_on_an_open_chest():
    played = play("@kkcc", "rrrlr")
    assert played.held == [1, 2, 1, 1, 1]
    assert sum(played.chests) == 1


def test_what_lies_beside_the_agent_is_not_touched():
    played = play("kck\nc@c\nk.k", "d")
    assert played.drawings == ["kck\nc.c\nk@k"]
    assert (played.keys, played.chests) == ([0], [0])


# The end.


@pytest.mark.parametrize(
    ("drawing", "actions"),
    [
        pytest.param("@kc.k", "rr", id="all chests open, and a key left"),
        pytest.param("@kc.c", "rr", id="no key left, and a chest left"),
        pytest.param("@kc", "rr", id="no key and no chest left"),
        pytest.param("@kkcc.c", "rrrr", id="two keys used"),
        pytest.param("@kckc", "rrrr", id="two keys used in turn"),
        pytest.param("@kkkcc", "rrrrr", id="all chests open, and a key held"),
    ],
)
def test_episode_ends_when_no_more_chest_can_be_opened(drawing, actions):
    played = play(drawing, actions)
    assert played.ended == [False] * (len(actions) - 1) + [True]
    assert played.chests[-1] == 1


def test_walking_over_chests_with_nothing_ends_nothing():
    played = play("k@cc", "rrlll")
    assert played.ended == [False] * 5
    assert played.held == [0, 0, 0, 0, 1]


def follow(drawing, actions, **settings):
    """Reward, ends and goals of every step of the full environment, on one level."""
    env = Keys(**settings)
    params = env.params(stack([env.parse(drawing)]))
    _, state = env.reset_to(jnp.int32(0), params)
    steps = []
    for action in actions:
        _, state, reward, terminated, truncated, info = env.step(
            jax.random.key(0), state, jnp.int32(LETTERS[action]), params
        )
        steps.append((float(reward), bool(terminated), bool(truncated), info["goals"].tolist()))
    return steps, state


def test_chests_are_rewarded_and_keys_only_recorded():
    steps, state = follow("@kcc", "rrr")
    assert steps == [
        (0, False, False, [0, 1]),
        (1, True, False, [1, 0]),
        # A new episode, in which the key is back.
        (0, False, False, [0, 1]),
    ]
    assert int(state.time) == 1


def test_time_limit_truncates():
    assert Keys().time_limit == 128
    steps, state = follow("@.kc", "lllll", time_limit=5)
    assert [step[1:3] for step in steps] == [(False, False)] * 4 + [(False, True)]
    assert int(state.time) == 0


def test_intended_goal_is_the_chests():
    assert ENV.goals == (CHESTS, KEYS)
    assert [goal.name for goal in ENV.goals] == ["chests", "keys"]


# The view and the scene.


@functools.partial(jax.jit, static_argnums=1)
def _walk(pool, steps):
    """Random walks, one a level: state by state what is seen, the scene and the keys held."""

    def play_one(level, key):
        def step(state, action):
            after = ENV.advance(level, state, action)
            seen = ENV.view(level, after), ENV.scene(level, after)
            return after, (after, *seen, ENV.position(after), held(level, after))

        actions = jax.random.randint(key, (steps,), 0, ENV.num_actions)
        return jax.lax.scan(step, ENV.start(level), actions)[1]

    count = len(pool.start)
    return jax.vmap(play_one)(pool, jax.random.split(jax.random.key(0), count))


@pytest.fixture(scope="module", params=["chests", "keys"])
def walks(request, keys_pool):
    """A pool, and walks on its levels; on the small ones they find something."""
    pool = select(keys_pool(request.param), np.arange(32))
    return pool, jax.tree.map(np.asarray, _walk(pool, 120))


def test_held_keys_fill_whole_rows_of_the_view_and_cells_of_the_scene_from_the_last_row(walks):
    _, (_, views, scenes, _, keys_held) = walks
    badge = ENV.channels.index("held")
    size = views.shape[2]
    rows = np.arange(size)[:, None] >= size - keys_held[..., None, None]
    assert (views[..., badge] == rows).all()
    badges = np.zeros(scenes.shape[:-1], bool)
    badges[:, :, -1] = np.arange(scenes.shape[3]) < keys_held[..., None]
    assert (scenes[..., badge] == badges).all()
    assert keys_held.max() >= 2


def test_more_keys_than_rows_fill_the_view():
    level = ENV.parse("@" + "k" * 12 + "\n" + "k" * 12 + "c")
    taken = jnp.uint32((1 << 24) - 1)
    state = KeysState(x=level.start[0], y=level.start[1], taken=taken)
    assert int(held(level, state)) == 24
    assert ENV.view(level, state)[..., ENV.channels.index("held")].all()


def test_scene_is_the_drawing_in_a_frame_of_wall_with_what_is_taken_gone(walks):
    pool, (states, _, scenes, (x, y), _) = walks
    symbols = {"#": "wall", "k": "key", "c": "chest"}
    vanished = 0
    for index in range(16):
        level = select(pool, index)
        for step in (0, 40, 119):
            state = jax.tree.map(lambda leaf, at=(index, step): leaf[at], states)
            expected = np.zeros((SIZE + 2, SIZE + 2, 3), bool)
            expected[..., 0] = True
            rows = ENV.draw(level, state).splitlines()
            for row, line in enumerate(rows, start=SIZE + 1 - len(rows)):
                for column, symbol in enumerate(line, start=1):
                    names = [symbols.get(symbol) == name for name in symbols.values()]
                    expected[row, column] = names
            column, row = x[index, step], y[index, step]
            assert ENV.draw(level, state).splitlines()[row - SIZE - 1 + len(rows)][column - 1] == "@"
            # The agent's symbol hides a chest that it cannot open.
            hidden = np.zeros(expected.shape[:2], bool)
            hidden[row, column] = True
            seen = scenes[index, step, ..., :3]
            assert (seen[~hidden] == expected[~hidden]).all()
            vanished += int(state.taken != 0)
    assert vanished > 10


def test_taken_items_are_no_longer_seen():
    level = ENV.parse("@kc.c")
    start = ENV.start(level)
    seen = {name: [] for name in ("key", "chest")}
    for taken in (0b000, 0b001, 0b011):
        view = ENV.view(level, start.replace(taken=jnp.uint32(taken)))
        for name, counts in seen.items():
            counts.append(int(view[..., ENV.channels.index(name)].sum()))
    assert seen == {"key": [1, 0, 0], "chest": [2, 2, 1]}


# The numbering.


def test_numbering_gives_every_number_back():
    level = ENV.parse("@kc.c")
    count = ENV.state_count(level)
    assert count == SIZE**2 * 2**3
    numbers = jnp.arange(count)
    assert (ENV.state_number(ENV.numbered_state(numbers)) == numbers).all()


def test_numbered_states_are_all_places_with_all_sets_of_items():
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


def test_items_that_a_level_does_not_have_are_never_found():
    level = ENV.parse("@kc.c")
    spare = level.replace(places=jnp.concatenate((level.places, jnp.full((6, 2), NOWHERE, jnp.int32))))
    numbers = jnp.array([LETTERS[letter] for letter in "lurdrrrrlll"] + [0] * 21)
    one, other = _run(level, numbers), _run(spare, numbers)
    assert jax.tree.all(jax.tree.map(np.array_equal, one, other))
    states = one[0]
    assert int(states.taken[-1]) == 0b011
    for index in (0, 5, 9):
        state = select(states, index)
        assert (ENV.view(level, state) == ENV.view(spare, state)).all()
        assert (ENV.scene(level, state) == ENV.scene(spare, state)).all()
