"""Putting the parts of a run, or of a sweep, together: the result is that of one run of all seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gmbench.runs.storage import results
from gmbench.benchmarks.tasks import load_task
from gmbench.runs.storage.provenance import check_packs
from gmbench.errors import UsageError
from gmbench.runs.evaluation import policy_shapes
from gmbench.runs.storage.shards import Piece, read_pieces
from gmbench.runs.storage.results import Result
from gmbench.runs.run import conclude, make_algorithm, store_manifest
from gmbench.runs.settings import Settings
from gmbench.runs.callbacks import Watch

OWN = ("part", "devices", "seconds", "diverged")
"""What the manifests of parts need not have in common."""


def merge(parts: Sequence[Path | str], out: Path | str, watch: Watch | None = None) -> Result:
    """Puts the parts of a run together, scores it, and stores it as any other run.

    Args:
        parts: the directories of all parts, in any order.
        out: a new or empty directory for the whole.
        watch: who is told how it goes on.

    Raises:
        UsageError: a part is wanting, is there twice, was not finished or is of another run; or ``out``
            is in use.
    """
    folder = Path(out)
    ordered = ordered_parts([Path(part) for part in parts])
    results.claim(folder)
    with results.locked(folder):
        return put_together(ordered, folder, watch or Watch())


def ordered_parts(parts: Sequence[Path]) -> list[Path]:
    """The directories of all parts of a run, the first part first.

    Raises:
        UsageError: see `merge`.
    """
    if not parts:
        raise UsageError("give the directories of all parts")
    found: dict[int, Path] = {}
    first = results.read_manifest(parts[0])
    for part in parts:
        manifest = results.read_manifest(part)
        _check_part(part, manifest, parts[0], first)
        which, count = manifest["part"]
        if which in found:
            raise UsageError(f"{found[which]} and {part} are both part {which} of {count}; give one of them")
        found[which] = part
    wanting = [which for which in range(1, count + 1) if which not in found]
    if wanting:
        numbers = ", ".join(f"{which}/{count}" for which in wanting)
        raise UsageError(f"parts are wanting: {numbers}; give the directories of all parts")
    return [found[which] for which in sorted(found)]


def _check_part(part: Path, manifest: Mapping[str, Any], other: Path, expected: Mapping[str, Any]) -> None:
    """Whether a directory holds a part, of the same run as another.

    Raises:
        UsageError: it does not.
    """
    if manifest.get("status") == results.RUNNING:
        raise UsageError(f"the run in {part} was not finished; go on with gmbench run --resume {part}")
    if manifest.get("status") != results.PARTIAL:
        raise UsageError(f"{part} holds all seeds of a run, so there is nothing to merge")
    names = dict.fromkeys([*manifest, *expected])
    differing = [name for name in names if name not in OWN and manifest.get(name) != expected.get(name)]
    if manifest["part"][1] != expected["part"][1]:
        differing.append("number of parts")
    if differing:
        raise UsageError(
            f"{part} and {other} are not parts of the same run: they differ in {', '.join(differing)}"
        )


def put_together(parts: Sequence[Path], folder: Path, watch: Watch, pictures: bool = True) -> Result:
    """The whole run, stored in a directory; the parts are all there, and in order."""
    watch.stage("reading parts")
    manifests = [results.read_manifest(part) for part in parts]
    task = load_task(manifests[0]["task"])
    check_packs(task, manifests[0], parts[0])
    whole = {**manifests[0], "part": (1, 1)}
    settings = Settings.stored(whole, parts[0] / results.MANIFEST)
    learner = make_algorithm(task, settings)
    policy = policy_shapes(learner, task.env.default_params, ())
    pieces = [
        _checked(part, read_pieces(part, policy), manifest)
        for part, manifest in zip(parts, manifests, strict=True)
    ]
    devices = list(dict.fromkeys(name for manifest in manifests for name in manifest["devices"]))
    asked = set(vars(settings)) | {"status", "seconds", "diverged", "steps"}
    circumstances = {name: value for name, value in whole.items() if name not in asked} | {"devices": devices}
    result = conclude(
        task,
        learner,
        settings,
        circumstances,
        [piece for part in pieces for piece in part],
        folder,
        watch,
        pictures,
    )
    for name in ("compile", "all"):
        result.manifest["seconds"][name] = sum(manifest["seconds"][name] for manifest in manifests)
    store_manifest(result)
    return result


def _checked(part: Path, pieces: list[Piece], manifest: Mapping[str, Any]) -> list[Piece]:
    """The pieces of a part, if they are of all its seeds.

    Raises:
        UsageError: they are not.
    """
    settings = Settings.stored(manifest, part / results.MANIFEST)
    if [seed for piece in pieces for seed in piece.seeds] != list(settings.seeds_of(settings.blocks())):
        raise UsageError(f"{part} has not all of its seeds; run this part again, in a new directory")
    return pieces
