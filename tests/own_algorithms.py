"""Algorithms of a user's own, each with one fault or one freedom: the path of ``fault`` is ``PATH:fault``.

They learn nothing, so that whatever they do is compiled quickly.
"""

import jax
import jax.numpy as jnp
from flax import struct

PATH = "tests.own_algorithms"


@struct.dataclass
class Policy:
    """A policy without arrays, which draws random actions."""

    actions: int = struct.field(pytree_node=False)
    fault: str = struct.field(pytree_node=False)

    def start(self):
        return ()

    def act(self, carry, observation, key):
        action = jax.random.randint(key, (), 0, self.actions)
        faults = {
            "logits": lambda: (jnp.zeros(self.actions), carry),
            "vector": lambda: (action[None], carry),
            "float": lambda: (action / 1.0, carry),
            "beyond": lambda: (action + 17, carry),
            "negative": lambda: (-1 - action, carry),
            "carry": lambda: (action, action),
            "no_carry": lambda: action,
            "fails": lambda: (jnp.ones(3) @ jnp.ones(4), carry),
        }
        return faults.get(self.fault, lambda: (action, carry))()


@struct.dataclass
class Counting:
    """A policy whose actions are the updates that its learner has made."""

    updates: jax.Array

    def start(self):
        return ()

    def act(self, carry, observation, key):
        return self.updates, carry


class Own:
    def __init__(self, env, fault):
        self.env, self.fault = env, fault
        self.steps_per_update = {"float_steps": 512.0, "no_steps": 0}.get(fault, 512)

    def init(self, key, params):
        learners = {
            "no_arrays": lambda: (),
            "object": lambda: Own(None, ""),
            "missing": lambda: {}["weights"],
        }
        return learners.get(
            self.fault, lambda: {"key": key, "weights": jnp.zeros(2), "updates": jnp.int32(0)}
        )()

    def update(self, learner, params):
        changed = {**learner, "updates": learner["updates"] + 1}
        metrics = {
            "free": {},
            "seed": {"seed": 0.0},
            "steps": {"steps": 0.0},
            "update": {"update": 0.0},
            "unnamed": {1: 0.0},
            "long_metric": {"loss": jnp.zeros(3)},
            "complex": {"loss": 1j},
            "list": [0.0],
            "whole": {"loss": jnp.int32(3)},
        }
        learners = {
            "dtype": {**learner, "weights": jnp.zeros(2, jnp.int32)},
            "shape": {**learner, "weights": jnp.zeros(3)},
            "tree": {"weights": learner["weights"]},
        }
        if self.fault == "branches" and learner["updates"] > 3:
            return learner, {}
        if self.fault == "alone":
            return learner
        return learners.get(self.fault, changed), metrics.get(self.fault, {"loss": jnp.float32(0.0)})

    def policy(self, learner):
        if self.fault == "no_policy":
            return None
        return (
            Counting(learner["updates"]) if self.fault == "late" else Policy(self.env.num_actions, self.fault)
        )


def __getattr__(fault):
    if fault.startswith("__"):
        raise AttributeError(fault)
    return lambda env, steps: None if fault == "nothing" else Own(env, fault)
