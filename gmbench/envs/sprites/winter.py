"""Ice, a flag at each of the two ends, and the plaques that signal the ends."""

from __future__ import annotations

from gmbench.envs.core.rendering import Sprite, pixels
from gmbench.envs.sprites.garden import PALETTE as GARDEN

PALETTE = GARDEN | {
    # Ice, from light to dark.
    "s": "#ffffff", "t": "#d8f1fb", "u": "#b9e3f5", "v": "#8cc7e6",
    # The two colours of ends and signals, light and dark. Green is much lighter, also in a grey print.
    "g": "#8fe0a8", "G": "#4fae72", "p": "#7b2fc4", "V": "#541a8c",
}  # fmt: skip
"""Colours of the pixel art, by the character that stands for each."""

ICE_DRAWING = """
vuuuuuuuuuuuuuuv
uttttttttttttttu
utttsttttttttttu
uttsttttuttttttu
utsttttuttttsttu
utttttutttttsttu
uttttuttttttsttu
utttttttttsttttu
utttttttttsttutu
utstttttttttuttu
utsttttttttutttu
uttsttttttttttsu
utttttutttttttsu
uttttutttttttstu
uttttttttttttttu
vuuuuuuuuuuuuuuv
"""
FLAG = """
....KK..........
....KrKKKK......
....KrddddKKKK..
....KrdddddddDK.
....KrddddddddDK
....KrdddddddDDK
....KrDdddddDDK.
....KrKKDDDDDK..
....KrK.KKKKK...
....KrK.........
....KrK.........
....KrK.........
....KrK.........
...KKrKK........
..KqqrqqK.......
..KKKKKKK.......
"""
PLAQUE = """
................
................
.QQQQQQQQQQQQQQ.
.QPPPPPPPPPPPPQ.
.QPPPPddddPPPPQ.
.QPPPddddddPPPQ.
.QPPddddddddPPQ.
.QPPddddddddPPQ.
.QPPddddddddPPQ.
.QPPDddddddDPPQ.
.QPPPDddddDPPPQ.
.QPPPPDDDDPPPPQ.
.QPPPPPPPPPPPPQ.
.QQQQQQQQQQQQQQ.
................
................
"""


def _coloured(drawing: str, light: str, dark: str) -> Sprite:
    """Makes a sprite with "d" and "D" as the light and the dark shade of a colour."""
    return Sprite(pixels(drawing, PALETTE | {"d": PALETTE[light], "D": PALETTE[dark]}))


ICE = Sprite(pixels(ICE_DRAWING, PALETTE))
GREEN_END, PURPLE_END = _coloured(FLAG, "g", "G"), _coloured(FLAG, "p", "V")
GREEN_SIGNAL, PURPLE_SIGNAL = _coloured(PLAQUE, "g", "G"), _coloured(PLAQUE, "p", "V")
