"""Pictures of whole levels, on a level of CoinRun."""

import numpy as np

from gmbench.envs.core.annotations import Arrow, Dot, Mark, Stamp
from gmbench.envs.core.images import scene_image
from gmbench.envs.core.rendering import TILE, render


def test_a_scene_image_is_the_rendered_scene(env, level):
    state = env.start(level)
    picture = np.asarray(render(env.sprites, env.scene(level, state), env.position(state)))
    shown = np.asarray(scene_image(env, level, state))
    # Only the outline around the end of the level, which is for people, is added.
    column, row = level.end.tolist()
    around = np.ones(picture.shape[:2], bool)
    around[row * TILE - 1 : (row + 1) * TILE + 1, column * TILE - 1 : (column + 1) * TILE + 1] = False
    np.testing.assert_array_equal(shown[around], picture[around])
    assert (shown != picture).any()


def test_scale_repeats_pixels(env, level):
    small, large = (np.asarray(scene_image(env, level, env.start(level), scale)) for scale in (1, 3))
    np.testing.assert_array_equal(large, small.repeat(3, axis=0).repeat(3, axis=1))


def test_a_mark_surrounds_its_cell_and_does_not_change_it(env, level):
    state = env.start(level)
    bare = np.asarray(scene_image(env, level, state))
    marked = np.asarray(scene_image(env, level, state, annotations=[Mark(5, 4, "#ff00fe")]))
    rows, columns = np.nonzero((bare != marked).any(axis=-1))
    # The dashes are drawn in the colour, and the gaps between them in white, to be seen on any ground.
    assert {tuple(pixel) for pixel in marked[rows, columns].tolist()} <= {(255, 0, 254), (255, 255, 255)}
    assert (marked[rows, columns] == (255, 0, 254)).all(axis=1).any()
    assert (rows.min(), rows.max()) == (4 * TILE - 1, 5 * TILE)
    assert (columns.min(), columns.max()) == (5 * TILE - 1, 6 * TILE)
    inside = slice(4 * TILE, 5 * TILE), slice(5 * TILE, 6 * TILE)
    np.testing.assert_array_equal(bare[inside], marked[inside])


def test_a_mark_in_a_corner_is_cut_off_at_the_edge(env, level):
    state = env.start(level)
    bare = np.asarray(scene_image(env, level, state))
    marked = np.asarray(scene_image(env, level, state, annotations=[Mark(0, 0), Mark(51, 17)]))
    changed = (bare != marked).any(axis=-1)
    assert changed[: TILE + 1, : TILE + 1].any()
    assert changed[-TILE - 1 :, -TILE - 1 :].any()
    assert not changed[TILE + 1 : -TILE - 1].any()


def cell(image, column, row, scale=1):
    """Returns the pixels of a cell."""
    side = TILE * scale
    return np.asarray(image)[row * side : (row + 1) * side, column * side : (column + 1) * side]


def test_the_agent_does_not_hide_what_it_takes(env, level):
    column, row = level.coin.tolist()
    at_coin = env.start(level).replace(x=level.coin[0], y=level.coin[1])
    there, away = (scene_image(env, level, state, scale=2) for state in (at_coin, env.start(level)))
    half = TILE  # Half a cell of two pixels for each pixel of a sprite.
    shown, coin = cell(there, column, row, 2), cell(away, column, row, 2)
    np.testing.assert_array_equal(shown[:half], coin[:half])
    np.testing.assert_array_equal(shown[:, half:], coin[:, half:])
    agent = cell(away, *level.start.tolist(), 2)[::4, ::4]
    assert (shown[half:, :half] != coin[half:, :half]).any()
    assert {tuple(pixel) for pixel in agent.reshape(-1, 3).tolist()} & {
        tuple(pixel) for pixel in shown[half:, :half].reshape(-1, 3).tolist()
    }


def test_annotations_are_drawn_at_their_places(env, level):
    state = env.start(level)
    bare = np.asarray(scene_image(env, level, state, scale=2))
    red = np.zeros((TILE, TILE, 4), np.uint8)
    red[...] = (254, 1, 1, 255)
    stamped = scene_image(env, level, state, 2, [Stamp(7, 3, red)])
    assert (cell(stamped, 7, 3, 2) == (254, 1, 1)).all()
    for annotation in (Dot(7, 3), Arrow((7, 3), (10, 3)), Arrow((7, 3), (10, 3), both=True)):
        drawn = np.asarray(scene_image(env, level, state, 2, [annotation]))
        rows, columns = np.nonzero((drawn != bare).any(axis=-1))
        assert len(rows) > 20
        assert set(rows // (2 * TILE)) == {3}
        assert set(columns // (2 * TILE)) <= {7, 8, 9, 10}
    one, both = (
        np.asarray(scene_image(env, level, state, 2, [Arrow((7, 3), (10, 3), both=both)]))
        for both in (False, True)
    )
    assert (one != both).any()
