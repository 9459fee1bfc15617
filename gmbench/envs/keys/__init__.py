"""Keys & Chests: open chests with keys. In training keys are scarce, under shift there are plenty."""

from gmbench.envs.keys.environment import CHESTS, KEYS, Keys, KeysState
from gmbench.envs.keys.generator import KeysLevels
from gmbench.envs.keys.level import KeysLevel

__all__ = ["CHESTS", "KEYS", "Keys", "KeysLevel", "KeysLevels", "KeysState"]
