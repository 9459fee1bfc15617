"""Settings of JAX that a user has set elsewhere: the same numbers, or a sentence that says what to unset."""

import os
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gmbench
from gmbench.cli.same_results import differences
from gmbench.errors import UsageError
from gmbench.runs.jax_settings import PINNED, pinned
from tests.commands import command_line
from tests.processes import MODULE, run_process
from tests.tiny_runs import TASK, no_figures

TINY = {"seeds": 1, "steps": 1000, "levels": 64}
OTHER = {
    "JAX_ENABLE_X64": 1,
    "JAX_NUMPY_DTYPE_PROMOTION": "strict",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "JAX_DEFAULT_MATMUL_PRECISION": "highest",
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_THREEFRY_PARTITIONABLE": 0,
    "JAX_DEBUG_NANS": 1,
    "JAX_DEBUG_INFS": 1,
    "JAX_DISABLE_JIT": 1,
    "JAX_CHECK_TRACER_LEAKS": 1,
    "JAX_TRANSFER_GUARD": "disallow",
}
"""A value for each pinned setting that is not the one of gmbench."""


def test_every_pinned_setting_has_another_value_in_these_tests():
    assert {f"JAX_{name.upper()}" for name in PINNED} == set(OTHER)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The directory of a tiny run with the settings that JAX has by itself."""
    out = tmp_path_factory.mktemp("expected") / "run"
    with no_figures():
        gmbench.run(TASK, out=out, **TINY)
    return out


def test_a_run_gives_the_same_tables_and_scores(expected, tmp_path):
    words = command_line("run", TASK, **TINY)
    compiled = {name: os.environ[name] for name in ("JAX_COMPILATION_CACHE_DIR", "XLA_FLAGS")}
    command = [*MODULE, *words, "--quiet", "--out", "run"]
    done = run_process(command, cwd=tmp_path, variables={**compiled, **OTHER})
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line for line in differences(expected, tmp_path / "run") if "figures/" not in line]
    assert lines == []


def test_levels_are_the_same_and_the_program_that_calls_keeps_its_settings():
    expected = gmbench.make(TASK, levels=64, seed=5)[1].levels
    with jax.enable_x64(True), jax.default_prng_impl("rbg"), jax.threefry_partitionable(False):
        found = gmbench.make(TASK, levels=64, seed=5)[1].levels
        assert jnp.arange(2).dtype == jnp.int64
        assert jax.random.key(0).dtype != jax.eval_shape(_key).dtype
    for one, other in zip(jax.tree.leaves(expected), jax.tree.leaves(found), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def _key():
    with pinned():
        return jax.random.key(0)


def test_an_offset_of_all_seeds_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(type(jax.config), "jax_random_seed_offset", 3)
    with pytest.raises(UsageError, match="JAX_RANDOM_SEED_OFFSET changes all random numbers; unset it"):
        gmbench.run(TASK, out=tmp_path / "new")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("cuda", ["run", TASK, "--out", "new"]),
        ("tpu", ["sweep", TASK, "--out", "new"]),
        ("nonsense", ["run", "quick", "--out", "new"]),
        ("cuda", ["show", TASK, "--out", "new.png"]),
        ("tpu", [sys.executable, "-m", "gmbench.cli.competence", TASK]),
    ],
)
def test_a_device_that_is_not_there_is_named_in_one_sentence(platform, words, tmp_path):
    if jax.default_backend() != "cpu":
        pytest.skip("this machine may have the device")
    command = words if words[0] == sys.executable else [*MODULE, *words]
    done = run_process(command, cwd=tmp_path, variables={"JAX_PLATFORMS": platform})
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert (
        line.removeprefix("gmbench")
        .removeprefix(".cli")
        .startswith(f": JAX cannot use the devices that JAX_PLATFORMS={platform} asks for (")
    )
    assert line.endswith("; unset JAX_PLATFORMS, or set it to cpu")
    assert not list(tmp_path.iterdir())
