"""CoinRun's sprites, as pixel art."""

from __future__ import annotations

from gmbench.envs.core.rendering import Sprite, assemble, pixels, plain
from gmbench.envs.sprites.tiles import BLANK, bordered, mirror, move_to_bottom

PALETTE = {
    # Outlines of all figures, and white.
    "K": "#2a2238", "W": "#ffffff",
    # Earth, from light to dark, and grass.
    "1": "#ad7b50", "2": "#9e6d45", "3": "#8e5f3b", "4": "#64402a",
    "5": "#a6dc5f", "6": "#74bd45", "7": "#4d9637",
    # Wood.
    "a": "#f0c27c", "b": "#d79c54", "c": "#b67a3a", "d": "#7a4b24",
    # Fire.
    "f": "#fff0a0", "g": "#ffbe3c", "h": "#ff7a26", "i": "#e84a1c", "j": "#c9341a",
    # Steel.
    "p": "#f2f5f7", "q": "#c3ccd3", "r": "#8f9ba5", "s": "#46505b",
    # Slime.
    "t": "#f9a8dc", "u": "#e561b6", "v": "#b53a8e",
    # Gold, and its glow on the sky.
    "w": "#fff6b8", "x": "#ffd92e", "y": "#f2a900", "z": "#9a5b00", "o": "#fff3a6c0",
    # Streaks of air.
    "m": "#ffffffd0",
    # Suit, scarf and face.
    "B": "#4a8cff", "C": "#2c5fc4", "R": "#f0364f", "F": "#ffdcb8", "H": "#8a4a28",
}  # fmt: skip
"""Colours of the pixel art, by the character that stands for each."""

EARTH = """
2222222222222222
2112222222222222
2222222222333222
2222222222232222
2222222222222222
2222332222222112
2223322222222222
2222222222222222
2222222112222222
2222222222222232
3222222222222333
2222222222222222
2222112222222222
2222222223322222
2222222222222222
2222222222222222
"""
GRASS = """
5555555555555555
6566656666656665
6666666666666666
6676666766666766
7677676776776776
.7.77.77.7.77.7.
...7......7..7..
"""
EARTH_LEFT = "41 43 41 4 4 43 43 4 4 41 43 4 4 43 4 4".replace(" ", "\n")
EARTH_RIGHT = mirror(EARTH_LEFT)
EARTH_BELOW = move_to_bottom("..33...333..33..\n" + "4" * 16)

CRATE = """
dddddddddddddddd
daaaaaaaaaaaaaad
dabbbbbbbbbbbbcd
dabdddddddddabcd
dabccccccccabbcd
dabcccccccabbbcd
dabccccccabbdbcd
dabcccccabbdcbcd
dabccccabbdccbcd
dabcccabbdcccbcd
dabccabbdccccbcd
dabcabbdcccccbcd
dababbdccccccbcd
dabbbbbbbbbbbbcd
dacccccccccccccd
dddddddddddddddd
"""

LAVA = """
iiiiiiiiiiiiiiii
iiiiiiiiihhhiiii
iiiiiiiihhiiiiii
iijjiiiiiiiiiiii
iiiiiiiiiiiiiiii
iiiiiiiiiiiijjii
ihhhiiiiiiiiiiii
hhiiiiiiiiiiiiih
iiiiiiiijjiiiiii
iiiiiiiiiiiiiiii
iiiiiiiiiiiihhhi
iiiijiiiiiihhiii
iiijjiiiiiiiiiii
iiiiiiiiiiiiiiii
iiiiiihhiiiiiiii
iiiiiiiiiiiiijii
"""
LAVA_TOP = """
ggff....ggffgg..
hhggffgggghhggff
hhhhgggghhhhhhgg
ihhhhhhhhihhhhhh
iihhiihhiiihhhii
"""

SAW = """
........s.......
........ss......
...sssssqqs.....
...sqqppppqsss..
...sqppppqqqqs..
..sqppppqqqqqs..
.sqppqsssqqqqs..
ssqpqsqqqsqqrs..
..sqqsqqqsqrqqss
..sqqsqqqsrrqqs.
..sqqqsssrrrqs..
..sqqqqqrrrqs...
..sssqqrrrqqs...
.....sqqsssss...
......ss........
.......s........
"""

ENEMY = """
................
................
................
................
....KKKKKKK.....
..KKttttuuuKK...
.KtttuuuuuuuuK..
.KttuuuuuuuuuK..
KttuWWuuuWWuuuK.
KtuuWKuuuWKuuuvK
KtuuKKuuuKKuuuvK
KuuuuuuuuuuuuuvK
KuuuuuKKKuuuuvvK
KuuuuuuuuuuuvvvK
KvuvvuvvvuvvvvvK
.KKKKKKKKKKKKKK.
"""

COIN = """
.....oooooo.....
...oozzzzzzoo...
..ozzxxxxxxzzo..
.ozxxwwwwxxxyzo.
.ozxwwxxxxxxyzo.
ozxwwxxyyxxxxyzo
ozxwxxywwyxxxyzo
ozxwxxywwyxxxyzo
ozxwxxywwyxxxyzo
ozxxxxywwyxxxyzo
ozxxxxxyyxxxyyzo
.ozxxxxxxxxxyzo.
.ozyxxxxxxyyyzo.
..ozzyyyyyyzzo..
...oozzzzzzoo...
.....oooooo.....
"""

AGENT = """
.....KKKKKK.....
....KHHHHHHK....
...KHHHHHHHHK...
...KHHFFFFFFK...
...KHFFKFFKFK...
...KHFFKFFKFK...
.KK.KFFFFFFK....
KRRKKRRRRRRK....
.KRRRRRRRRRK....
..KKBBBBBBBBKK..
..KBBBBBBBBBBBK.
..KFKBBBBBBKKFK.
...KKBBBBBBK.K..
....KCCKKCCK....
....KCCKKCCKK...
....KKKK.KKKK...
"""

STREAKS = """
...m........m...
...m...m....m...
...m...m....m...
...m...m....m...
.......m........
.......m........
"""
RISE = f"{BLANK}{BLANK}{STREAKS}{BLANK}{STREAKS}{BLANK}"
"""Pale streaks in the cells that a jump will still rise through."""

SPRITES = assemble(
    {
        "wall": bordered(
            EARTH,
            PALETTE,
            left=EARTH_LEFT,
            right=EARTH_RIGHT,
            below=EARTH_BELOW,
            above=GRASS,
            joins=("lava",),  # No grass grows under lava.
        ),
        "crate": Sprite(pixels(CRATE, PALETTE)),
        "lava": Sprite(pixels(LAVA, PALETTE), above=pixels(LAVA_TOP, PALETTE)),
        "saw": Sprite(pixels(SAW, PALETTE)),
        "enemy": Sprite(pixels(ENEMY, PALETTE)),
        "coin": Sprite(pixels(COIN, PALETTE)),
        "rise": Sprite(pixels(RISE, PALETTE)),
    },
    agent=pixels(AGENT, PALETTE),
    background=plain("#d3ebf8"),
)
"""The sprites of `gmbench.envs.coinrun.CoinRun`."""
