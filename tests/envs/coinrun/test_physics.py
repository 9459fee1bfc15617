import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.coinrun.text import parse

PLAIN = """
.........
.........
.........
.........
.........
.........
.........
.@.....oG
#########
"""

# An enemy that walks to and fro between the two cells right of the agent.
PATROL = """
.........
.........
.@5a...oG
#########
"""


def sky(drawing, rows=8):
    """Adds rows of air above a drawing."""
    lines = drawing.split()
    return "\n".join(["." * len(lines[0])] * rows + lines)


def step_up(height):
    """The agent in front of a wall of some height, and the end on top of it."""
    wall = ["..###"] * height
    wall[-1] = ".@###"
    return sky("\n".join(["...O.", *wall, "#####"]))


def pit(width):
    """The agent at the edge of a pit of some width with lava in it, and the end at the other side."""
    rows = ["@" + "." * width + "O", "#" + "." * width + "#", "#" + "~" * width + "#"]
    return sky("\n".join(rows))


# Running.


@pytest.mark.parametrize(("action", "columns"), [("right", [1, 2, 3]), ("stay", [0, 0, 0])])
def test_running_moves_one_cell_a_step(play, action, columns):
    played = play(PLAIN, [action] * 3)
    assert played.right == columns
    assert played.up == [0, 0, 0]


@pytest.mark.parametrize("dtype", [jnp.uint8, jnp.int8, jnp.uint32])
def test_actions_may_have_any_integer_type(env, dtype):
    level = parse(PLAIN)
    for action in range(env.num_actions):
        moved = [env.advance(level, env.start(level), number(action)) for number in (jnp.int32, dtype)]
        jax.tree.map(np.testing.assert_array_equal, *moved)


def test_walls_block_to_the_right(play):
    assert play("@.#oG\n#####", ["right"] * 3).right == [1, 1, 1]


def test_the_left_edge_of_a_level_blocks(play):
    assert play(PLAIN, ["left"] * 3).right == [-1, -1, -1]


def test_walls_block_in_the_air_too(play):
    played = play(step_up(5), ["jump right"] * 4)
    assert played.right == [0, 0, 0, 0]
    assert played.up == [1, 2, 3, 4]


def test_falls_one_cell_a_step_over_an_edge_and_runs_meanwhile(play):
    played = play("@.....\n#....o\n#....G\n######", ["right"] * 4)
    assert played.right == [1, 2, 3, 4]
    assert played.up == [0, -1, -2, -2]


# Jumping.


def test_jump_rises_five_cells_and_lands_where_it_began(play):
    played = play(PLAIN, ["jump"] + ["stay"] * 10)
    assert played.up == [1, 2, 3, 4, 5, 4, 3, 2, 1, 0, 0]
    assert set(played.right) == {0}


def test_no_jump_begins_in_the_air(play):
    played = play(PLAIN, ["jump"] * 11)
    assert played.up == [1, 2, 3, 4, 5, 4, 3, 2, 1, 0, 1]


def test_no_jump_begins_over_an_edge(play):
    played = play(sky("@....\n#....\n#.o.G\n#####"), ["right", "jump", "jump"])
    assert played.up == [0, -1, -2]


def test_jump_can_be_steered_in_the_air(play):
    played = play(PLAIN, ["jump right", "right", "left", "jump left", "stay"])
    assert played.right == [1, 2, 1, 0, 0]
    assert played.up == [1, 2, 3, 4, 5]


def test_a_ceiling_ends_the_rise_after_one_step(play):
    room = "......\n......\n.@..oG\n######"
    assert play(room, ["jump"] * 6).up == [1, 2, 2, 1, 0, 1]


def test_no_jump_under_a_ceiling(play):
    assert play("@.oG\n####", ["jump", "jump right"]).up == [0, 0]


def test_jump_right_climbs_a_step_of_five(play):
    played = play(step_up(5), ["jump right"] * 5)
    assert (played.right[-1], played.up[-1]) == (1, 5)


@pytest.mark.parametrize(("height", "possible"), [(5, True), (6, False)])
def test_steps_of_five_can_be_climbed_and_none_higher(can_reach_end, height, possible):
    assert can_reach_end(step_up(height)) == possible


def test_jump_right_crosses_a_pit_of_nine(play):
    played = play(pit(9), ["jump right"] + ["right"] * 9)
    assert played.right == list(range(1, 11))
    assert played.up[-1] == 0


def test_jump_right_falls_into_a_pit_of_ten(play):
    played = play(pit(10), ["jump right"] + ["right"] * 11)
    assert (played.right[-1], played.up[-1], played.dead[-1]) == (10, -2, True)


@pytest.mark.parametrize(("width", "possible"), [(9, True), (10, False)])
def test_pits_of_nine_can_be_crossed_and_none_wider(can_reach_end, width, possible):
    assert can_reach_end(pit(width)) == possible


# Crates.


def test_the_agent_passes_through_crates_sideways(play):
    played = play("@==.oG\n######", ["right"] * 3)
    assert played.right == [1, 2, 3]
    assert played.up == [0, 0, 0]


