"""Beacons in four colours, a partner and its target, and the sign of the last visit."""

from __future__ import annotations

from gmbench.envs.core.rendering import Sprite, pixels
from gmbench.envs.sprites.garden import PALETTE

LAMP = """
......KKKK......
....KKMMMMKK....
...KMMMMMMMMK...
..KMMLLMMMMMMK..
..KMLLMMMMMMDK..
..KMLMMMMMMMDK..
..KMMMMMMMMMDK..
..KMMMMMMMMDDK..
...KMMMMMMDDK...
....KKDDDDKK....
......KKKK......
.....KqrrrK.....
......KqrK......
.KKKKKKqrKKKKKK.
.KqqrrrqrrrrrrK.
.KKKKKKKKKKKKKK.
"""
SHADES = {
    "red": ("#f08a45", "#d55e00", "#a84a00"),
    "yellow": ("#fff6b8", "#f0e442", "#d6c92c"),
    "green": ("#7fd9bd", "#2fb58c", "#007a58"),
    "blue": ("#a9d8f2", "#56b4e9", "#2c87bd"),
}
"""Light, medium and dark shade of each lamp, after the palette of Okabe and Ito, in the right order."""
NUMBERS = (
    ["..K", "KK.", "..K", "..K", "..K"],
    ["KKK", "..K", "KKK", "K..", "KKK"],
    ["KKK", "..K", ".KK", "..K", "KKK"],
    ["K.K", "K.K", "KKK", "..K", "..K"],
)
"""The numbers of the lamps in the right order, since colours alone are hard to tell apart in a grey print."""
NUMBER_PLACE = (3, 6)
"""Row and column of the number in `LAMP`."""


def lamp(colour: str) -> Sprite:
    """Makes a beacon in one of the colours of `SHADES`, with its number."""
    rows = [list(row) for row in LAMP.split()]
    top, left = NUMBER_PLACE
    for down, line in enumerate(NUMBERS[list(SHADES).index(colour)]):
        for right, symbol in enumerate(line):
            if symbol == "K":
                rows[top + down][left + right] = symbol
    drawing = "\n".join("".join(row) for row in rows)
    return Sprite(pixels(drawing, {**PALETTE, **dict(zip("LMD", SHADES[colour], strict=True))}))


PARTNER = """
.....KKKKKK...Ka
...KKqqqqqqKK.Ka
..KqqqqqqqqqrKKa
..KqKKKKKKKKrKKa
..KKFFFFFFFFKKKa
..KFFKFFFFKFFKKa
..KFFKFFFFKFFKKa
...KFFFFFFFFK.Ka
..KKKaaaaaaKKKKa
.KqqKaaaaaaKqqKa
.KqqqKaaaaKqqrKa
.KFKqqqqqqqqKFKa
..KKqqqqqqqrKKKa
...KrrrKKrrrK.Ka
...KrrrKKrrrK.Ka
...KKKKKKKKKK.Ka
"""

HEADING = Sprite(pixels(("L" * 16 + "\n") * 16, {"L": "#4a8cff48"}))
"""A translucent tile over the row and the column of the partner's target."""

VISITED = """
................
................
................
................
................
................
QPPPPPPPPPPPPPPQ
QPPPPPPPPPPPqPPQ
QPPPPPPPPPPqqPPQ
QPPqPPPPPPqqPPPQ
QPPqqPPPPqqPPPPQ
QPPPqqPPqqPPPPPQ
QPPPPqqqqPPPPPPQ
QPPPPPqqPPPPPPPQ
QPPPPPPPPPPPPPPQ
................
"""
