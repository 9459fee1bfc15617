"""Checks of single values: what counts as a number, and one sentence for what does not."""

import math
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.checks import check_flag, check_real, check_several, check_text, check_whole
from gmbench.errors import UsageError

NONE_OF_THEM = [None, True, np.bool_(True), "3", b"3", [3], (3,), {}, np.arange(1), 1j, float, object()]


@pytest.mark.parametrize("value", [1000, 1e3, np.int8(100), np.float32(8.0), np.array(7), jnp.int32(5)])
def test_whole_floats_and_numbers_of_arrays_are_whole_numbers(value):
    found = check_whole("steps", value)
    assert type(found) is int
    assert found == value


@pytest.mark.parametrize("value", [*NONE_OF_THEM, 1000.5, math.nan, math.inf, Fraction(1, 2)])
def test_what_is_no_whole_number_is_named(value):
    with pytest.raises(UsageError, match=r"^steps must be a whole number, not "):
        check_whole("steps", value)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (0, "steps must be at least 1, not 0"),
        (-2.0, "steps must be at least 1, not -2.0"),
        (10**18, "steps must be at most 1,000,000, not 1000000000000000000"),
        (10**9000, r"steps must be at most 1,000,000, not about 10\^9000"),
        (-(10**9000), r"steps must be at least 1, not about -10\^9000"),
    ],
    ids=["zero", "negative", "large", "longer than Python prints", "negative and long"],
)
def test_the_limit_of_a_number_is_said(value, sentence):
    with pytest.raises(UsageError, match=f"^{sentence}$"):
        check_whole("steps", value, 1, 10**6)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.int64(1), Fraction(1, 4), jnp.float32(0)])
def test_numbers_between_two_limits_are_returned_as_floats(value):
    found = check_real("alpha", value, 0.0, 1.0)
    assert type(found) is float
    assert found == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.1, 1.1, 10**400])
def test_numbers_beyond_two_limits_are_refused(value):
    with pytest.raises(UsageError, match=r"^alpha must lie between 0 and 1, not "):
        check_real("alpha", value, 0.0, 1.0)


@pytest.mark.parametrize("value", NONE_OF_THEM)
def test_what_is_no_number_is_named(value):
    with pytest.raises(UsageError, match=r"^alpha must be a number, not "):
        check_real("alpha", value, 0.0, 1.0)


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, 10**400], ids=str)
def test_a_number_may_have_to_be_above_its_limit(value):
    with pytest.raises(UsageError, match=r"^memory must be above 0, not "):
        check_real("memory", value, 0.0, above=True)
    with pytest.raises(UsageError, match=r"^seconds must be above 0 and at most 5, not "):
        check_real("seconds", value, 0.0, 5.0, above=True)


def test_flags_texts_and_sequences_are_nothing_else():
    assert check_flag("training", False) is False
    assert check_text("budget", "quick") == "quick"
    assert check_several("levels", np.array([1, 2])) == (1, 2)
    with pytest.raises(UsageError, match="training must be True or False, not 1"):
        check_flag("training", 1)
    with pytest.raises(UsageError, match="budget must be a text, not 5"):
        check_text("budget", 5)
    for wrong in (0.1, "0.1", {0.1: 1}, None):
        with pytest.raises(UsageError, match="alpha must be a sequence of numbers, not "):
            check_several("alpha", wrong)


def test_a_long_value_is_shortened():
    with pytest.raises(UsageError) as refused:
        check_whole("steps", "x" * 10_000)
    assert len(str(refused.value)) < 100
