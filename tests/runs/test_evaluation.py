import contextlib

import jax
import numpy as np
import pytest

from gmbench.runs.sharding import Spread
from gmbench.runs.training import Block, Programs, block_keys
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.playing import play
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import PACKS
from gmbench.runs.evaluation import (
    EVALUATION,
    by_blocks,
    evaluate_batch,
    evaluation_keys,
    infer_packs,
    play_batch,
    policy_shapes,
    trace_ahead,
)
from gmbench.runs.run import make_algorithm
from gmbench.runs.settings import settle

SEEDS = 2


@contextlib.contextmanager
def built():
    """The names of the programs that are built within."""
    names = []

    def note(event, duration_secs, **details):
        if event == "/jax/core/compile/backend_compile_duration":
            names.append(details["fun_name"])

    jax.monitoring.register_event_duration_secs_listener(note)
    try:
        yield names
    finally:
        jax.monitoring.unregister_event_duration_listener(note)


@pytest.fixture(scope="module")
def task():
    return load_task("ascent-v1")


@pytest.fixture(scope="module")
def packs(task):
    return {pack: load_pack(task, pack) for pack in PACKS}


@pytest.fixture(scope="module")
def learner(task):
    return make_algorithm(task, settle(task))


@pytest.fixture(scope="module")
def batch(task, packs, learner):
    """The policies of one untrained block, as a batch."""
    params = task.env.params(packs["iid"])
    cohort = Programs.build(learner, params, SEEDS, Spread.alone()).begin([Block(range(SEEDS), params)])
    return jax.vmap(jax.vmap(learner.policy))(cohort.batches[0])


def test_what_is_compiled_ahead_need_not_be_compiled_again(task, packs, learner, batch):
    jax.clear_caches()  # Another test may have built them.
    spread, keys = Spread.alone(), block_keys([range(SEEDS)], EVALUATION)
    with built() as ahead:
        for program in trace_ahead(task, learner, packs, spread, SEEDS):
            program.compile()
    assert ahead.count("jit(here)") == 2
    with built() as later:
        infer_packs(task, spread, packs, evaluate_batch(task, spread, batch, packs, keys))
    assert "jit(here)" not in later


def test_a_batch_plays_as_its_policies_do(task, packs, batch):
    alone = jax.tree.map(lambda leaf: leaf[0], batch)
    expected = play(task, alone, packs["shift"], evaluation_keys(range(SEEDS)))
    played = play_batch(task, Spread.alone(), batch, packs["shift"], block_keys([range(SEEDS)], EVALUATION))
    jax.tree.map(lambda one, other: np.testing.assert_array_equal(one[0], other), played.episodes, expected)


def test_seeds_are_played_in_blocks_of_which_the_last_is_filled_up(task, packs, batch):
    three = jax.tree.map(lambda leaf: leaf[0][np.array([0, 1, 0])], batch)

    def play_them(policies, keys):
        return play_batch(task, Spread.alone(), policies, packs["iid"], keys)

    played = by_blocks(play_them, three, [0, 1, 4], SEEDS).episodes
    keys = block_keys([range(SEEDS)], EVALUATION)
    first = play_batch(task, Spread.alone(), batch, packs["iid"], keys).episodes
    assert played.length.shape == (3, len(np.asarray(first.length)[0, 0]))
    np.testing.assert_array_equal(played.returns[:2], first.returns[0])
    assert (played.length[2] != played.length[0]).any()


def test_shapes_of_policies_are_those_of_policies(task, packs, learner, batch):
    shapes = policy_shapes(learner, task.env.params(packs["iid"]), (1, SEEDS))
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), shapes) == jax.tree.map(
        lambda leaf: (leaf.shape, leaf.dtype), batch
    )
