"""The garden: walls, floor, agent and colours of all worlds seen from above.

Other modules of this package have the things in these worlds.
"""

from __future__ import annotations

from collections.abc import Mapping

from gmbench.envs.core.rendering import Sprite, Sprites, assemble, pixels
from gmbench.envs.sprites.tiles import bordered, mirror, move_to_bottom

PALETTE = {
    # Outlines of all figures.
    "K": "#2a2238",
    # Hedge, from light to dark, down to its outline.
    "1": "#8ccb5e", "2": "#4b9446", "3": "#418740", "4": "#387839", "5": "#24542f", "6": "#173a26",
    # Flagstones, from light to dark.
    "n": "#ece4d3", "o": "#e0d6c2",
    # Gold.
    "w": "#fff6b8", "x": "#ffd92e", "y": "#f2a900",
    # Wood and iron.
    "a": "#b5733d", "b": "#96592c", "c": "#754020", "q": "#d3dae0", "r": "#8f9ba5",
    # Lava, from light to dark, and its crust.
    "h": "#ffb43a", "j": "#f7761f", "k": "#de4416", "l": "#6b2a22",
    # Ruby, from light to dark.
    "Z": "#ff9fa8", "Y": "#ee3d55", "X": "#b3173a",
    # Monsters, from light to dark.
    "s": "#b583e8", "t": "#8a52c8", "u": "#6536a0",
    # Light blue.
    "g": "#a3c6ff",
    # Plaque.
    "P": "#2b2947", "Q": "#b9b4dc",
    # Suit, scarf and face.
    "B": "#4a8cff", "C": "#2c5fc4", "R": "#f0364f", "F": "#ffdcb8", "H": "#8a4a28",
}  # fmt: skip
"""Colours of the pixel art, by the character that stands for each."""

HEDGE = """
3333333333333333
3322333333333333
3233333333322333
3333333333233333
3333334433333333
3333333443333333
3333333333333333
3333333333333333
3332233333333443
3323333333333344
3333333332233333
3333333323333333
3333333333333333
3443333333333333
3344333333333333
3333333333333333
"""
HEDGE_ABOVE = """
6666666666666666
1112111121111211
2122212222122221
"""
HEDGE_LEFT = "62 62 622 62 62 62 622 62 62 622 62 62 62 622 62 62".replace(" ", "\n")
HEDGE_RIGHT = mirror(HEDGE_LEFT.replace("2", "4"))
HEDGE_BELOW = move_to_bottom("""
4..44...4..44..4
4444444444444444
5455554555545555
5555555555555555
5655555655556555
6666666666666666
""")

FLOOR = ("o" + "n" * 15 + "\n") * 15 + "o" * 16

AGENT = """
....KKKKKKKK....
...KHHHHHHHHK...
..KHHHHHHHHHHK..
..KHHHHHHHHHHK..
..KHHFFFFFFHHK..
..KHFKFFFFKFHK..
..KFFKFFFFKFFK..
...KFFFFFFFFK...
..KKRRRRRRRRKK..
.KBBKRRRRRRKBBK.
.KBBBBBBRRBBBBK.
.KFKBBBBRRBBKFK.
..KKBBBBBBBBKK..
...KCCCKKCCCK...
...KCCCKKCCCK...
...KKKKKKKKKK...
"""

WALL = bordered(HEDGE, PALETTE, left=HEDGE_LEFT, right=HEDGE_RIGHT, below=HEDGE_BELOW, above=HEDGE_ABOVE)


def assemble_garden(**others: Sprite) -> Sprites:
    """Makes the sprites of a world: its walls, then ``others``, one for each channel, in order."""
    sprites: Mapping[str, Sprite] = {"wall": WALL, **others}
    return assemble(sprites, agent=pixels(AGENT, PALETTE), background=pixels(FLOOR, PALETTE)[..., :3])


def make_sprite(drawing: str) -> Sprite:
    """Makes a sprite of pixel art in the colours of `PALETTE`; see `gmbench.envs.core.rendering.pixels`."""
    return Sprite(pixels(drawing, PALETTE))
