"""Merging the parts of a run or of a sweep: the result is that of one run of all seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gmbench.benchmarks.registry import load_task
from gmbench.errors import UsageError
from gmbench.runs.algorithms import make_algorithm
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.evaluation import policy_shapes
from gmbench.runs.group import conclude, write_manifest
from gmbench.runs.settings import Settings
from gmbench.runs.storage import manifests
from gmbench.runs.storage.directories import MERGING, claim, locked
from gmbench.runs.storage.provenance import check_packs
from gmbench.runs.storage.results import Result
from gmbench.runs.storage.shards import Shard, read_shards
from gmbench.runs.stored import check_same_settings, read_settings, sweep_settings
from gmbench.runs.sweep import SweepResult, conclude_sweep
from gmbench.runs.trust import allow_algorithm

DIFFERENT_IN_PARTS = ("part", "devices", "seconds", "diverged")
"""Entries of manifests that may differ between the parts of a run."""


def merge(
    parts: Sequence[Path], out: Path, callbacks: Callbacks | None = None, algorithm: str | None = None
) -> Result | SweepResult:
    """Merges the parts of a run or of a sweep, scores and stores the whole, see `gmbench.merge`.

    It draws no figures.
    """
    check_parts(parts, algorithm)
    claim(out, merge=True)
    with locked(out):
        (out / MERGING).touch()
        merged = merge_into(parts, out, callbacks or Callbacks())
        (out / MERGING).unlink()
    return merged


def check_parts(parts: Sequence[Path], algorithm: str | None = None) -> None:
    """Checks that directories hold all parts of one run or of one sweep, whose algorithm is allowed.

    Args:
        parts: the directories.
        algorithm: the algorithm that the caller names, see `gmbench.runs.trust`.

    Raises:
        UsageError: see `gmbench.merge`.
    """
    sweep = bool(parts) and manifests.is_sweep(parts[0])
    runs = _ordered_sweep_parts(parts) if sweep else {"": _ordered_parts(parts)}
    for of_run in runs.values():
        allow_algorithm(read_settings(of_run[0]).algorithm, algorithm, of_run[0])


def merge_into(parts: Sequence[Path], out: Path, callbacks: Callbacks) -> Result | SweepResult:
    """Merges parts into a directory that this process has locked, after `check_parts`, see `merge`."""
    if parts and manifests.is_sweep(parts[0]):
        return _merge_sweep(_ordered_sweep_parts(parts), out, callbacks)
    return _merge_run(_ordered_parts(parts), out, callbacks)


def _ordered_parts(parts: Sequence[Path]) -> list[Path]:
    """The directories of all parts of a run, in the order of the parts.

    Raises:
        UsageError: see `gmbench.merge`.
    """
    if not parts:
        raise UsageError("give the directories of all parts")
    found: dict[int, Path] = {}
    first = manifests.read_manifest(parts[0])
    for part in parts:
        manifest = manifests.read_manifest(part)
        _check_part(part, manifest, parts[0], first)
        number, count = read_settings(part).part
        if number in found:
            raise UsageError(
                f"{found[number]} and {part} are both part {number} of {count}; give one of them"
            )
        found[number] = part
    missing = [number for number in range(1, count + 1) if number not in found]
    if missing:
        numbers = ", ".join(f"{number}/{count}" for number in missing)
        raise UsageError(f"parts are missing: {numbers}; give the directories of all parts")
    return [found[number] for number in sorted(found)]


def _check_part(part: Path, manifest: Mapping[str, Any], other: Path, expected: Mapping[str, Any]) -> None:
    """Checks that a directory holds a complete part of the same run as another.

    Raises:
        UsageError: it does not.
    """
    if manifest["status"] == manifests.RUNNING:
        raise UsageError(f"the run in {part} is not complete; resume it with gmbench run --resume {part}")
    if manifest["status"] != manifests.PARTIAL:
        raise UsageError(f"{part} holds all seeds of a run, so there is nothing to merge")
    names = dict.fromkeys([*manifest, *expected])
    differing = [
        name for name in names if name not in DIFFERENT_IN_PARTS and manifest.get(name) != expected.get(name)
    ]
    if read_settings(part).part[1] != read_settings(other).part[1]:
        differing.append("number of parts")
    if differing:
        raise UsageError(
            f"{part} and {other} are not parts of the same run: they differ in {', '.join(differing)}"
        )


def _merge_run(parts: Sequence[Path], out: Path, callbacks: Callbacks) -> Result:
    """Merges all parts of a run, given in their order."""
    callbacks.stage("reading parts")
    part_manifests = [manifests.read_manifest(part) for part in parts]
    task = load_task(part_manifests[0]["task"])
    check_packs(task, part_manifests[0], parts[0])
    whole = {**part_manifests[0], "part": (1, 1)}
    settings = Settings.from_manifest(whole, parts[0] / manifests.MANIFEST)
    learner = make_algorithm(task, settings)
    policy = policy_shapes(learner, task.env.default_params, ())
    shards = [
        shard
        for part, manifest in zip(parts, part_manifests, strict=True)
        for shard in _checked(part, read_shards(part, task, policy), manifest)
    ]
    devices = list(dict.fromkeys(name for manifest in part_manifests for name in manifest["devices"]))
    other_entries = set(vars(settings)) | {"status", "seconds", "diverged", "steps"}
    provenance = {name: value for name, value in whole.items() if name not in other_entries}
    provenance["devices"] = devices
    result = conclude(task, learner, settings, provenance, out, shards, callbacks)
    for name in ("compile", "all", "checkpoints"):
        result.manifest["seconds"][name] = sum(
            manifest["seconds"].get(name, 0.0) for manifest in part_manifests
        )
    write_manifest(result)
    return result


def _checked(part: Path, shards: list[Shard], manifest: Mapping[str, Any]) -> list[Shard]:
    """Returns the shards of a part if they have all of its seeds.

    Raises:
        UsageError: seeds are missing.
    """
    settings = Settings.from_manifest(manifest, part / manifests.MANIFEST)
    if [seed for shard in shards for seed in shard.seeds] != list(settings.seeds_of(settings.blocks())):
        raise UsageError(f"{part} has not all of its seeds; run this part again, in a new directory")
    return shards


def _ordered_sweep_parts(parts: Sequence[Path]) -> dict[str, list[Path]]:
    """For each condition of a sweep the directories of all its parts, in the order of the parts.

    Raises:
        UsageError: see `gmbench.merge`.
    """
    task, names = sweep_settings(parts[0])
    for part in parts:
        its_task, settings = sweep_settings(part)
        if its_task != task or list(settings) != list(names):
            raise UsageError(f"{part} and {parts[0]} are not parts of the same sweep")
        for name, own in settings.items():
            if not (part / name).is_dir():
                raise UsageError(f"{part} has no {name}; run this part again, in a new directory")
            check_same_settings(part / name, read_settings(part / name), own)
    return {name: _ordered_parts([part / name for part in parts]) for name in names}


def _merge_sweep(parts: Mapping[str, Sequence[Path]], out: Path, callbacks: Callbacks) -> SweepResult:
    """Merges all parts of each condition of a sweep, given in their order."""
    done = {}
    for name, of_condition in parts.items():
        (out / name).mkdir(exist_ok=True)
        done[name] = _merge_run(of_condition, out / name, callbacks)
    task_id = next(iter(done.values())).manifest["task"]
    return conclude_sweep(task_id, done, out)
