"""Pictures of whole levels, on a level of CoinRun."""

import numpy as np

from gmbench.envs.core.images import Mark, scene_image
from gmbench.envs.core.rendering import TILE, render


def test_a_scene_image_is_the_rendered_scene(env, level):
    state = env.start(level)
    picture = render(env.sprites, env.scene(level, state), env.position(state))
    np.testing.assert_array_equal(scene_image(env, level, state), picture)


def test_scale_repeats_pixels(env, level):
    small, large = (np.asarray(scene_image(env, level, env.start(level), scale)) for scale in (1, 3))
    np.testing.assert_array_equal(large, small.repeat(3, axis=0).repeat(3, axis=1))


def test_a_mark_surrounds_its_cell_and_does_not_change_it(env, level):
    state = env.start(level)
    bare = np.asarray(scene_image(env, level, state))
    marked = np.asarray(scene_image(env, level, state, marks=[Mark(5, 4, "#ff00fe")]))
    rows, columns = np.nonzero((bare != marked).any(axis=-1))
    assert (marked[rows, columns] == (255, 0, 254)).all()
    assert (rows.min(), rows.max()) == (4 * TILE - 1, 5 * TILE)
    assert (columns.min(), columns.max()) == (5 * TILE - 1, 6 * TILE)
    inside = slice(4 * TILE, 5 * TILE), slice(5 * TILE, 6 * TILE)
    np.testing.assert_array_equal(bare[inside], marked[inside])


def test_a_mark_in_a_corner_is_cut_off_at_the_edge(env, level):
    state = env.start(level)
    bare = np.asarray(scene_image(env, level, state))
    marked = np.asarray(scene_image(env, level, state, marks=[Mark(0, 0), Mark(51, 17)]))
    changed = (bare != marked).any(axis=-1)
    assert changed[: TILE + 1, : TILE + 1].any()
    assert changed[-TILE - 1 :, -TILE - 1 :].any()
    assert not changed[TILE + 1 : -TILE - 1].any()
