"""The command that writes figures into README and docs: ``python -m gmbench.cli.documents``.

The figures come from the stored results in ``docs/results``. This measures a run again, and shows it:

    gmbench run coinrun-v1 --budget quick --out runs/coinrun
    python -m gmbench.cli.documents --store runs/coinrun --name coinrun-v1
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import tyro

from gmbench.cli.standalone import run_standalone
from gmbench.errors import UsageError
from gmbench.reports.pages.stored_results import fill_figures, store_run
from gmbench.runs.storage.files import write_json

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results"
"""The folder of the stored results."""


def main(
    check: Annotated[bool, tyro.conf.arg(help="Write nothing; fail if a text differs.")] = False,
    store: Annotated[Path | None, tyro.conf.arg(help="Directory of a run to store first.")] = None,
    name: Annotated[str | None, tyro.conf.arg(help="Name of the stored run.")] = None,
) -> None:
    """Writes the figures in README and docs from the stored results.

    Raises:
        UsageError: a text differs although it was only checked, or the options contradict each other.
    """
    if (store is None) != (name is None):
        raise UsageError("--store DIR and --name NAME go together")
    if store is not None:
        write_json(RESULTS / f"{name}.json", store_run(store))
    changed = {path: text for path, text in written_texts().items() if text != path.read_text()}
    if check and changed:
        names = ", ".join(str(path.relative_to(ROOT)) for path in changed)
        raise UsageError(f"{names} differ from the stored results; run python -m gmbench.cli.documents")
    for path, text in changed.items():
        path.write_text(text)
        print(f"wrote {path}", file=sys.stderr)


def written_texts() -> dict[Path, str]:
    """Returns README and the pages in ``docs``, with all figures written from the stored results."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return {page: fill_figures(page.read_text(), RESULTS) for page in pages}


if __name__ == "__main__":
    run_standalone(main, "documents")
