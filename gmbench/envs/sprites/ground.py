"""What the ground can be covered with."""

from __future__ import annotations

from gmbench.envs.core.rendering import Sprite, pixels
from gmbench.envs.sprites.garden import PALETTE

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
LAVA_BELOW = ("." * 16 + "\n") * 13 + "\n".join(LAVA_ABOVE.split()[::-1])
LAVA_LEFT = "ll\nlc.\nlcc\nll.\nll\nlcc\nlc.\nll.\n" * 2
LAVA_RIGHT = "\n".join("." * (16 - len(line)) + line[::-1] for line in LAVA_LEFT.split())

LAVA = Sprite(
    pixels(LAVA_TILE, PALETTE),
    left=pixels(LAVA_LEFT, PALETTE),
    right=pixels(LAVA_RIGHT, PALETTE),
    below=pixels(LAVA_BELOW, PALETTE),
    above=pixels(LAVA_ABOVE, PALETTE),
)
