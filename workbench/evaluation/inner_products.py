"""The inner product in float64 of float32 vectors, summed up in one order wherever it is compiled in and on every processor.

That is what makes equal vectors have equal scores to the last bit. A loop over numbers would be added up one by one,
or in whatever order each compiler likes; here the vector instructions are spelled out.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_LANES = 32  # sums side by side: four registers of AVX-512, which is what it takes to keep its adder busy
_FLOATS, _DOUBLES = ir.VectorType(ir.FloatType(), _LANES), ir.VectorType(ir.DoubleType(), _LANES)


def _typed(_: Any, one: Any, other: Any, first: Any, last: Any) -> Any:
    """`inner_product(one, other, first, last)`: of components `first` to `last` of two (d,) float32 contiguous vectors.

    Of 32 sums, one takes each 32nd component; they are added in halves, and what is left over to them one by one.
    Products of float32 numbers are exact in float64.
    """

    def code(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        arrays = zip(signature.args[:2], args[:2], strict=True)
        vectors = [context.make_array(kind)(context, builder, value).data for kind, value in arrays]
        begin, end = args[2:]
        many = builder.and_(builder.sub(end, begin), ir.Constant(begin.type, -_LANES))
        whole = builder.add(begin, many)
        sums = _added(builder, vectors, begin, whole, _FLOATS, ir.Constant(_DOUBLES, None))
        for half in (_LANES >> step for step in range(1, _LANES.bit_length())):
            low, high = (_lanes(builder, sums, range(at, at + half)) for at in (0, half))
            sums = builder.fadd(low, high)
        total = builder.extract_element(sums, ir.Constant(ir.IntType(32), 0))
        return _added(builder, vectors, whole, end, ir.FloatType(), total)

    return types.float64(one, other, types.intp, types.intp), code


inner_product: Any = intrinsic(_typed)


def _added(builder: ir.IRBuilder, vectors: list[Any], begin: Any, end: Any, kind: Any, start: Any) -> Any:
    """A loop that adds to `start` the products of what stands in both vectors, one `kind` of float32 at a time."""
    before = builder.block
    test, body, after = (builder.append_basic_block() for _ in range(3))
    builder.branch(test)
    builder.position_at_end(test)
    at, total = builder.phi(begin.type), builder.phi(start.type)
    builder.cbranch(builder.icmp_signed("<", at, end), body, after)
    builder.position_at_end(body)
    there = [builder.bitcast(builder.gep(vector, [at]), kind.as_pointer()) for vector in vectors]
    read = [builder.fpext(builder.load(place, align=4), start.type) for place in there]
    more = builder.fadd(total, builder.fmul(*read))
    step = ir.Constant(begin.type, getattr(kind, "count", 1))
    for phi, first, then in ((at, begin, builder.add(at, step)), (total, start, more)):
        phi.add_incoming(first, before)
        phi.add_incoming(then, body)
    builder.branch(test)
    builder.position_at_end(after)
    return total


def _lanes(builder: ir.IRBuilder, vector: Any, lanes: range) -> Any:
    chosen = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes))
    return builder.shuffle_vector(vector, vector, chosen)
