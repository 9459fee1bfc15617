"""Helpers that change the files of a stored run, and write digests that fit, as a forger would."""

import json

from gmbench.runs.storage import manifests, results
from gmbench.runs.storage.atomic import DIGESTS, describe_directory
from gmbench.runs.storage.files import read_sealed, write_json, write_sealed
from gmbench.runs.storage.parquet import write_table

STARTED = {
    "status": "running",
    "task": "ascent-v1",
    "algorithm": "ppo",
    "budget": "quick",
    "seeds": 2,
    "steps": 4096,
    "alpha": 0.0,
    "levels": 64,
    "block": 2,
    "part": [1, 1],
}
"""The manifest of a run that was just started."""


def change_sealed(path, **changes):
    """Changes entries of manifest.json, suite.json or sweep.json, and its digest."""
    write_sealed(path, {**read_sealed(path), **changes})


def change_plainly(path, **changes):
    """Changes entries of a JSON file as an editor does: the digest stays."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def seal_results(out):
    """Writes the digests of the tables and of the policies of a complete run to its manifest."""
    change_sealed(out / manifests.MANIFEST, **{manifests.STORED: results.digests(out)})


def change_episodes(out, table):
    """Writes another table of episodes to a complete run, and the digests that fit."""
    write_table(out / results.EPISODES, table)
    seal_results(out)


def seal_directory(folder):
    """Writes the digests that fit to a directory of a shard or of a checkpoint of training."""
    write_json(folder / DIGESTS, describe_directory(folder, folder.name))
