import contextlib

import jax
import pytest

from gmbench.agents.training import seed_keys
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.tasks import load_task
from gmbench.benchmarks.tasks.task import PACKS
from gmbench.evaluating import SEEDS_AT_ONCE, compile_ahead, evaluate_seeds, infer_seeds
from gmbench.runner import make_algorithm
from gmbench.settings import settle

PROGRAMS = {"jit(_play)", "jit(_record)", "jit(_weigh)"}


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


@pytest.mark.parametrize("count", [2, SEEDS_AT_ONCE + 2])
def test_what_is_compiled_ahead_need_not_be_compiled_again(count):
    task, seeds = load_task("ascent-v1"), range(count)
    learner = make_algorithm(task, settle(task, None, "quick", None, None, 0.0, None))
    packs = {pack: load_pack(task, pack) for pack in PACKS}
    jax.clear_caches()  # What another test has built in this process would not be built ahead.
    with built() as ahead:
        compile_ahead(task, learner, packs, seeds)
    assert set(ahead) >= PROGRAMS

    params = task.env.params(packs["iid"])
    learners = jax.jit(jax.vmap(learner.init, (0, None)))(seed_keys(seeds, 0), params)
    policies = jax.vmap(learner.policy)(learners)
    with built() as later:
        first = jax.tree.map(lambda leaf: leaf[:SEEDS_AT_ONCE], policies)
        evaluate_seeds(task, first, packs, seeds[:SEEDS_AT_ONCE])
        infer_seeds(task, policies, packs, seeds)
    assert not PROGRAMS & set(later)