def test_the_agent_passes_through_crates_from_below_and_stands_on_them(play):
    crate_above = sky(".=....\n......\n.@..oG\n######")
    assert play(crate_above, ["jump"] + ["stay"] * 7).up == [1, 2, 3, 4, 5, 4, 3, 3]


def test_jump_is_not_renewed_on_the_way_up_past_a_crate(play):
    crate_above = sky(".=....\n......\n.@..oG\n######")
    assert play(crate_above, ["jump"] * 7).up == [1, 2, 3, 4, 5, 4, 3]


def test_jump_begins_from_a_crate(play):
    crate_above = sky(".=....\n......\n.@..oG\n######")
    assert play(crate_above, ["jump"] + ["stay"] * 6 + ["jump"]).up[-2:] == [3, 4]


def test_agent_inside_a_pile_stands_on_the_crate_below(play):
    pile = sky("@=....\n#=....\n#=..oG\n######")
    assert play(pile, ["right", "stay"]).up == [0, 0]


# Dangers.


@pytest.mark.parametrize(
    "drawing", ["@~.oG\n#####", "@^.oG\n#####", "@f.oG\n#####"], ids=["lava", "saw", "enemy"]
)
def test_touching_a_danger_kills_without_a_reward(play, drawing):
    played = play(drawing, ["right"])
    assert played.dead == played.ended == [True]
    assert (played.coin, played.end) == ([0], [0])


def test_falling_into_lava_kills(play):
    played = play("@......\n#~~~.oG\n#######", ["right", "stay"])
    assert played.dead == [False, True]


@pytest.mark.parametrize("danger", "~^f")
def test_a_danger_can_be_jumped_over(play, danger):
    played = play(sky(f"@.{danger}...oG\n########"), ["jump right"] + ["right"] * 3)
    assert played.right[-1] == 4
    assert not any(played.dead)


@pytest.mark.parametrize("place", ["coin", "end"])
def test_a_dead_agent_gets_no_reward_at_coin_and_end(play, place):
    level = parse("@.^.oG\n######")
    level = level.replace(**{place: level.start + jnp.array([2, 0])})
    played = play(level, ["right"] * 2)
    assert played.dead == [False, True]
    assert (played.coin, played.end) == ([0, 0], [0, 0])


def test_a_dead_agent_stays_dead(play):
    played = play("@^.oG\n#####", ["right"] * 4)
    assert played.dead == played.ended == [True] * 4
    assert sum(played.coin + played.end) == 0


# Enemies.


def test_enemy_moves_every_third_step_with_period_twelve(play):
    played = play("@...1a4.oG\n##########", ["stay"] * 24)
    columns = [list(np.nonzero(seen)[1]) for seen in played.enemies]
    round_trip = [[4]] * 3 + [[5]] * 3 + [[6]] * 3 + [[5]] * 3
    assert columns == [*round_trip[1:], *round_trip, round_trip[0]]


WAIT_AND_ENTER = ["stay", "stay", "stay", "right", "stay"]


@pytest.mark.parametrize(
    ("actions", "dies"),
    [
        pytest.param(["right"], True, id="enters the enemy's cell"),
        pytest.param(["stay", "stay", "right"], True, id="enters as the enemy leaves"),
        pytest.param(WAIT_AND_ENTER, False, id="enters after the enemy has left"),
        pytest.param([*WAIT_AND_ENTER, "stay"], True, id="stays as the enemy comes"),
        pytest.param([*WAIT_AND_ENTER, "left"], False, id="leaves as the enemy comes"),
        pytest.param([*WAIT_AND_ENTER, "right"], True, id="changes places with the enemy"),
    ],
)
def test_enemy_kills_in_the_cells_that_it_leaves_and_enters(play, actions, dies):
    played = play(PATROL, actions)
    assert played.dead == [False] * (len(actions) - 1) + [dies]


# Goals.


def test_coin_gives_ten_and_ends_the_episode(play):
    played = play("@.o.G\n#####", ["right", "right"])
    assert played.coin == [0, 10]
    assert played.end == [0, 0]
    assert played.ended == [False, True]
    assert not any(played.dead)


def test_end_gives_one_on_entry_and_the_episode_goes_on(play):
    played = play("@.G.o\n#####", ["right", "right", "stay", "right", "right"])
    assert played.end == [0, 1, 0, 0, 0]
    assert played.coin == [0, 0, 0, 0, 10]
    assert played.ended == [False, False, False, False, True]


def test_coin_at_the_end_gives_both(play):
    played = play("@.O\n###", ["right", "right"])
    assert (played.coin, played.end, played.ended) == ([0, 10], [0, 1], [False, True])


def test_coin_in_the_air_is_taken_only_in_its_cell(play):
    drawing = sky("..o...\n......\n.@...G\n######", rows=5)
    assert play(drawing, ["right", "jump", "stay"]).coin == [0, 0, 10]
    assert sum(play(drawing, ["right", "right", "right"]).coin) == 0
