"""The sprites of a feed: a page, a light, a heart, and a frame."""

from __future__ import annotations

from gmbench.envs.core.rendering import Sprite, pixels

PAGE = """
................
..KKKKKKKKKK....
..KwwwwwwwwKK...
..KwBBBBBBwKqK..
..KwBCCCCBwKKKK.
..KwBCCCCBwwwwK.
..KwBBBBBBwwwwK.
..KwwwwwwwwwwwK.
..KwrrrrrrrrrwK.
..KwwwwwwwwwwwK.
..KwrrrrrrrwwwK.
..KwwwwwwwwwwwK.
..KwrrrrrrrrrwK.
..KwwwwwwwwwwwK.
..KKKKKKKKKKKKK.
................
"""

HEART = """
................
...KKK....KKK...
..KRRRK..KRRRK..
.KRFFRRKKRRRRRK.
KRFRRRRRRRRRRRRK
KRFRRRRRRRRRRRRK
KRRRRRRRRRRRRRRK
KRRRRRRRRRRRRRRK
.KRRRRRRRRRRRRK.
..KRRRRRRRRRRK..
...KRRRRRRRRK...
....KRRRRRRK....
.....KRRRRK.....
......KRRK......
.......KK.......
................
"""

LIGHT = Sprite(pixels(("L" * 16 + "\n") * 16, {"L": "#ffb92e70"}))
"""A translucent tile in the column of the current taste."""

FRAME = pixels(
    "KKKKK......KKKKK\n" * 2 + "KK............KK\n" * 3 + "................\n" * 6 + "KK............KK\n" * 3
    + "KKKKK......KKKKK\n" * 2,
    {"K": "#2a2238"},
)  # fmt: skip
"""Drawn in place of the agent, in the middle of the offered row."""
