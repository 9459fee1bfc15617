import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from gmbench.envs.coinrun.sprites import PALETTE, SPRITES
from gmbench.envs.core.grid import RADIUS
from gmbench.envs.core.rendering import TILE, Sprite, assemble, pixels, plain, render

LEFT, RIGHT, BELOW, ABOVE = 1, 2, 4, 8
FAR = (0, 0)
"""A corner for the agent, away from the cells that a test checks."""
BLUE, RED = (0, 0, 255), (255, 0, 0)
CHANNELS = 3

TYPICAL = {"wall": "2", "crate": "a", "lava": "i", "saw": "q", "enemy": "u", "coin": "x", "rise": "m"}
"""A colour that only this sprite of CoinRun has, given by its symbol in the palette."""


def line(colour, row=None, column=None):
    """A tile that is transparent except for one row or column."""
    tile = np.zeros((TILE, TILE, 4), np.uint8)
    tile[slice(None) if row is None else row, slice(None) if column is None else column] = (*colour, 255)
    return tile


def full(red, green, blue, alpha=255):
    return np.full((TILE, TILE, 4), (red, green, blue, alpha), np.uint8)


@pytest.fixture(scope="module")
def sprites():
    """Three channels: ground with lines at its open sides; water, which closes these sides; glass."""
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
    """The same picture, composed by Pillow cell by cell."""
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


def test_a_tile_is_drawn_exactly_where_its_plane_is_set(sprites):
    for channel in range(CHANNELS):
        picture = render(sprites, jnp.zeros((3, 4, CHANNELS), bool).at[1, 2, channel].set(True), FAR)
        changed = [
            (column, row)
            for row in range(3)
            for column in range(4)
            if (cell(picture, column, row) != 255).any() and (column, row) != FAR
        ]
        assert changed == [(2, 1)]


def test_a_picture_equals_the_one_that_pillow_composes(sprites):
    planes = random_planes()
    picture = np.asarray(render(sprites, planes, (2, 3)))
    assert picture.dtype == np.uint8
    np.testing.assert_allclose(picture, composed(sprites, planes, (2, 3)), atol=1)


def test_later_channels_are_blended_over_earlier_ones(sprites):
    picture = render(sprites, planes_of("..... .#+|. ....."), FAR)
    assert cell(picture, 1, 1)[8, 8].tolist() == [100, 50, 0]
    np.testing.assert_allclose(cell(picture, 2, 1)[8, 8], [178, 25, 0], atol=1)
    np.testing.assert_allclose(cell(picture, 3, 1)[8, 8], [255, 127, 127], atol=1)


def test_sides_are_open_where_the_neighbour_has_no_channel_that_joins(sprites):
    picture = render(sprites, planes_of("...... .##... .#~|#. .~..|. ......"), FAR)

    def open_sides(column, row):
        shown = cell(picture, column, row)[..., 0]
        middles = shown[8, 0], shown[8, -1], shown[-1, 8], shown[0, 8]
        return sum(1 << bit for bit, middle in enumerate(middles) if middle == bit + 1)

    assert open_sides(1, 1) == LEFT + ABOVE
    assert open_sides(2, 1) == RIGHT + ABOVE
    assert open_sides(1, 2) == LEFT
    assert open_sides(4, 2) == LEFT + RIGHT + BELOW + ABOVE


def test_cells_beyond_the_picture_equal_those_at_its_edge(sprites):
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


def test_planes_with_too_many_channels_are_refused(sprites):
    with pytest.raises(ValueError, match="3 sprites for 5 channels"):
        render(sprites, jnp.zeros((2, 2, 5), bool), FAR)


def test_pixels_that_are_missing_in_pixel_art_are_transparent():
    tile = pixels("\n.k\nhk\n", {"k": "#000000", "h": "#ffffff80"})
    assert tile.shape == (TILE, TILE, 4)
    assert tile[1, 0].tolist() == [255, 255, 255, 128]
    assert tile[0, 1].tolist() == tile[1, 1].tolist() == [0, 0, 0, 255]
    assert tile[..., 3].astype(bool).sum() == 3


# The sprites of CoinRun.


def test_coinrun_has_a_sprite_for_each_channel_in_their_order(env):
    assert len(SPRITES.tiles) == len(env.channels) == len(TYPICAL)
    for tiles, name in zip(SPRITES.tiles, env.channels, strict=True):
        typical = pixels(TYPICAL[name], PALETTE)[0, 0]
        assert (tiles[0] == typical).all(axis=-1).sum() > 5, name


def test_a_view_is_the_part_of_the_scene_around_the_agent(env, level):
    state = env.start(level)
    view = np.asarray(render(SPRITES, env.view(level, state), (RADIUS, RADIUS)))
    scene = np.asarray(render(SPRITES, env.scene(level, state), env.position(state)))
    x, y = (int(place) for place in level.start)
    around = scene[(y - RADIUS) * TILE :, (x - RADIUS) * TILE :][: view.shape[0], : view.shape[1]]
    # The renderer does not know the outer neighbours of the outermost cells of a view.
    inner = slice(TILE, -TILE)
    np.testing.assert_array_equal(view[inner, inner], around[inner, inner])


def test_grass_grows_where_nothing_solid_lies_above(env):
    level = env.parse("#......# #@..oG.# ####~~## ########".replace(" ", "\n"))
    state = env.start(level)
    picture = render(SPRITES, env.scene(level, state), env.position(state))
    grass = np.asarray(pixels("5", PALETTE)[0, 0, :3])

    def grassy(column, row):
        return bool((cell(picture, column, row)[0] == grass).all())

    assert [grassy(column, 16) for column in range(8)] == [False, True, True, True, False, False, True, False]
    assert not any(grassy(column, 17) for column in range(8))
