"""The PPO learner: one seed as three pure functions."""

from __future__ import annotations

import dataclasses
from typing import Any

import distrax
import jax
import jax.numpy as jnp
import optax
from flax import struct

from gmbench.agents.networks import Network
from gmbench.agents.ppo import losses
from gmbench.agents.ppo.config import PPOConfig, RecurrentPPOConfig
from gmbench.agents.ppo.rollout import Experience, Steps, begin, collect
from gmbench.envs.core.environment import Environment, EnvParams

METRICS = ("policy_loss", "value_loss", "entropy", "kl", "clipped")
"""Of a gradient step, see `PPO.update`."""


@struct.dataclass
class PPOLearner:
    """Everything that one seed has: weights, optimizer, environments, and its stream of random numbers."""

    weights: Any
    optimizer: Any
    experience: Experience
    key: jax.Array


@struct.dataclass
class PPOPolicy:
    """Draws actions from the policy head."""

    weights: Any
    network: Network = struct.field(pytree_node=False)

    def start(self) -> Any:
        """What the network carries."""
        return self.network.start()

    def act(self, carry: Any, observation: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
        """An action drawn from the policy."""
        logits, _, carry = self.network.step(self.weights, carry, observation)
        return jax.random.categorical(key, jax.nn.log_softmax(logits)), carry


@dataclasses.dataclass(frozen=True)
class PPO:
    """Proximal policy optimization (Schulman et al. 2017), the reference learner.

    Attributes:
        env: the environment.
        config: settings; with `RecurrentPPOConfig` the network is recurrent.
        updates: updates of the whole run; the learning rate falls to zero over them.
    """

    env: Environment[Any, Any]
    config: PPOConfig
    updates: int

    @classmethod
    def for_steps(cls, env: Environment[Any, Any], steps: int, config: PPOConfig | None = None) -> PPO:
        """The learner for a run of at least ``steps`` environment steps, in whole updates."""
        config = config or PPOConfig()
        return cls(env, config, updates=-(-steps // (config.num_envs * config.num_steps)))

    def __post_init__(self) -> None:
        if self.config.num_steps > self.env.shortest_horizon:
            raise ValueError(
                f"a rollout of {self.config.num_steps} steps is longer than an episode may be "
                f"({self.env.shortest_horizon}); use more environments and a shorter rollout"
            )

    @property
    def steps_per_update(self) -> int:
        """Environment steps that one update takes."""
        return self.config.num_envs * self.config.num_steps

    @property
    def network(self) -> Network:
        """The network, without weights."""
        return self.config.network(self.env.num_actions)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """Adam with a falling learning rate, behind a limit on the gradient."""
        config = self.config
        gradient_steps = self.updates * config.epochs * config.minibatches
        return optax.chain(
            optax.clip_by_global_norm(config.max_gradient_norm),
            optax.adam(optax.linear_schedule(config.learning_rate, 0.0, gradient_steps), eps=1e-5),
        )

    def init(self, key: jax.Array, params: EnvParams) -> PPOLearner:
        """A learner with new weights, its environments reset."""
        weights_key, env_key, key = jax.random.split(key, 3)
        experience = begin(self.env, self.network, env_key, params, self.config.num_envs)
        weights = self.network.init(weights_key, experience.views)
        return PPOLearner(weights, self.optimizer.init(weights), experience, key)

    def update(self, learner: PPOLearner, params: EnvParams) -> tuple[PPOLearner, dict[str, jax.Array]]:
        """Collects steps and learns from them.

        The metrics, float32 scalars: ``episodes`` finished, and over these the means of ``return_GOAL``
        (undiscounted, NaN where none finished) and ``length``; over the gradient steps the means of
        ``policy_loss``, ``value_loss``, ``entropy``, ``kl`` (from the policy that collected the steps)
        and ``clipped`` (the fraction of ratios that were).
        """
        config = self.config
        collect_key, learn_key, key = jax.random.split(learner.key, 3)
        experience, steps, next_values, finished = collect(
            self.env, self.network, learner.weights, learner.experience, collect_key, params, config.num_steps
        )
        advantage = losses.advantages(
            steps.reward * config.reward_scale,
            steps.value,
            next_values,
            steps.terminated,
            steps.truncated,
            config.discount,
            config.gae_lambda,
        )
        weights, optimizer, learned = self._learn(learner, learn_key, steps, advantage)
        metrics = {**learned, **_episode_metrics(self.env, finished)}
        return PPOLearner(weights, optimizer, experience, key), metrics

    def policy(self, learner: PPOLearner) -> PPOPolicy:
        """The learner's policy as it is now; it draws its actions."""
        return PPOPolicy(learner.weights, self.network)

    def _learn(
        self, learner: PPOLearner, key: jax.Array, steps: Steps, advantage: jax.Array
    ) -> tuple[Any, Any, dict[str, jax.Array]]:
        """Epochs of minibatches: weights and optimizer afterwards, and the mean metrics."""
        batch = (*jax.tree.map(self._rows, (steps, advantage)), learner.experience.carry)

        def gradient_step(carry: tuple[Any, Any], rows: jax.Array) -> tuple[Any, jax.Array]:
            weights, optimizer = carry
            chosen = jax.tree.map(lambda leaf: leaf[rows], batch)
            gradients, metrics = jax.grad(self.loss, has_aux=True)(weights, *chosen)
            change, optimizer = self.optimizer.update(gradients, optimizer, weights)
            weights = optax.apply_updates(weights, change)
            return (weights, optimizer), jnp.stack([metrics[name] for name in METRICS])

        orders = _orders(key, self.config.epochs, self.config.rows)
        rows = orders.reshape(self.config.epochs * self.config.minibatches, -1)
        carry = (learner.weights, learner.optimizer)
        (weights, optimizer), metrics = jax.lax.scan(gradient_step, carry, rows)
        return weights, optimizer, dict(zip(METRICS, jnp.mean(metrics, axis=0), strict=True))

    def _rows(self, leaf: jax.Array) -> jax.Array:
        """[rollout, environments, ...] as the rows of `PPOConfig.rows`, on axis 0."""
        return leaf.swapaxes(0, 1) if self.config.recurrent else leaf.reshape((-1, *leaf.shape[2:]))

    def loss(
        self, weights: Any, steps: Steps, advantage: jax.Array, carry: Any = ()
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        """The loss of one minibatch, its rows along axis 0: (scalar, metrics).

        Args:
            weights: of the network.
            steps: [rows] or, of a recurrent network, [rows, time].
            advantage: float32 in the same shape.
            carry: what the network carried when the first of the steps was taken.
        """
        config = self.config
        ends = steps.terminated | steps.truncated
        logits, value = self.network.replay(weights, carry, steps.view, ends)
        log_probability = distrax.Categorical(logits=logits).log_prob(steps.action)
        policy = losses.policy_loss(
            log_probability, steps.log_probability, losses.normalize(advantage), config.clip
        )
        error = losses.value_loss(value, advantage + steps.value)
        entropy = losses.entropy(logits)
        loss = (
            jnp.mean(policy)
            + config.value_weight * jnp.mean(error)
            - config.entropy_weight * jnp.mean(entropy)
        )
        difference = log_probability - steps.log_probability
        kl = jnp.expm1(difference) - difference
        clipped = jnp.abs(jnp.expm1(difference)) > config.clip
        # One mean of all, where five would be five programs more.
        means = jnp.mean(jnp.stack((policy, error, entropy, kl, clipped)).reshape(len(METRICS), -1), axis=1)
        return loss, dict(zip(METRICS, means, strict=True))


def _orders(key: jax.Array, count: int, length: int) -> jax.Array:
    """Random orders of ``length`` rows: int32[count, length].

    Sorts random words that end in the rows' own numbers: one array and one sort, where
    `jax.random.permutation` sorts pairs, and twice.
    """
    low = (1 << (length - 1).bit_length()) - 1
    words = jax.random.bits(key, (count, length), jnp.uint32)
    numbered = (words & ~jnp.uint32(low)) | jnp.arange(length, dtype=jnp.uint32)
    return (jnp.sort(numbered, axis=1) & low).astype(jnp.int32)


def _episode_metrics(env: Environment[Any, Any], finished: jax.Array) -> dict[str, jax.Array]:
    """Metrics of the episodes that finished, from their sums."""
    episodes, names = finished[0], ["length", *(f"return_{goal.name}" for goal in env.goals)]
    return {"episodes": episodes, **dict(zip(names, finished[1:] / episodes, strict=True))}


def recurrent(env: Environment[Any, Any], steps: int, config: RecurrentPPOConfig | None = None) -> PPO:
    """PPO with a recurrent network for a run of at least ``steps`` environment steps."""
    return PPO.for_steps(env, steps, config or RecurrentPPOConfig())
