"""The task keys-v1."""

import jax
import numpy as np

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.mazes import LARGE, SMALL
from gmbench.benchmarks.tasks.task import Task, make_budgets
from gmbench.envs.keys import KEYS, Keys, KeysLevel, KeysLevels
from gmbench.envs.keys.generator import Kind

ENV = Keys()


def surplus_keys(levels: KeysLevel, totals: np.ndarray) -> np.ndarray:
    """Computes the fraction of surplus keys that were collected: float[levels], NaN on levels without any.

    Surplus keys are those beyond the number of chests.
    """
    keys, chests = (
        np.asarray(jax.lax.population_count(kind), float) for kind in (levels.keys, levels.chests)
    )
    surplus = np.where(keys > chests, keys - chests, np.nan)
    return np.maximum(totals[:, ENV.goals.index(KEYS)] - chests, 0.0) / surplus


def _levels(plenty: Kind, sizes: tuple[int, ...]) -> KeysLevels:
    """The levels of a pack, with more of the kind ``plenty``."""
    return KeysLevels(plenty=plenty, numbers=(1, 2, 3), sizes=sizes)


TASK = Task(
    description=TASKS["keys-v1"],
    env=ENV,
    generators={
        "iid": _levels("chests", SMALL),
        "shift": _levels("keys", SMALL),
        "hard": _levels("chests", LARGE),
        "hard_shift": _levels("keys", LARGE),
    },
    counting="all",
    score_discount=0.9,
    files={
        "iid.npz": "4aec4e9a24557603a8cd23306c2724d138de7e5c67782055a41910ee5a929493",
        "shift.npz": "c444a7d003b589d87d75a2263ddcb8ef9206e35fd09432807131ad7cb5c9bf1c",
        "hard.npz": "f2d1821bfacaa7c90f850ff702277fbae96dc6fc46488330666d725ef58a6c94",
        "hard_shift.npz": "40a5eb92e64d5d984d92ee51424714fa1557310ff14f50744a0c4c2b3d2219bc",
        "references.json": "ac3c716360ba39188e29b99f8bcc0faa58e2ce8e84caf09405c8d959e9eaf080",
    },
    budgets=make_budgets(quick=1_500_000, standard=12_000_000),
    configs={"ppo": PPOConfig(discount=0.95, gae_lambda=0.9, reward_scale=1.0)},
    measures={"surplus_keys": surplus_keys},
)
