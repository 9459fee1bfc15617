import contextlib

import jax
import numpy as np
import pytest

from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.playing import play
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import PACKS
from gmbench.runs.algorithms import make_algorithm
from gmbench.runs.blocks import EVALUATION, Block, block_keys
from gmbench.runs.evaluation import (
    evaluate_batch,
    evaluate_in_blocks,
    evaluation_keys,
    infer_packs,
    lower_programs,
    play_batch,
    policy_shapes,
)
from gmbench.runs.settings import RunOptions, Settings
from gmbench.runs.sharding import Placement
from gmbench.runs.training_programs import Programs

SEEDS = 2


@contextlib.contextmanager
def compiled_programs():
    """The names of the programs that are compiled during a ``with`` block."""
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
    return make_algorithm(task, Settings.resolve(task, RunOptions()))


@pytest.fixture(scope="module")
def batch(task, packs, learner):
    """The policies of one untrained block, as a batch."""
    params = task.env.params(packs["iid"])
    programs = Programs.build(learner, params, SEEDS, Placement.one_device())
    cohort = programs.start([Block(range(SEEDS), params)])
    return jax.vmap(jax.vmap(learner.policy))(cohort.batches[0])


def test_programs_compiled_in_advance_are_not_compiled_again(task, packs, learner, batch):
    jax.clear_caches()  # Another test may have compiled them.
    placement, keys = Placement.one_device(), block_keys([range(SEEDS)], EVALUATION)
    with compiled_programs() as in_advance:
        for program in lower_programs(task, learner, packs, placement, SEEDS):
            program.compile()
    assert in_advance.count("jit(on_device)") == 2
    with compiled_programs() as later:
        infer_packs(task, placement, packs, evaluate_batch(task, placement, batch, packs, keys))
    assert "jit(on_device)" not in later


def test_a_batch_plays_like_its_policies_alone(task, packs, batch):
    alone = jax.tree.map(lambda leaf: leaf[0], batch)
    expected = play(task, alone, packs["shift"], evaluation_keys(range(SEEDS)))
    played = play_batch(
        task, Placement.one_device(), batch, packs["shift"], block_keys([range(SEEDS)], EVALUATION)
    )
    jax.tree.map(lambda one, other: np.testing.assert_array_equal(one[0], other), played.episodes, expected)


def test_policies_are_evaluated_in_blocks_and_the_last_block_is_padded(task, packs, batch):
    three = jax.tree.map(lambda leaf: leaf[0][np.array([0, 1, 0])], batch)

    def play_block(policies, keys):
        return play_batch(task, Placement.one_device(), policies, packs["iid"], keys)

    played = evaluate_in_blocks(play_block, three, [0, 1, 4], SEEDS).episodes
    keys = block_keys([range(SEEDS)], EVALUATION)
    first = play_batch(task, Placement.one_device(), batch, packs["iid"], keys).episodes
    assert played.length.shape == (3, len(np.asarray(first.length)[0, 0]))
    np.testing.assert_array_equal(played.returns[:2], first.returns[0])
    assert (played.length[2] != played.length[0]).any()


def test_policy_shapes_are_the_shapes_of_policies(task, packs, learner, batch):
    shapes = policy_shapes(learner, task.env.params(packs["iid"]), (1, SEEDS))
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), shapes) == jax.tree.map(
        lambda leaf: (leaf.shape, leaf.dtype), batch
    )
