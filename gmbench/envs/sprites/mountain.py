"""The mountain, a world seen from the side: rock under snow, a flag, and the sky."""

from __future__ import annotations

from gmbench.envs.core.rendering import Sprite, Sprites, assemble, pixels, plain
from gmbench.envs.sprites.garden import AGENT
from gmbench.envs.sprites.garden import PALETTE as GARDEN
from gmbench.envs.sprites.tiles import bordered, mirror, move_to_bottom

PALETTE = GARDEN | {
    # Rock, from light to dark, down to its outline.
    "g": "#8b8fa8", "h": "#7b7f99", "i": "#6b6f89", "j": "#42455e",
    # Snow and its shadow.
    "s": "#ffffff", "t": "#dbe6f5", "u": "#b3c6e3",
}  # fmt: skip
"""Colours of the pixel art, by the character that stands for each."""
SKY = plain("#8fd0f2")

ROCK = """
hhhhhhhhhhhhhhhh
hhhgghhhhhhhhhhh
hhgghhhhhhhiihhh
hhhhhhhhhhiihhhh
hhhhhhhhhiihhhhh
hiihhhhhhhhhhggh
hhiihhhhhhhhgghh
hhhiihhhhhhhhhhh
hhhhhhhhgghhhhhh
hhhhhhhgghhhhhhi
ihhhhhhhhhhhhhii
hhhhhhhhhhhhhhhh
hhhggghhhhhiihhh
hhgghhhhhhiihhhh
hhhhhhhhhhhhhhhh
hhhhhhhhhhhhhhhh
"""
SNOW = """
ssssssssssssssss
ssssssssssssssss
ssstssssssstssss
tsstttsssstttsst
ttttutttttttuttt
utt..uttu.ttu.tu
.u....uu...u...u
"""
ROCK_LEFT = "jg jg jgg jg j jg jg jgg jg j jg jg jgg jg jg j".replace(" ", "\n")
ROCK_RIGHT = mirror(ROCK_LEFT.replace("g", "i"))
ROCK_BELOW = move_to_bottom("..ii...iii..ii..\n" + "j" * 16)

FLAG = """
......K.........
.....KrKKK......
.....KrRRRKKK...
.....KrRRRRRRKK.
.....KrRRRRRRRRK
.....KrRRRRRRKK.
.....KrRRRKKK...
.....KrKKK......
.....KrK........
.....KrK........
.....KrK........
.....KrK........
.....KrK........
.....KrK........
....KKrKK.......
...KqqrqqK......
"""

WALL = bordered(ROCK, PALETTE, left=ROCK_LEFT, right=ROCK_RIGHT, below=ROCK_BELOW, above=SNOW)


def assemble_mountain(**drawings: str) -> Sprites:
    """Makes the sprites of a world: its walls, then ``drawings``, pixel art for each channel, in order."""
    things = {name: Sprite(pixels(drawing, PALETTE)) for name, drawing in drawings.items()}
    return assemble({"wall": WALL, **things}, agent=pixels(AGENT, PALETTE), background=SKY)
