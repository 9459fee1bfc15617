"""The PPO algorithm for one seed: `PPO` makes, updates and reads out a learner in pure functions."""

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
from gmbench.errors import UsageError

MOST_GRADIENT_STEPS = 2**31 - 1
"""The optimizer counts its steps in an int32."""
METRICS = ("policy_loss", "value_loss", "entropy", "kl", "clipped")
"""The metrics of a gradient step, see `PPO.update`."""


@struct.dataclass
class PPOLearner:
    """Everything of one seed that changes during training.

    Attributes:
        weights: weights of the network.
        optimizer: state of the optimizer.
        experience: the parallel environments.
        key: random key for all later updates.
    """

    weights: Any
    optimizer: Any
    experience: Experience
    key: jax.Array


@struct.dataclass
class PPOPolicy:
    """A policy that draws its actions from the distribution that the network computes.

    Attributes:
        weights: weights of the network.
        network: the network, without weights.
    """

    weights: Any
    network: Network = struct.field(pytree_node=False)

    def start(self) -> Any:
        """Returns the carry of the network at the start of an episode."""
        return self.network.start()

    def act(self, carry: Any, observation: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
        """Draws an action. Returns it with the next carry."""
        logits, _, carry = self.network.step(self.weights, carry, observation)
        return jax.random.categorical(key, jax.nn.log_softmax(logits)), carry


@dataclasses.dataclass(frozen=True)
class PPO:
    """Proximal policy optimization (Schulman et al. 2017), the benchmark's own algorithm.

    Attributes:
        env: the environment.
        config: hyperparameters. With `RecurrentPPOConfig` the network is recurrent.
        updates: number of updates of the whole run. The learning rate falls to zero over them.
    """

    env: Environment[Any, Any]
    config: PPOConfig
    updates: int

    @classmethod
    def for_steps(cls, env: Environment[Any, Any], steps: int, config: PPOConfig | None = None) -> PPO:
        """Makes the algorithm for a run of at least ``steps`` environment steps, in whole updates."""
        config = config or PPOConfig()
        return cls(env, config, updates=-(-steps // (config.num_envs * config.num_steps)))

    def __post_init__(self) -> None:
        self._check_horizon(self.env.shortest_horizon)
        gradient_steps = self.updates * self.config.epochs * self.config.minibatches
        if gradient_steps > MOST_GRADIENT_STEPS:
            raise UsageError(
                f"{self.updates:,} updates have {gradient_steps:,} gradient steps, and "
                f"{MOST_GRADIENT_STEPS:,} are the most; give fewer steps"
            )

    def _check_horizon(self, horizon: int) -> None:
        """Checks that a rollout is not longer than the shortest episode that a time limit may end.

        So a rollout cuts off at most one episode of each environment, whose last state is kept.

        Raises:
            UsageError: it is longer.
        """
        if self.config.num_steps > horizon:
            raise UsageError(
                f"a rollout of {self.config.num_steps} steps is longer than an episode may be ({horizon}); "
                "use more environments and a shorter rollout"
            )

    @property
    def steps_per_update(self) -> int:
        """The number of environment steps of one update."""
        return self.config.num_envs * self.config.num_steps

    @property
    def network(self) -> Network:
        """The network, without weights."""
        return self.config.network(self.env.num_actions)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """Adam with a falling learning rate, applied to gradients whose norm is limited."""
        config = self.config
        gradient_steps = self.updates * config.epochs * config.minibatches
        return optax.chain(
            optax.clip_by_global_norm(config.max_gradient_norm),
            optax.adam(optax.linear_schedule(config.learning_rate, 0.0, gradient_steps), eps=1e-5),
        )

    def init(self, key: jax.Array, params: EnvParams) -> PPOLearner:
        """Makes a learner with new weights and freshly reset environments.

        Raises:
            UsageError: the time limit of the parameters is shorter than a rollout.
        """
        self._check_horizon(params.max_steps_in_episode)
        weights_key, env_key, key = jax.random.split(key, 3)
        experience = begin(self.env, self.network, env_key, params, self.config.num_envs)
        weights = self.network.init(weights_key, experience.views)
        return PPOLearner(weights, self.optimizer.init(weights), experience, key)

    def update(self, learner: PPOLearner, params: EnvParams) -> tuple[PPOLearner, dict[str, jax.Array]]:
        """Collects a rollout and learns from it.

        The metrics are float32 scalars. ``episodes`` is the number of episodes that finished, ``length`` and
        ``return_GOAL`` are their mean length and mean undiscounted return on each goal (NaN if none
        finished). ``policy_loss``, ``value_loss``, ``entropy``, ``kl`` (divergence from the policy that
        collected the rollout) and ``clipped`` (fraction of clipped ratios) are means over the gradient steps.

        Raises:
            UsageError: the time limit of the parameters is shorter than a rollout.
        """
        self._check_horizon(params.max_steps_in_episode)
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
        """Returns the current policy of the learner."""
        return PPOPolicy(learner.weights, self.network)

    def _learn(
        self, learner: PPOLearner, key: jax.Array, steps: Steps, advantage: jax.Array
    ) -> tuple[Any, Any, dict[str, jax.Array]]:
        """Trains on minibatches of the rollout. Returns the weights, the optimizer state and mean metrics."""
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
        """Reshapes [num_steps, num_envs, ...] so that axis 0 has the rows of `PPOConfig.rows`."""
        return leaf.swapaxes(0, 1) if self.config.recurrent else leaf.reshape((-1, *leaf.shape[2:]))

    def loss(
        self, weights: Any, steps: Steps, advantage: jax.Array, carry: Any = ()
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Computes the loss of one minibatch. Returns the loss, a scalar, and the metrics by name.

        Args:
            weights: weights of the network.
            steps: steps of the minibatch, [rows] or, if the network is recurrent, [rows, time].
            advantage: float32, advantages in the same shape.
            carry: carry of the network before the first of the steps, [rows, ...].
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
        # One mean over a stack is one kernel; five means would be five kernels.
        means = jnp.mean(jnp.stack((policy, error, entropy, kl, clipped)).reshape(len(METRICS), -1), axis=1)
        return loss, dict(zip(METRICS, means, strict=True))


def _orders(key: jax.Array, count: int, length: int) -> jax.Array:
    """Draws ``count`` random orders of ``length`` rows: int32[count, length].

    The function sorts random words whose low bits are the numbers of the rows. This takes one sort of one
    array, whereas `jax.random.permutation` sorts pairs, and does so twice.
    """
    low = (1 << (length - 1).bit_length()) - 1
    words = jax.random.bits(key, (count, length), jnp.uint32)
    numbered = (words & ~jnp.uint32(low)) | jnp.arange(length, dtype=jnp.uint32)
    return (jnp.sort(numbered, axis=1) & low).astype(jnp.int32)


def _episode_metrics(env: Environment[Any, Any], finished: jax.Array) -> dict[str, jax.Array]:
    """Computes the metrics of the finished episodes from their sums, see `collect`."""
    episodes, names = finished[0], ["length", *(f"return_{goal.name}" for goal in env.goals)]
    return {"episodes": episodes, **dict(zip(names, finished[1:] / episodes, strict=True))}


def recurrent(env: Environment[Any, Any], steps: int, config: RecurrentPPOConfig | None = None) -> PPO:
    """Makes PPO with a recurrent network for a run of at least ``steps`` environment steps."""
    return PPO.for_steps(env, steps, config or RecurrentPPOConfig())
