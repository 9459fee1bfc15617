"""Episodes: the results and the actions of policies that played one episode on each level."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct


@struct.dataclass
class Episodes:
    """The results of one episode per policy and level. The first axes of every array are [policies, levels].

    An episode ends when the environment ends it, at the time limit, or, if only the first event counts, with
    the step of the first event of any goal. An event of a goal is a step with a reward on this goal.

    Attributes:
        returns: float32[..., goals], discounted returns on the goals, which scores are computed from.
        totals: float32[..., goals], sums of the rewards on the goals without discount.
        first: int32, index in ``env.goals`` of the goal that had the first event; the lower index if several
            goals had it in the same step; -1 if no goal had an event.
        length: int32, number of steps.
        terminated: bool, whether the environment ended the episode.
    """

    returns: jax.Array
    totals: jax.Array
    first: jax.Array
    length: jax.Array
    terminated: jax.Array

    @classmethod
    def of(cls, rows: jax.Array) -> Episodes:
        """Reads episodes from rows, see `rows`."""
        goals = (rows.shape[-1] - 3) // 2
        return cls(
            returns=rows[..., :goals],
            totals=rows[..., goals:-3],
            first=rows[..., -3].astype(np.int32),
            length=rows[..., -2].astype(np.int32),
            terminated=rows[..., -1].astype(bool),
        )

    def rows(self) -> jax.Array:
        """Writes all fields into one array, float32[..., 2 * goals + 3], which makes loops over it faster."""
        numbers = jnp.stack((self.first, self.length, self.terminated), axis=-1)
        return jnp.concatenate((self.returns, self.totals, numbers.astype(jnp.float32)), axis=-1)


@struct.dataclass
class Rollouts:
    """The results of all episodes of policies, and the actions of some of them.

    Attributes:
        rows: float32[policies, levels, 2 * goals + 3], results of the episodes as `Episodes.rows`. On levels
            that were not played they are those of an episode without steps.
        actions: uint8[policies, recorded levels, time limit], actions on the recorded levels, which are the
            first levels that were played. Actions after the end of an episode are meaningless.
        extremes: int32[policies, 2], the least action and the largest one of all steps, or 0 where that is
            larger, or smaller.
    """

    rows: jax.Array
    actions: jax.Array
    extremes: jax.Array

    @property
    def episodes(self) -> Episodes:
        """The results of the episodes."""
        return Episodes.of(self.rows)
