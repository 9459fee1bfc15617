import pytest

from gmbench.speed.program_cost import count

GPU_PROGRAM = """HloModule jit_step, is_scheduled=true

%inside (p.0: f32[16,32], p.1: bf16[32,8]) -> f32[16,8] {
  %p.0 = f32[16,32]{1,0} parameter(0)
  %p.1 = bf16[32,8]{1,0} parameter(1)
  %wide = f32[32,8]{1,0} convert(%p.1)
  ROOT %inner = f32[16,8]{1,0} dot(%p.0, %wide), lhs_contracting_dims={1}, rhs_contracting_dims={0}
}

%body (carried: (s32[], f32[16,32])) -> (s32[], f32[16,32]) {
  %carried = (s32[], f32[16,32]{1,0}) parameter(0)
  %count = s32[] get-tuple-element(%carried), index=0
  %left = f32[16,32]{1,0} get-tuple-element(%carried), index=1
  %right = f32[32,32]{1,0} constant({...})
  %call = (f32[16,32]{1,0}, s8[4194304]{0}) custom-call(%left, %right), custom_call_target="__cublas$gemm", \
metadata={op_name="jit(step)/while/body/dot{} calls=%nothing"}, backend_config={"gemm_backend_config":\
{"alpha_real":1,"beta":0,"dot_dimension_numbers":{"lhs_contracting_dimensions":["1"],\
"rhs_contracting_dimensions":["0"],"lhs_batch_dimensions":[],"rhs_batch_dimensions":[]}}}
  %product = f32[16,32]{1,0} get-tuple-element(%call), index=0
  ROOT %out = (s32[], f32[16,32]{1,0}) tuple(%count, %product)
}

%condition (carried.1: (s32[], f32[16,32])) -> pred[] {
  %carried.1 = (s32[], f32[16,32]{1,0}) parameter(0)
  %count.1 = s32[] get-tuple-element(%carried.1), index=0
  %limit = s32[] constant(7)
  ROOT %less = pred[] compare(%count.1, %limit), direction=LT
}

ENTRY %main (a: f32[16,32], b: bf16[32,8], c: f32[5,2048], d: f32[5,2048,64]) -> (f32[16,8], f32[5,64]) {
  %a = f32[16,32]{1,0} parameter(0)
  %b = bf16[32,8]{1,0} parameter(1)
  %c = f32[5,2048]{1,0} parameter(2)
  %d = f32[5,2048,64]{2,1,0} parameter(3)
  %zero = s32[] constant(0)
  %start = (s32[], f32[16,32]{1,0}) tuple(%zero, %a)
  %loop = (s32[], f32[16,32]{1,0}) while(%start), condition=%condition, body=%body, \
backend_config={"known_trip_count":{"n":"7"}}
  %last = f32[16,32]{1,0} get-tuple-element((s32[], f32[16,32]{1,0}) %loop), index=1
  %triton = f32[16,8]{1,0} fusion(f32[16,32]{1,0} %last, bf16[32,8]{1,0} %b), kind=kCustom, calls=%inside, \
backend_config={"fusion_backend_config":{"kind":"__triton_gemm"}}
  %rows = (f32[5,64]{1,0}, s8[1024]{0}) custom-call(%c, %d), custom_call_target="__cublas$lt$matmul", \
backend_config={"gemm_backend_config":{"dot_dimension_numbers":{"lhs_contracting_dimensions":["1"],\
"rhs_contracting_dimensions":["1"],"lhs_batch_dimensions":["0"],"rhs_batch_dimensions":["0"]}}}
  %row = f32[5,64]{1,0} get-tuple-element(%rows), index=0
  ROOT %both = (f32[16,8]{1,0}, f32[5,64]{1,0}) tuple(%triton, %row)
}
"""


def test_matrix_products_in_a_gpu_program_are_counted():
    counted = count(GPU_PROGRAM)
    looped, fused, batched = 2 * 16 * 32 * 32, 2 * 16 * 32 * 8, 2 * 5 * 2048 * 64
    assert counted.complete
    assert counted.products == 7 * looped + fused + batched
    assert counted.operations == counted.products + 7 + 32 * 8, "the condition and the conversion"
    # Neither the working memory of the library nor the results inside a fusion count.
    loop = 7 * (4 * (16 * 32 + 32 * 32 + 16 * 32) + 4 + 4 + 1)
    rest = 4 * 16 * 32 + 2 * 32 * 8 + 4 * 16 * 8 + 4 * (5 * 2048 + 5 * 2048 * 64 + 5 * 64)
    assert counted.bytes == loop + rest


@pytest.mark.parametrize(
    ("left", "right"), [("2,8,4,16", "2,8,16,32"), ("2,8,16,4", "2,8,16,32"), ("2,8,4,16", "2,8,32,16")]
)
def test_a_product_whose_contracted_dimensions_are_not_named_is_counted(left, right):
    text = """ENTRY %main (a: f32[@]) -> f32[2,8,4,32] {
  %a = f32[LEFT]{3,2,1,0} parameter(0)
  %b = f32[RIGHT]{3,2,1,0} parameter(1)
  ROOT %r = f32[2,8,4,32]{3,2,1,0} custom-call(%a, %b), custom_call_target="__onednn$matmul", \
backend_config={"onednn_matmul_config":{}}
}"""
    counted = count(text.replace("LEFT", left).replace("RIGHT", right))
    assert counted.products == 2 * 2 * 8 * 4 * 16 * 32
