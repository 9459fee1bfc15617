"""Running a task or a sweep in this process alone, or distributed over the processes of a group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmbench.cli.arguments import Distribution

if TYPE_CHECKING:
    from gmbench.runs.callbacks import Callbacks

Scores = Mapping[str, Any]
"""Scores of a run, a suite or a sweep; empty for a part."""


def start(
    run: Callable[..., Any], out: Path, distribution: Distribution, callbacks: Callbacks
) -> Scores | None:
    """Starts a run or a sweep.

    Args:
        run: `gmbench.run` or `gmbench.run_sweep`, with all arguments but those of `Distribution`.
        out: the directory of the results.
        distribution: how the seeds are distributed.
        callbacks: receives the progress.

    Returns:
        The scores; None in a process that is not the first.
    """

    def start_part(folder: Path, part: tuple[int, int]) -> Any:
        return run(
            out=folder,
            part=part,
            block=distribution.block,
            memory=distribution.memory,
            callbacks=callbacks,
        )

    if distribution.process_group is None:
        scores: Scores = start_part(out, distribution.which_part).scores
        return scores
    return run_distributed(out, start_part, distribution, callbacks)


def run_distributed(
    out: Path,
    start_part: Callable[[Path, tuple[int, int]], Any],
    distribution: Distribution,
    callbacks: Callbacks,
) -> Scores | None:
    """Starts or resumes the part of this process; the first process merges all parts.

    Args:
        out: the directory of the whole, which all processes share.
        start_part: runs the part (k, n) of the seeds in a directory.
        distribution: how the seeds are distributed.
        callbacks: receives the progress.

    Returns:
        The scores in the first process, None in the others.
    """
    import gmbench
    from gmbench.reports.drawing import draw
    from gmbench.runs import distributed
    from gmbench.runs.merge import check_parts, merge_into
    from gmbench.runs.storage.directories import locked

    def resume(part: Path) -> Any:
        return gmbench.resume(part, memory=distribution.memory, callbacks=callbacks)

    def merge(parts: list[Path]) -> Any:
        check_parts(parts)
        # The directories of the parts lie in that of the whole, which is therefore not empty.
        with locked(out):
            whole = merge_into(parts, out, callbacks)
        draw(whole, callbacks)
        return whole

    found = distributed.run_distributed(out, start_part, resume, merge)
    return None if found is None else found.scores
