import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from gmbench.envs.coinrun.sprites import PALETTE, SPRITES
from gmbench.envs.core.grid import RADIUS
from gmbench.envs.core.rendering import (
    TILE,
    Mark,
    Sprite,
    assemble,
    pixels,
    plain,
    render,
    scene_image,
    view_image,
)

LEFT, RIGHT, BELOW, ABOVE = 1, 2, 4, 8
FAR = (0, 0)
"""A corner for the agent, where a test does not look."""
BLUE, RED = (0, 0, 255), (255, 0, 0)
CHANNELS = 3

TYPICAL = {"wall": "2", "crate": "a", "lava": "i", "saw": "q", "enemy": "u", "coin": "x", "rise": "m"}
"""A colour that only this sprite of CoinRun has, as its symbol in the palette."""


def line(colour, row=None, column=None):
    """A tile that is transparent but for one row or column."""
    tile = np.zeros((TILE, TILE, 4), np.uint8)
    tile[slice(None) if row is None else row, slice(None) if column is None else column] = (*colour, 255)
    return tile


def full(red, green, blue, alpha=255):
    return np.full((TILE, TILE, 4), (red, green, blue, alpha), np.uint8)


@pytest.fixture(scope="module")
def sprites():
    """Three channels: ground with lines at its open sides, which water closes; water; glass over both."""
    ground = Sprite(
        full(100, 50, 0),
        left=line((1, 1, 1), column=0),
        right=line((2, 2, 2), column=-1),
        below=line((3, 3, 3), row=-1),
        above=line((4, 4, 4), row=0),
        joins=("water",),
    )
    water, glass = Sprite(full(*BLUE)), Sprite(full(*RED, alpha=128))
    return assemble(
        {"ground": ground, "water": water, "glass": glass}, pixels("r", {"r": "#ff0000"}), plain("#ffffff")
    )


def planes_of(drawing):
    """Planes of ground (#), water (~) and glass (|); a cell marked + has ground and glass."""
    symbols = np.array([list(row) for row in drawing.split()])
    return jnp.stack([jnp.asarray(np.isin(symbols, list(channel))) for channel in ("#+", "~", "|+")], axis=-1)


def cell(picture, column, row):
    return np.asarray(picture)[row * TILE :, column * TILE :][:TILE, :TILE]


def random_planes(rows=5, columns=7, channels=CHANNELS, seed=0):
    return jnp.asarray(np.random.default_rng(seed).random((rows, columns, channels)) < 0.3)


def composed(sprites, planes, agent):
    """The picture by Pillow, cell by cell."""
    rows, columns, _ = planes.shape
    picture = Image.new("RGBA", (columns * TILE, rows * TILE))
    closing = np.any(np.asarray(planes)[:, :, None, :] & sprites.joined, axis=-1)
    around = np.pad(closing, ((1, 1), (1, 1), (0, 0)), mode="edge")

    def sides(row, column, channel):
        neighbours = {LEFT: (1, 0), RIGHT: (1, 2), BELOW: (2, 1), ABOVE: (0, 1)}
        return sum(
            side
            for side, (down, right) in neighbours.items()
            if not around[row + down, column + right, channel]
        )

    for row in range(rows):
        for column in range(columns):
            place = (column * TILE, row * TILE)
            picture.paste(Image.fromarray(sprites.background), place)
            for channel in np.nonzero(planes[row, column])[0]:
                tile = sprites.tiles[channel, sides(row, column, channel)]
                picture.alpha_composite(Image.fromarray(tile), place)
    picture.alpha_composite(Image.fromarray(sprites.agent), (agent[0] * TILE, agent[1] * TILE))
    return np.asarray(picture.convert("RGB"))


def test_a_tile_is_drawn_where_and_only_where_its_plane_is_set(sprites):
    for channel in range(CHANNELS):
        picture = render(sprites, jnp.zeros((3, 4, CHANNELS), bool).at[1, 2, channel].set(True), FAR)
        changed = [
            (column, row)
            for row in range(3)
            for column in range(4)
            if (cell(picture, column, row) != 255).any() and (column, row) != FAR
        ]
        assert changed == [(2, 1)]


def test_a_picture_is_what_pillow_composes_of_the_tiles(sprites):
    planes = random_planes()
    picture = np.asarray(render(sprites, planes, (2, 3)))
    assert picture.dtype == np.uint8
    np.testing.assert_allclose(picture, composed(sprites, planes, (2, 3)), atol=1)


def test_later_channels_cover_earlier_ones_by_their_alpha(sprites):
    picture = render(sprites, planes_of("..... .#+|. ....."), FAR)
    assert cell(picture, 1, 1)[8, 8].tolist() == [100, 50, 0]
    np.testing.assert_allclose(cell(picture, 2, 1)[8, 8], [178, 25, 0], atol=1)
    np.testing.assert_allclose(cell(picture, 3, 1)[8, 8], [255, 127, 127], atol=1)


def test_open_sides_are_those_without_the_channel_or_one_that_it_joins(sprites):
    picture = render(sprites, planes_of("...... .##... .#~|#. .~..|. ......"), FAR)

    def open_sides(column, row):
        shown = cell(picture, column, row)[..., 0]
        middles = shown[8, 0], shown[8, -1], shown[-1, 8], shown[0, 8]
        return sum(1 << bit for bit, middle in enumerate(middles) if middle == bit + 1)

    assert open_sides(1, 1) == LEFT + ABOVE
    assert open_sides(2, 1) == RIGHT + ABOVE
    assert open_sides(1, 2) == LEFT
    assert open_sides(4, 2) == LEFT + RIGHT + BELOW + ABOVE


