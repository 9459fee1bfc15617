"""Running a task or a sweep in this process alone, or distributed over the processes of a group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmbench.cli.arguments import Distribution

if TYPE_CHECKING:
    from gmbench.runs.callbacks import Callbacks
    from gmbench.runs.settings import RunOptions, Settings

Scores = Mapping[str, Any]
"""Scores of a run, a suite or a sweep; empty for a part."""


def start(
    run: Callable[..., Any],
    plan: Callable[[RunOptions], Mapping[str, Settings]],
    options: Mapping[str, Any],
    out: Path,
    distribution: Distribution,
    callbacks: Callbacks,
) -> Scores | None:
    """Starts a run or a sweep.

    Args:
        run: `gmbench.run` or `gmbench.run_sweep`, with all arguments but ``options`` and those of
            `Distribution`.
        plan: the settings of what ``run`` runs with some options, by directories within that of the results.
        options: fields of `gmbench.runs.settings.RunOptions`.
        out: the directory of the results.
        distribution: how the seeds are distributed.
        callbacks: receives the progress.

    Returns:
        The scores; None in a process that is not the first.
    """

    def start_part(folder: Path, part: tuple[int, int]) -> Any:
        return run(out=folder, part=part, **given, callbacks=callbacks)

    def check_part(folder: Path, part: tuple[int, int]) -> None:
        from gmbench.runs.settings import RunOptions
        from gmbench.runs.stored import check_same_settings, read_settings

        for name, own in plan(RunOptions(part=part, **given)).items():
            if (folder / name).exists():
                check_same_settings(folder / name, read_settings(folder / name), own)

    given = {**options, "block": distribution.block, "memory": distribution.memory}
    if distribution.process_group is None:
        scores: Scores = start_part(out, distribution.which_part).scores
        return scores
    return run_distributed(out, start_part, check_part, distribution, options.get("algorithm"), callbacks)


def run_distributed(
    out: Path,
    start_part: Callable[[Path, tuple[int, int]], Any],
    check_part: Callable[[Path, tuple[int, int]], None],
    distribution: Distribution,
    algorithm: str | None,
    callbacks: Callbacks,
) -> Scores | None:
    """Starts or resumes the part of this process; the first process merges all parts.

    Args:
        out: the directory of the whole, which all processes share.
        start_part: runs the part (k, n) of the seeds in a directory.
        check_part: checks that the part (k, n) in a directory is the one that ``start_part`` would run.
        distribution: how the seeds are distributed.
        algorithm: the algorithm that the user names.
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
        return gmbench.resume(part, algorithm=algorithm, memory=distribution.memory, callbacks=callbacks)

    def merge(parts: list[Path]) -> Any:
        check_parts(parts, algorithm)
        # The directories of the parts lie in that of the whole, which is therefore not empty.
        with locked(out):
            whole = merge_into(parts, out, callbacks)
        draw(whole, callbacks)
        return whole

    found = distributed.run_distributed(out, start_part, check_part, resume, merge)
    return None if found is None else found.scores
