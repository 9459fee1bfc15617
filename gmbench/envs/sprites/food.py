"""Food and what it lies on."""

from __future__ import annotations

CHEESE = """
................
................
................
..........KKK...
.......KKKxxxK..
....KKKwwxxxxyK.
..KKwwwwxxxxxxyK
.KwwwwxxxxxxxxyK
KKKKKKKKKKKKKKKK
KxxxxxxyKKxxxxyK
KxxKKxxxxxxxxxyK
KxKyyKxxxxxKKxyK
KxxKKxxxxxKyyKyK
KyyyyyyyyyyKKyyK
KKKKKKKKKKKKKKKK
................
"""
