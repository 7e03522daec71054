"""Whether a served model's vectors can be right: what it makes of a few texts before any vector of it is used."""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.core.errors import EncoderError
from workbench.core.vectors import Vectors, truncate_dim
from workbench.encoders.guards import REMEDY

# Different in subject, length and language; the first comes a second time at the end, and once more alone.
TEXTS = (
    "夜间渡运的船工应当点亮几盏灯？",
    "谁看守灯塔？",
    "渡口由所在地的县管理，不得收费。",
    "第一千零四十二条 禁止包办婚姻。",
    "Who pays for the ferry?",
    "本省渡船载客不得超过十二人。",
)
# Cosines. Quantised models whose scale depends on the batch keep above the first, all others above both.
AGREES, AGREES_WELL = 0.98, 0.998
CONSTANT = 0.999  # of two different texts: the least related ones of models for retrieval stay below .9
STAYS = 0.99  # of the vector that an index has of an article, and a new one of it: other weights give less
_LOADED = (
    "look at the server's log and options: it may have other weights than meant, "
    "or run a model that is not made for embeddings"
)


@dataclass(frozen=True)
class Expected:
    """Some texts, and what an index has of them: (n, d) float32, unit rows."""

    texts: Sequence[str] = ()
    vectors: Vectors = field(default_factory=lambda: np.empty((0, 0), np.float32))


_passed = dict[Hashable, list[str]]()  # by server, model and fields: what there was to note
_probing = threading.Lock()


def probed(key: Hashable, probe: Callable[[], list[str]], *, anew: bool = False) -> list[str]:
    """The notes of `probe`, which is called once for each `key` in a process, and where it is wanted `anew`."""
    with _probing:
        if anew or key not in _passed:
            _passed.pop(key, None)
            _passed[key] = probe()
        return _passed[key]


def forget() -> None:
    """As in a new process: every server is probed again."""
    _passed.clear()


def check(subject: str, batch: Vectors, alone: Vectors) -> list[str]:
    """Notes on what is unusual but allowed; an EncoderError where no such vectors can be right.

    `batch`: (7, d), of TEXTS and its first again in one request; `alone`: (1, d), of its first. Rows of NaN are of texts
    without a vector, and left out.
    """
    different = batch[:-1][np.isfinite(batch[:-1]).all(axis=1)]
    if not len(different):
        raise EncoderError(subject, f"gives no vector for any of {len(TEXTS)} texts", remedy=_LOADED)
    alike = _alike(different)
    if alike >= CONSTANT:
        raise EncoderError(
            subject,
            f"gives nearly one vector for {len(different)} different texts (median cosine {alike:.4f})",
            wanted=f"vectors that tell texts apart, cosines below {CONSTANT}",
            remedy=_LOADED,
        )
    twice, apart = _cosine(batch[0], batch[-1]), _cosine(batch[0], alone[0])
    if twice < AGREES:
        raise EncoderError(
            subject,
            f"gives one text two vectors in one request (cosine {twice:.4f})",
            wanted=f"the same vector each time, a cosine of {AGREES} at least",
            remedy=_LOADED,
        )
    if apart < AGREES:
        raise EncoderError(
            subject,
            f"gives a text another vector alone than among others (cosine {apart:.4f})",
            wanted=f"the same vector, a cosine of {AGREES} at least",
            remedy="mend how it fills up batches, or set batch_size = 1 in the pair file; if that gives the same, "
            + _LOADED,
        )
    if apart < AGREES_WELL:
        return [
            f"a text's vector alone and among others differ (cosine {apart:.4f}){REMEDY}set batch_size = 1 in "
            "the pair file if small differences matter"
        ]
    return []


def check_expected(subject: str, found: Vectors, expected: Expected) -> None:
    """An EncoderError where vectors that were made now are not those that an index has of the same texts."""
    if not len(found) or not np.isfinite(found).all():
        return
    width = expected.vectors.shape[1]
    least = 0.0
    if found.shape[1] >= width:
        least = float((truncate_dim(found, width) * expected.vectors).sum(axis=1).min())
    if least < STAYS:
        raise EncoderError(
            subject,
            f"the model behind that name has changed: articles have other vectors than in the index (least cosine {least:.4f})",
            wanted=f"a cosine of {STAYS} at least",
            remedy="run `workbench index build` for this pair, which encodes anew, or give the server the former model",
        )


def _alike(vectors: Vectors) -> float:
    """Median cosine of every two rows; -1 where there is only one."""
    units = truncate_dim(vectors, vectors.shape[1])
    cosines = (units @ units.T)[np.triu_indices(len(units), 1)]
    return float(np.median(cosines)) if len(cosines) else -1.0


def _cosine(one: Vectors, other: Vectors) -> float:
    """1 where either has no vector: nothing can be said then."""
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return 1.0
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
