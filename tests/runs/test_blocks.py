import types

import jax
import pytest

from gmbench.runs import blocks
from gmbench.runs.blocks import block_size

ALGORITHM = types.SimpleNamespace(steps_per_update=32)


@pytest.mark.parametrize(
    ("steps", "seeds", "size"), [(1, 5, 1), (64, 5, 2), (96, 2, 2), (1000, 5, 5), (10_000, 100, 8)]
)
def test_a_block_takes_about_as_many_steps_as_suit_a_cpu(monkeypatch, steps, seeds, size):
    monkeypatch.setattr(blocks, "STEPS_PER_BLOCK", steps)
    assert block_size(ALGORITHM, seeds) == size


def test_an_accelerator_has_larger_blocks(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert block_size(ALGORITHM, 5000) == 64
    assert block_size(ALGORITHM, 5) == 5
