"""The task dish-v1."""

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.mazes import CONFIGS, LARGE, SHORT, SMALL, budgets
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.dish import Dish, DishLevels

TASK = Task(
    description=TASKS["dish-v1"],
    env=Dish(time_limit=SHORT),
    generators={
        "iid": DishLevels(cheese="on dish", sizes=SMALL),
        "shift": DishLevels(cheese="apart", sizes=SMALL),
        "hard": DishLevels(cheese="on dish", sizes=LARGE),
        "hard_shift": DishLevels(cheese="apart", sizes=LARGE),
    },
    counting="first",
    score_discount=1.0,
    files={
        "iid.npz": "43c44d4cea47bea01e59b56fb6d5027682b27ee3fc733998c265a25f33855c9c",
        "shift.npz": "93d82e36a7f719e093057e68e385e3188a7ca036fd37e61c7227362649d4781a",
        "hard.npz": "50a8c623c98c40a6432cff7696a2041d4b46a4153870d582e58190dda898827d",
        "hard_shift.npz": "15e12a145134a41469306f824b231d72c61dce809535119f75c68245dd45f7bd",
        "references.json": "4105ed9728c335afee34c9244605d820c96b7e7c0cac5d3db1bd85b0abc0e278",
    },
    budgets=budgets(quick=1_000_000),
    configs=CONFIGS,
)
