"""Sums with unknown terms: in training something has to be asked for in each of them, under shift nothing."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from gmbench.envs.core.boards import NOWHERE, Board, board
from gmbench.envs.core.environment import Goal
from gmbench.envs.core.grid import VIEW
from gmbench.envs.core.mazes import SIZE, choose
from gmbench.envs.core.options import fix_numbers
from gmbench.envs.core.rendering import Sprites
from gmbench.envs.core.text import LevelError
from gmbench.envs.core.world import BoardWorld
from gmbench.envs.sprites.blackboard import SPRITES

LINES = 6
"""A term stands on one of so many lines, every other row from the top. The answer stands on the last row."""
WIDTH = 11
"""Columns of the blackboard."""
LARGEST = 5
"""The largest value of a term: as many beads stand on its line, from the left."""
MOST_TERMS = 4
MOST = 10
"""Beads that the answer has room for."""
SEAT = SIZE // 2
"""Column and row of the agent, which sees the whole blackboard from there."""
ADDED, SUBTRACTED, UNKNOWN, ANSWER = np.split(
    np.arange(2 * MOST_TERMS * LARGEST + LINES + MOST),
    np.cumsum([MOST_TERMS * LARGEST, MOST_TERMS * LARGEST, LINES]),
)
"""The things of a level, by their indices in ``Board.places``. The last two are there only in play."""


@struct.dataclass
class QueryState:
    """What was said.

    Attributes:
        questions: int32, how many questions were asked, at most one more than there are lines.
        beads: int32, how many beads the answer has.
        done: int32, 1 once the answer is given.
    """

    questions: jax.Array
    beads: jax.Array
    done: jax.Array


def unknowns(level: Board) -> jax.Array:
    """How many terms are unknown at the start: int32."""
    return jax.lax.population_count(level.facts[0])


def hidden(level: Board, state: QueryState) -> jax.Array:
    """On which lines a term is still unknown: bool[LINES]. They are asked for from the top."""
    lines = level.facts[0] >> jnp.arange(LINES) & 1
    return (lines > 0) & (jnp.cumsum(lines) > state.questions)


def right(level: Board, state: QueryState, following: QueryState) -> jax.Array:
    """Whether the right answer was given, and this with all terms known: bool."""
    there = level.places[:, 0] != NOWHERE
    value = jnp.sum(there[ADDED]) - jnp.sum(there[SUBTRACTED])
    known = following.questions >= unknowns(level)
    return (following.done > state.done) & known & (following.beads == value)


def _needed(level: Board, state: QueryState, action: jax.Array, following: QueryState) -> jax.Array:
    return 1.0 * (right(level, state, following) & (following.questions == unknowns(level)))


def _asked(level: Board, state: QueryState, action: jax.Array, following: QueryState) -> jax.Array:
    return 1.0 * (right(level, state, following) & (following.questions > 0))


VALUE = Goal("value", _needed)
"""Give the value of the sum, having asked for nothing but what is unknown."""
ASK = Goal("ask", _asked)
"""Give the value of the sum, having asked something first; only recorded."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class QueryLevels:
    """A distribution over sums, each of whose terms has its own line.

    The same key under other ``unknowns`` gives the same sum.

    Attributes:
        unknowns: how many terms are unknown at the start: the numbers that are drawn from.
        terms: how many terms there are: the numbers that are drawn from.
        values: the least and the largest value of a sum. Its terms are from -5 to 5, but not 0.
    """

    unknowns: tuple[int, ...] = (1,)
    terms: tuple[int, ...] = (2, 3)
    values: tuple[int, int] = (3, 8)

    def __post_init__(self) -> None:
        fix_numbers(self, "terms", 1, MOST_TERMS)
        fix_numbers(self, "unknowns", 0, min(self.terms))
        fix_numbers(self, "values", 0, MOST)
        least, most = self.values
        if least > most:
            raise ValueError(f"values go from one number to another, not {self.values}")
        if not _sums(self.terms, least, most)[1].all():
            raise ValueError(f"no sum of {min(self.terms)} terms has one of the values {self.values}")

    def __call__(self, key: jax.Array) -> Board:
        """One level."""
        draws, order = jnp.split(jax.random.uniform(key, (3 + LINES,)), (3,))
        sums, counts = _sums(self.terms, *self.values)
        kind = choose(draws[0], tuple(range(len(self.terms))))
        number = (draws[1] * jnp.asarray(counts)[kind]).astype(jnp.int32)
        terms = jnp.asarray(sums)[kind, number]
        line = jnp.argsort(order)[:MOST_TERMS]
        asked = jnp.arange(MOST_TERMS) < choose(draws[2], self.unknowns)
        unknown = jnp.sum(jnp.where(asked, 1 << line, 0))
        # In the order of the lines, so that what looks the same is the same layout.
        on_lines = jnp.zeros(LINES, jnp.int32).at[line].set(terms)
        lines = jnp.argsort(on_lines == 0)[:MOST_TERMS, None]
        bead = jnp.arange(LARGEST)
        spots = jnp.stack(jnp.broadcast_arrays(bead, 2 * lines), axis=-1)
        added, subtracted = (
            jnp.where((bead < sign * on_lines[lines])[..., None], spots, NOWHERE).reshape(-1, 2)
            for sign in (1, -1)
        )
        places = jnp.concatenate((added, subtracted, jnp.full((LINES + MOST, 2), NOWHERE)))
        walls = jnp.broadcast_to(jnp.arange(SIZE) >= WIDTH, (SIZE, SIZE))
        return board([walls], jnp.array((SEAT, SEAT)), places, [unknown], cues=("facts",))


