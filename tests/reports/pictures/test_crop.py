"""The crop of a picture: which cells of a level it shows."""

from gmbench.reports.pictures.crop import Box, used_box


def test_outer_rows_and_columns_that_repeat_are_cut_off(env, levels):
    train, shift = levels
    # All rows above the agent are sky; only the lowest of them is kept.
    assert used_box(env, (train, [env.start(train)])) == Box(0, 15, 11, 18)
    # The coin is one row higher, and the row above the coin is kept.
    assert used_box(env, (shift, [env.start(shift)])) == Box(0, 14, 11, 18)


def test_a_pair_of_levels_has_one_box_that_fits_both(env, levels):
    train, shift = levels
    assert used_box(env, (train, [env.start(train)]), (shift, [env.start(shift)])) == Box(0, 14, 11, 18)


def test_the_box_has_room_for_the_agent_in_every_state(env, levels, play):
    train, _ = levels
    jump = play(train, [4] * 5)
    peak = min(int(state.y) for state in jump)
    assert used_box(env, (train, jump)) == Box(0, peak - 1, 11, 18)
