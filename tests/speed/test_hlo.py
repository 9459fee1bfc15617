import pytest

from gmbench.speed.hlo import parse


def test_types_are_parsed():
    text = """ENTRY main {
  a = (f32[2,3]{1,0:T(8,128)}, pred[], bf16[<=4], s4[10], /*index=4*/token[], f8e4m3fn[7]) parameter(0)
  ROOT b = u32[0,5]{1,0} constant({})
}"""
    inside = parse(text).computations["main"]
    assert inside.root == "b"
    sizes = [shape.bytes for shape in inside.instructions["a"].shapes]
    assert sizes == [24, 1, 8, 5, 0, 7]
    assert inside.instructions["b"].bytes == 0


def test_text_that_is_not_a_program_is_refused():
    with pytest.raises(ValueError, match="ENTRY"):
        parse("this is not a program")
