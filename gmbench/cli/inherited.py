"""What a command inherits from its caller, such as a notebook: settings that would stop it, or make noise."""

from __future__ import annotations

import io
import logging
import os
import sys
import warnings


def settle_inherited() -> None:
    """Changes inherited settings that a command cannot work with. It comes before matplotlib is imported."""
    # A notebook hands its own backend down; figures are only written to files.
    os.environ["MPLBACKEND"] = "agg"
    # Matplotlib says that it builds its font cache, and where it puts it if its own folder cannot be written.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    # The cache of compiled programs may be damaged, or its disk full; programs are then compiled again.
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache entry")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal or a file may have an encoding without some character, such as that of a file's name.
        sys.stdout.reconfigure(errors="backslashreplace")
