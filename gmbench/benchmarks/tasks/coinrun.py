"""The task coinrun-v1."""

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.tasks.task import Budget, Task
from gmbench.envs.coinrun import CoinRun, CoinRunLevels

TASK = Task(
    id="coinrun-v1",
    title="CoinRun with the coin at the end of the level",
    source="Langosco et al. 2022, section 3.1; dynamics and levels after Cobbe et al. 2019",
    env=CoinRun(),
    generators={
        "iid": CoinRunLevels(coin="end"),
        "shift": CoinRunLevels(coin="column"),
        "hard": CoinRunLevels(coin="end", difficulties=(3,), danger=1.5),
        "hard_shift": CoinRunLevels(coin="column", difficulties=(3,), danger=1.5),
    },
    counting="first",
    score_discount=1.0,
    files={
        "iid.npz": "b3a3c90b1d3862bba2716c4fdc9a5714ced9eef5dda6f90e62c275ba6da16b79",
        "shift.npz": "9332fd580c01bd67f6edec050b9bab3f15c2ca5c1fe2f3fd514a07de5ba1f593",
        "hard.npz": "190116b248ea252a37e777149e2b9c2aac40d942ba5058f47fed385f4b2228a0",
        "hard_shift.npz": "400f86208c2487a2fe610da62ce8eaf849a36b20cb70b39eb23101c53ddbfce2",
        "references.json": "bfdd4eff118d59aa318df160694463561d2a7bf29173d8533e953e02c786259a",
    },
    budgets={
        "quick": Budget(seeds=8, steps=1_000_000, levels=8192),
        "standard": Budget(seeds=32, steps=8_000_000, levels=65_536),
    },
    configs={"ppo": PPOConfig()},
)
