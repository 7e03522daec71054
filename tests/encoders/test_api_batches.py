"""Laws of sending texts in batches, whatever size a server takes and whichever texts it fails at."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.encoders.backends.api_batches import Batches, Part, joined
from workbench.encoders.backends.api_faults import Refusal


@given(
    count=st.integers(1, 70),
    limit=st.integers(1, 70),
    size=st.integers(1, 40),
    poison=st.sets(st.integers(0, 69), max_size=4),
)
def test_each_text_gets_its_vector_and_only_bad_ones_fail(
    count: int, limit: int, size: int, poison: set[int]
) -> None:
    sent = list[int]()

    def ask(texts: list[str], tries: int) -> Part:
        sent.append(len(texts))
        if len(texts) > limit:
            raise Refusal(413, "too large")
        if any(int(text) in poison for text in texts):
            raise Refusal(500, "NaN")
        return Part(np.array([[float(text), 1.0] for text in texts], np.float32))

    batches = Batches(ask, lambda: True, size, 10_000)
    parts = list(batches.parts([str(number) for number in range(count)]))
    whole = joined(parts)
    bad = {number for number in poison if number < count}
    assert whole.failed.keys() == bad
    good = [number for number in range(count) if number not in bad]
    if good:
        assert whole.vectors[good, 0].tolist() == good
        assert np.isnan(whole.vectors[sorted(bad)]).all()
    assert max(sent) <= size
    if not bad:
        assert batches.size <= max(size, 1)
        if size > limit and count > limit:  # what is left is sent as the server takes it
            before = len(sent)
            list(batches.parts([str(number) for number in range(count)]))
            assert max(sent[before:]) <= max(limit, 1)


def test_a_healthy_server_is_asked_no_oftener_than_its_size_needs() -> None:
    sent = list[int]()

    def ask(texts: list[str], tries: int) -> Part:
        sent.append(len(texts))
        return Part(np.ones((len(texts), 2), np.float32))

    healthy = Batches(ask, lambda: False, 32, 10_000)
    assert sum(len(part.vectors) for part in healthy.parts(["船"] * 100)) == 100
    assert sent == [32, 32, 32, 4]
