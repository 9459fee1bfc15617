"""What a run says that it depends on: the settings of an algorithm of anybody's own."""

import dataclasses
import json
import types
from collections import OrderedDict

import jax
import numpy as np
import pytest

from gmbench.benchmarks.registry import load_task
from gmbench.runs.storage.provenance import circumstances_of


class Settings:
    """What many write: an object, and a repr that nobody has thought of."""

    def __init__(self, rate):
        self.rate = rate


@dataclasses.dataclass(frozen=True)
class Frozen:
    rate: float = 0.1
    layers: tuple[int, ...] = (8, 8)
    activation: object = jax.nn.relu
    inner: Settings = dataclasses.field(default_factory=lambda: Settings(0.5))


def noted(config):
    """What the manifest of a run has of an algorithm's settings."""
    task = load_task("ascent-v1")
    found = circumstances_of(task, types.SimpleNamespace(config=config), np.zeros(3))["config"]
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
def test_settings_are_noted_as_json_has_them(config, expected):
    assert noted(config) == expected


def test_settings_are_noted_however_deep_they_lie():
    expected = {"rate": 0.1, "layers": [8, 8], "inner": {"type": f"{__name__}.Settings", "rate": 0.5}}
    found = noted(Frozen())
    assert "relu" in json.dumps(found.pop("activation"))
    assert found == expected


def test_of_large_arrays_the_hash_is_noted():
    ones, zeros = noted(np.ones(1000)), noted(np.zeros(1000))
    assert len(ones) == len(zeros) < 100
    assert ones != zeros


def test_the_same_settings_are_noted_alike_and_others_are_not():
    assert noted(Frozen()) == noted(Frozen())
    assert noted(Settings(0.1)) == noted(Settings(0.1)) != noted(Settings(0.2))
