"""Provenance: how the hyperparameters of an algorithm, which may be any objects, are written as JSON."""

import dataclasses
import json
import types
from collections import OrderedDict

import jax
import numpy as np
import pytest

from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.training_levels import TRAINING_LEVELS_SEED, training_levels
from gmbench.runs.storage.provenance import collect_provenance


class Settings:
    """A plain object, whose default repr contains its address."""

    def __init__(self, rate):
        self.rate = rate


@dataclasses.dataclass(frozen=True)
class Frozen:
    rate: float = 0.1
    layers: tuple[int, ...] = (8, 8)
    activation: object = jax.nn.relu
    inner: Settings = dataclasses.field(default_factory=lambda: Settings(0.5))


def test_the_number_of_distinct_training_levels_is_recorded():
    task = load_task("query-v1")
    pool = training_levels(task, 512, 0.0, TRAINING_LEVELS_SEED)
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(pool)]
    different = {tuple(leaf[level].tobytes() for leaf in leaves) for level in range(512)}
    assert len(different) < 512, "of few possible levels, some are drawn twice"
    found = collect_provenance(task, types.SimpleNamespace(config=None), pool)
    assert found["distinct_levels"] == len(different)


def stored_config(config):
    """Returns what the manifest of a run stores of the hyperparameters of an algorithm."""
    task = load_task("ascent-v1")
    found = collect_provenance(task, types.SimpleNamespace(config=config), np.zeros(3))["config"]
    return json.loads(json.dumps(found))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (None, None),
        (OrderedDict(rate=0.1, sizes=(1, 2)), {"rate": 0.1, "sizes": [1, 2]}),
        ({"rates": np.array([0.5, 1.0]), "count": np.int32(3)}, {"rates": [0.5, 1.0], "count": 3}),
        (json.dumps, "json.dumps"),
        (object(), "builtins.object"),
    ],
)
def test_hyperparameters_are_converted_to_json_types(config, expected):
    assert stored_config(config) == expected


def test_nested_hyperparameters_are_converted():
    expected = {"rate": 0.1, "layers": [8, 8], "inner": {"type": f"{__name__}.Settings", "rate": 0.5}}
    found = stored_config(Frozen())
    assert "relu" in json.dumps(found.pop("activation"))
    assert found == expected


def test_large_arrays_are_stored_as_their_hash():
    ones, zeros = stored_config(np.ones(1000)), stored_config(np.zeros(1000))
    assert len(ones) == len(zeros) < 100
    assert ones != zeros


def test_equal_hyperparameters_are_stored_equally_and_others_differently():
    assert stored_config(Frozen()) == stored_config(Frozen())
    assert stored_config(Settings(0.1)) == stored_config(Settings(0.1)) != stored_config(Settings(0.2))
