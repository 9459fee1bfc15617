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
    "red": ("#ff9aa5", "#f0364f", "#b01c37"),
    "yellow": ("#fff6b8", "#ffd92e", "#f2a900"),
    "green": ("#c9f7a0", "#45c850", "#1f8038"),
    "blue": ("#b4d4ff", "#4a8cff", "#2c5fc4"),
}
"""Light, medium and dark shade of each lamp."""


def lamp(colour: str) -> Sprite:
    """Makes a beacon in one of the colours of `SHADES`."""
    return Sprite(pixels(LAMP, {**PALETTE, **dict(zip("LMD", SHADES[colour], strict=True))}))


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
