"""Writes the map of the package into ``docs/architecture.md``: ``python -m gmbench.cli.architecture``."""

from __future__ import annotations

import sys
from pathlib import Path

from gmbench.cli.standalone import run_standalone
from gmbench.reports.architecture import (
    WAY_OF_A_RUN,
    WINGS,
    fill_page,
    path_of,
    read_modules,
    run_section,
    wings_section,
)
from gmbench.reports.figures.architecture import draw_architecture

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PICTURE = DOCS / "architecture.md", DOCS / "images" / "architecture.png"


def main() -> None:
    """Writes the two generated sections of the page, and the picture."""
    modules = read_modules()
    sections = {"wings": wings_section(modules), "run": run_section(modules)}
    PAGE.write_text(fill_page(PAGE.read_text(), sections))
    steps = [(path_of(modules[name].wing), path_of(name)) for name in WAY_OF_A_RUN]
    draw_architecture([path_of(wing) for wing in WINGS], steps).savefig(PICTURE, dpi=200)
    print(f"wrote {PAGE} and {PICTURE}", file=sys.stderr)


if __name__ == "__main__":
    run_standalone(main, "architecture")
