import jax
import jax.numpy as jnp
import pytest

from tests.speed.programs import cost_of


@pytest.mark.parametrize("rows", [100, 10_000])
def test_a_loop_that_reads_rows_of_a_table_does_not_count_the_whole_table(rows):
    def gathered(table, indices):
        return jax.lax.scan(lambda carry, index: (carry + jnp.sum(table[index]), None), 0.0, indices)[0]

    counted = cost_of(gathered, (rows, 8), jnp.zeros((50, 4), jnp.int32))
    assert 50 * 4 * 8 * 4 <= counted.bytes < 50 * 4 * 8 * 4 * 10


@pytest.mark.parametrize("rows", [100, 10_000])
def test_a_loop_that_writes_rows_of_a_table_does_not_count_the_whole_table(rows):
    def collected(start):
        return jax.lax.scan(lambda carry, _: (carry + 1, carry * 2), start, None, length=rows)[1]

    counted = cost_of(collected, (16,))
    assert rows * 16 * 4 <= counted.bytes / 2 < rows * 16 * 4 * 8
