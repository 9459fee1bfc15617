"""The view and the scene of Keys & Chests."""

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.envs.core.levels import select
from gmbench.envs.core.mazes import SIZE
from gmbench.envs.keys import Keys, KeysState
from gmbench.envs.keys.environment import count_held

ENV = Keys()


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
    assert int(count_held(level, state)) == 24
    assert ENV.view(level, state)[..., ENV.channels.index("held")].all()


def test_scene_is_the_drawing_in_a_frame_of_wall_without_taken_items(walks):
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
