"""Versions 0.10 of jax hang in vmapped training on CPUs with two cores; this test shows whether jax does."""

import subprocess
import sys

import pytest

TRAINING = """
import jax
from gmbench.agents.ppo import PPO, PPOConfig, RecurrentPPOConfig
from gmbench.envs.coinrun import CoinRun, CoinRunLevels
from gmbench.envs.core.levels import generate
from gmbench.runs.training_programs import Cohort

env = CoinRun()
ppo = PPO(env, {config}(num_envs=64, num_steps=16, hidden=(64, 64)), updates=40)
params = env.params(generate(CoinRunLevels(), jax.random.key(0), 256))
for attempt in range(2):
    cohort = Cohort.start(ppo, params, range(8))
    for _ in range(ppo.updates):
        cohort.update()
    print("trained", flush=True)
"""


@pytest.mark.timeout(280)
@pytest.mark.parametrize("config", ["PPOConfig", pytest.param("RecurrentPPOConfig", marks=pytest.mark.slow)])
def test_vmapped_training_does_not_hang(config):
    # It runs in another process, because a computation that hangs cannot be interrupted from within.
    finished = subprocess.run(
        [sys.executable, "-c", TRAINING.format(config=config)],
        timeout=240,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.split() == ["trained"] * 2
