"""Episodes that were played, one per policy and level: what there is of them, and what was done."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct


@struct.dataclass
class Episodes:
    """One episode per policy and level; [policies, levels] are the first axes of every array.

    An episode ends by itself, by the time limit, or, where only the first goal counts, with the step of
    the first event of any goal.

    Attributes:
        returns: float32[..., goals], what counts for the score, see `evaluate`.
        totals: float32[..., goals], plain sums of every goal's rewards.
        first: int32, the goal whose first event came first, the earlier in ``env.goals`` where several
            came in one step; -1 for none.
        length: int32, steps.
        terminated: bool, whether it ended by itself.
    """

    returns: jax.Array
    totals: jax.Array
    first: jax.Array
    length: jax.Array
    terminated: jax.Array

    @classmethod
    def of(cls, rows: jax.Array) -> Episodes:
        """Those that were written as rows."""
        goals = (rows.shape[-1] - 3) // 2
        return cls(
            returns=rows[..., :goals],
            totals=rows[..., goals:-3],
            first=rows[..., -3].astype(np.int32),
            length=rows[..., -2].astype(np.int32),
            terminated=rows[..., -1].astype(bool),
        )

    def rows(self) -> jax.Array:
        """All of it in one array, float32[..., 2 * goals + 3]: a loop that carries it does less."""
        numbers = jnp.stack((self.first, self.length, self.terminated), axis=-1)
        return jnp.concatenate((self.returns, self.totals, numbers.astype(jnp.float32)), axis=-1)


@struct.dataclass
class Rollouts:
    """What policies have done.

    Attributes:
        rows: of `Episodes`, [policies, levels]; empty on levels that were not played.
        actions: uint8[policies, kept, time limit], what was done on the first levels of a portion, as many as
            are kept. After the end of an episode they mean nothing.
    """

    rows: jax.Array
    actions: jax.Array

    @property
    def episodes(self) -> Episodes:
        """What there is of every episode."""
        return Episodes.of(self.rows)