def test_the_ground_goes_on_beyond_the_picture(sprites):
    picture = np.asarray(render(sprites, planes_of("## ##"), (1, 1)))
    np.testing.assert_array_equal(cell(picture, 0, 0), full(100, 50, 0)[..., :3])


def test_the_agent_is_drawn_over_everything_and_nowhere_else(sprites):
    planes = jnp.ones((2, 3, CHANNELS), bool)
    here, there = (np.asarray(render(sprites, planes, agent)) for agent in ((1, 0), (2, 1)))
    assert here[0, TILE].tolist() == there[TILE, 2 * TILE].tolist() == [255, 0, 0]
    assert (here != there).any(axis=-1).sum() == 2


def test_a_picture_is_the_same_under_jit_and_vmap(sprites):
    batch = jnp.stack([random_planes(seed=seed) for seed in range(4)])
    agents = (jnp.array([0, 6, 3, 2]), jnp.array([4, 0, 2, 2]))
    together = jax.jit(jax.vmap(render, (None, 0, 0)))(sprites, batch, agents)
    for index in range(4):
        alone = render(sprites, batch[index], (agents[0][index], agents[1][index]))
        np.testing.assert_array_equal(together[index], alone)


def test_planes_without_sprites_are_refused(sprites):
    with pytest.raises(ValueError, match="3 sprites for 5 channels"):
        render(sprites, jnp.zeros((2, 2, 5), bool), FAR)


def test_pixel_art_is_read_with_transparent_rests():
    tile = pixels("\n.k\nhk\n", {"k": "#000000", "h": "#ffffff80"})
    assert tile.shape == (TILE, TILE, 4)
    assert tile[1, 0].tolist() == [255, 255, 255, 128]
    assert tile[0, 1].tolist() == tile[1, 1].tolist() == [0, 0, 0, 255]
    assert tile[..., 3].astype(bool).sum() == 3


# CoinRun's sprites, and pictures of its levels.


@pytest.fixture(scope="module")
def level(env):
    """Random cells, the agent far from every edge of the level."""
    symbols = np.random.default_rng(1).choice(list("#=~^f..."), (18, 30))
    symbols[9, 12], symbols[3, 28], symbols[7, 15] = "@", "G", "o"
    return env.parse("\n".join("".join(row) for row in symbols))


def test_coinrun_has_a_sprite_for_each_channel_in_their_order(env):
    assert len(SPRITES.tiles) == len(env.channels) == len(TYPICAL)
    for tiles, name in zip(SPRITES.tiles, env.channels, strict=True):
        typical = pixels(TYPICAL[name], PALETTE)[0, 0]
        assert (tiles[0] == typical).all(axis=-1).sum() > 5, name


def test_a_view_is_the_part_of_the_scene_around_the_agent(env, level):
    view = np.asarray(view_image(env, level, env.start(level)))
    scene = np.asarray(scene_image(env, level, env.start(level)))
    x, y = (int(place) for place in level.start)
    around = scene[(y - RADIUS) * TILE :, (x - RADIUS) * TILE :][: view.shape[0], : view.shape[1]]
    # The outermost cells of a view are drawn without knowing their outer neighbours.
    inner = slice(TILE, -TILE)
    np.testing.assert_array_equal(view[inner, inner], around[inner, inner])


def test_a_view_is_a_picture_of_the_observation(env, level):
    state = env.start(level)
    picture = render(SPRITES, env.view(level, state), (RADIUS, RADIUS))
    np.testing.assert_array_equal(view_image(env, level, state), picture)


def test_grass_grows_where_nothing_solid_lies_above(env):
    level = env.parse("#......# #@..oG.# ####~~## ########".replace(" ", "\n"))
    picture = scene_image(env, level, env.start(level))
    grass = np.asarray(pixels("5", PALETTE)[0, 0, :3])

    def grassy(column, row):
        return bool((cell(picture, column, row)[0] == grass).all())

    assert [grassy(column, 16) for column in range(8)] == [False, True, True, True, False, False, True, False]
    assert not any(grassy(column, 17) for column in range(8))


def test_scale_repeats_pixels(env, level):
    small, large = (np.asarray(scene_image(env, level, env.start(level), scale)) for scale in (1, 3))
    np.testing.assert_array_equal(large, small.repeat(3, axis=0).repeat(3, axis=1))


def test_marks_surround_their_cells_and_leave_them_alone(env, level):
    state = env.start(level)
    bare = np.asarray(scene_image(env, level, state))
    marked = np.asarray(scene_image(env, level, state, marks=[Mark(5, 4, "#ff00fe")]))
    rows, columns = np.nonzero((bare != marked).any(axis=-1))
    assert (marked[rows, columns] == (255, 0, 254)).all()
    assert (rows.min(), rows.max()) == (4 * TILE - 1, 5 * TILE)
    assert (columns.min(), columns.max()) == (5 * TILE - 1, 6 * TILE)
    np.testing.assert_array_equal(cell(bare, 5, 4), cell(marked, 5, 4))


def test_a_mark_in_a_corner_is_cut_off(env, level):
    state = env.start(level)
    bare = np.asarray(scene_image(env, level, state))
    marked = np.asarray(scene_image(env, level, state, marks=[Mark(0, 0), Mark(51, 17)]))
    changed = (bare != marked).any(axis=-1)
    assert changed[: TILE + 1, : TILE + 1].any()
    assert changed[-TILE - 1 :, -TILE - 1 :].any()
    assert not changed[TILE + 1 : -TILE - 1].any()