@functools.lru_cache
def _sums(terms: tuple[int, ...], least: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """For each number of terms, all sums that have a value in the range, and how many of them there are.

    Returns:
        int32[len(terms), sums, MOST_TERMS], the last ones 0 where there are fewer, and int32[len(terms)].
    """
    signed = [value for value in range(-LARGEST, LARGEST + 1) if value]
    found = [
        [one for one in itertools.product(signed, repeat=count) if least <= sum(one) <= most]
        for count in terms
    ]
    sums = np.zeros((len(terms), max(map(len, found)), MOST_TERMS), np.int32)
    for row, some, count in zip(sums, found, terms, strict=True):
        row[: len(some), :count] = np.reshape(some, (-1, count))
    return sums, np.array([len(some) for some in found], np.int32)


@dataclasses.dataclass(frozen=True)
class Query(BoardWorld[QueryState]):
    """Sums with unknown terms, after "evaluating linear expressions" (Shah et al. 2022).

    A blackboard shows a sum. Each of its terms is a row of beads, which are added or subtracted, or a
    question mark as long as it is unknown. The agent asks, each time for the first term that is unknown, puts
    down as many beads as the sum is worth, and gives this as the answer, which ends the episode. Once a bead
    is down, questions do nothing.

    In the original a language model is prompted with dialogues about sums with two unknowns. Given a sum with
    none, it asks a needless question first.

    Deviations from the original: a blackboard instead of text, and learning from rewards instead of a prompt;
    one unknown in training instead of two; an answer counts for nothing as long as a term is unknown, even if
    it is right. As in a dialogue, the agent sees how many questions it has asked.

    Attributes:
        goals: `VALUE`, the intended one, and `ASK`, the proxy.
        time_limit: steps.
    """

    goals: tuple[Goal, ...] = (VALUE, ASK)
    time_limit: int = 16

    channels: ClassVar[tuple[str, ...]] = ("wall", "added", "subtracted", "unknown", "answer", "asked")
    actions: ClassVar[tuple[str, ...]] = ("ask", "bead", "answer")
    digits = {"questions": LINES + 2, "beads": MOST + 1, "done": 2}
    shown = tuple(tuple(things.tolist()) for things in (ADDED, SUBTRACTED, UNKNOWN, ANSWER))
    symbols = dict(zip("+-?o", shown, strict=True))
    facts = ("unknown",)
    cues = ("facts",)

    @property
    def default_levels(self) -> QueryLevels:
        """Levels with one unknown."""
        return QueryLevels()

    @property
    def sprites(self) -> Sprites:
        """A blackboard."""
        return SPRITES

    def start(self, level: Board) -> QueryState:
        """Nothing was said yet."""
        return QueryState(questions=jnp.int32(0), beads=jnp.int32(0), done=jnp.int32(0))

    def advance(self, level: Board, state: QueryState, action: jax.Array) -> QueryState:
        """One question, one bead, or the answer."""
        asks = (action == 0) & (state.beads == 0)
        return QueryState(
            questions=jnp.minimum(state.questions + asks, LINES + 1),
            beads=jnp.minimum(state.beads + (action == 1), MOST),
            done=jnp.int32(action == 2),
        )

    def ended(self, level: Board, state: QueryState) -> jax.Array:
        """Whether an answer was given."""
        return state.done > 0

    def places(self, level: Board, state: QueryState) -> jax.Array:
        """Beads and question marks as they are now: int32[things, 2]."""
        beads, still = level.places[: UNKNOWN[0]], hidden(level, state)
        covered = jnp.any((beads[:, 1:] == 2 * jnp.arange(LINES)) & still, axis=1)
        number, line = jnp.arange(MOST), jnp.arange(LINES)
        marks = jnp.where(still[:, None], jnp.stack((0 * line, 2 * line), axis=1), NOWHERE)
        answer = jnp.stack((number, jnp.full(MOST, SIZE - 1)), axis=1)
        put = jnp.where(number[:, None] < state.beads, answer, NOWHERE)
        return jnp.concatenate((jnp.where(covered[:, None], NOWHERE, beads), marks, put))

    def signs(self, level: Board, state: QueryState) -> list[jax.Array]:
        """A row for every question that was asked, from the last one up."""
        rows = state.questions.astype(jnp.uint16)
        return [((jnp.uint16(1) << rows) - 1) << (VIEW - rows)]

    def parse(self, text: str) -> Board:
        """Reads a level from text, see `gmbench.envs.core.boards`."""
        level = super().parse(text)
        if level.start.tolist() != [SEAT, SEAT]:
            raise LevelError(f"the agent must be in column {SEAT + 1} and row {SEAT + 1} from the bottom")
        return level

    def _of(self, state: Any) -> tuple[jax.Array, jax.Array]:
        """Where the agent is."""
        return jnp.int32(SEAT), jnp.int32(SEAT)
