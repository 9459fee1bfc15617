"""Colours, and shapes as stencils: laid over a colour, a stencil hides it outside of the shape."""

from __future__ import annotations

YELLOW = """
ywwwwwwwwwwwwwwy
wwwwwwwwwwwwwwxx
wwwwwwwwwwwwxxxx
wwwwwwwwwwxxxxxx
wwwwwwwwxxxxxxxx
wwwwwwxxxxxxxxxx
wwwwxxxxxxxxxxxx
wwxxxxxxxxxxxxxx
xxxxxxxxxxxxxxxx
xxxxxxxxxxxxxxyy
xxxxxxxxxxxxyyyy
xxxxxxxxxxyyyyyy
xxxxxxxxyyyyyyyy
xxxxxxyyyyyyyyyy
xxxxyyyyyyyyyyyy
yyyyyyyyyyyyyyyy
"""
RED = YELLOW.translate(str.maketrans("wxy", "ZYX"))

LINE = """
onnnnnnnnnnnnnnn
onnnnnnnnnnKKKnn
onnnnnnnnnK...Kn
onnnnnnnnK....Kn
onnnnnnnK.....Kn
onnnnnnK.....Knn
onnnnnK.....Knnn
onnnnK.....Knnnn
onnnK.....Knnnnn
onnK.....Knnnnnn
onK.....Knnnnnnn
onK....Knnnnnnnn
onK...Knnnnnnnnn
onnKKKnnnnnnnnnn
onnnnnnnnnnnnnnn
oooooooooooooooo
"""

GEM = """
onnnnnnnnnnnnnnn
onnnnnnnnnnnnnnn
onnnKKKKKKKKnnnn
onnK.K....K.Knnn
onK..K....K..Knn
oK..K......K..Kn
oKKKKKKKKKKKKKKn
onK..K....K..Knn
onnK.K....K.Knnn
onnK..K..K..Knnn
onnnK.K..K.Knnnn
onnnnK.KK.Knnnnn
onnnnnK..Knnnnnn
onnnnnnKKnnnnnnn
onnnnnnnnnnnnnnn
oooooooooooooooo
"""
