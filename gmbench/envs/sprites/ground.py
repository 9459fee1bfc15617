"""Lava, which covers the ground."""

from __future__ import annotations

from gmbench.envs.sprites.garden import PALETTE
from gmbench.envs.sprites.tiles import bordered, mirror, move_to_bottom

LAVA_TILE = """
kkkkjjjkkkkkkkkk
kkkjhhhjkkkkkkkk
kkjhhxhhjkkjjkkk
kkkjhhhjkkjhhjkk
kkkkjjjkkkkjjkkk
kkkkkkkkkkkkkkkk
jjkkkkkkkkkkkkkj
hhjkkkkjjkkkkkjh
xhhjkkjhhjkkkjhh
hhjkkkkjjkkkkkjh
jjkkkkkkkkkkkkkj
kkkkkkkkkkjjjkkk
kkkjjkkkkjhhhjkk
kkjhhjkkkjhxhjkk
kkkjjkkkkkjhjkkk
kkkkkkkkkkkjkkkk
"""
LAVA_ABOVE = """
llllllllllllllll
lclllccllclllccl
.c..c.....cc..c.
"""
LAVA_BELOW = move_to_bottom("\n".join(LAVA_ABOVE.split()[::-1]))
LAVA_LEFT = "ll\nlc.\nlcc\nll.\nll\nlcc\nlc.\nll.\n" * 2
LAVA_RIGHT = mirror(LAVA_LEFT)

LAVA = bordered(LAVA_TILE, PALETTE, left=LAVA_LEFT, right=LAVA_RIGHT, below=LAVA_BELOW, above=LAVA_ABOVE)
