import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers.util import truncate_embeddings

from workbench.core.errors import EncoderError
from workbench.core.vectors import checked, truncate_dim


@given(st.integers(1, 8), st.integers(0, 10_000))
def test_truncating_agrees_with_sentence_transformers(dim: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((5, 8)).astype(np.float32)
    theirs = truncate_embeddings(vectors, dim)
    theirs = theirs / np.linalg.norm(theirs, axis=1, keepdims=True)
    ours = truncate_dim(vectors, dim)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_unusable_vectors_are_refused(bad: float) -> None:
    vectors = np.ones((3, 4), np.float32)
    vectors[1] = bad
    with pytest.raises(EncoderError, match=r"Model: gave 1 of 3 vectors .* \(first: text 2\)"):
        checked(vectors, 4, "Model")
    with pytest.raises(EncoderError, match=r"\(first: text 2, “谁看灯塔”\); look at that text"):
        checked(vectors, 4, "Model", ["几盏灯", "谁看灯塔", "几点停渡"])


def test_too_narrow_a_model_is_refused() -> None:
    with pytest.raises(EncoderError, match="gives vectors of 4 dimensions; wanted: 8 at least; lower `dims`"):
        checked(np.ones((1, 4), np.float32), 8, "Model")
