"""Links that lead out of the directory of a run. They are refused, because writing would follow them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from gmbench.errors import UsageError


def check_links(out: Path) -> None:
    """Checks, before anything is written to a directory, that nothing in it leads out of it.

    The directory itself may be a link, which the user has given.

    Raises:
        UsageError: it has a symbolic link that leads out of it, or a pipe, socket or device.
    """
    root = out.resolve()
    for folder, folders, files in os.walk(root, followlinks=False):
        for name in (*folders, *files):
            path = Path(folder, name)
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:
                continue  # Another process that is at work there has just removed it.
            if stat.S_ISLNK(mode) and not _leads_into(path, root):
                raise UsageError(
                    f"{out / path.relative_to(root)} is a link that leads out of {out}, where nothing is "
                    "written; remove the link"
                )
            if not (stat.S_ISLNK(mode) or stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                raise UsageError(f"{out / path.relative_to(root)} is no file and no directory; remove it")


def _leads_into(link: Path, root: Path) -> bool:
    try:
        return link.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        return False  # It leads in a circle.
