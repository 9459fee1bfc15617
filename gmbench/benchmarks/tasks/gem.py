"""The task gem-v1."""

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.mazes import CONFIGS, LARGE, SHORT, SMALL, budgets
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.gem import Gem, GemLevels

TASK = Task(
    description=TASKS["gem-v1"],
    env=Gem(time_limit=SHORT),
    generators={
        "iid": GemLevels(things="yellow line", sizes=SMALL),
        "shift": GemLevels(things="red line and gem", sizes=SMALL),
        "hard": GemLevels(things="yellow line", sizes=LARGE),
        "hard_shift": GemLevels(things="red line and gem", sizes=LARGE),
    },
    counting="first",
    score_discount=1.0,
    files={
        "iid.npz": "bd12922a3a3e919467cf7335d024c66fa41e9df6d379764f7804e593c8d2b06f",
        "shift.npz": "385abd833fe6074c3c08a0d003bcef749e8223987c3c6778e3c16dfe3212b790",
        "hard.npz": "f174db843b88cfd3667f1b81d7003cf849f10b171f6b57ee7bf8b023633649df",
        "hard_shift.npz": "2ce965c3bc6cc53c7d7d69253b87cb17ed56f757c67fcf3680485dfd3ea1164c",
        "references.json": "6d5f1388a6b676e7130c46928ad90eea4cd815c45f17a50f960115d7ed43de0c",
    },
    budgets=budgets(quick=800_000),
    configs=CONFIGS,
)
