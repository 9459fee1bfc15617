"""The mountain, seen from the side: rock under snow, a flag, and the sky."""

from __future__ import annotations

from gmbench.envs.core.rendering import Sprite, Sprites, assemble, pixels, plain
from gmbench.envs.sprites.garden import AGENT
from gmbench.envs.sprites.garden import PALETTE as GARDEN

PALETTE = GARDEN | {
    # Rock, from light to dark, down to its outline.
    "g": "#8b8fa8", "h": "#7b7f99", "i": "#6b6f89", "j": "#42455e",
    # Snow and its shadow.
    "s": "#ffffff", "t": "#dbe6f5", "u": "#b3c6e3",
}  # fmt: skip
"""Colours of the mountain, by the character that stands for each."""
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
ROCK_RIGHT = "\n".join("." * (16 - len(line)) + line[::-1] for line in ROCK_LEFT.replace("g", "i").split())
ROCK_BELOW = "\n".join(["." * 16] * 14 + ["..ii...iii..ii..", "j" * 16])

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

WALL = Sprite(
    pixels(ROCK, PALETTE),
    left=pixels(ROCK_LEFT, PALETTE),
    right=pixels(ROCK_RIGHT, PALETTE),
    below=pixels(ROCK_BELOW, PALETTE),
    above=pixels(SNOW, PALETTE),
)


def mountain(**drawings: str) -> Sprites:
    """The sprites of a world seen from the side: its walls, and pixel art for each of the other channels."""
    things = {name: Sprite(pixels(drawing, PALETTE)) for name, drawing in drawings.items()}
    return assemble({"wall": WALL, **things}, agent=pixels(AGENT, PALETTE), background=SKY)
