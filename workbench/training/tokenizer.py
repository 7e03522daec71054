"""A tokenizer of characters and bigrams, learnt from statute text, and texts held as its tokens."""

from collections.abc import Iterable, Sequence
from string import ascii_lowercase, digits

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

UNKNOWN = "[UNK]"
_CHINESE = range(0x4E00, 0xA000)
_ALPHABET = [*map(chr, _CHINESE), *ascii_lowercase, *digits]

Tokens = tuple[torch.Tensor, torch.Tensor]  # ids of all texts one after the other; where each text begins


def train_tokenizer(texts: Iterable[str], *, bigrams: int = 40_000, min_frequency: int = 5) -> Tokenizer:
    """Byte-pair encoding (Sennrich, Haddow and Birch 2016) with tokens of at most two characters.

    Statutes share few long words with lay questions, but most of their bigrams. The alphabet is all of
    U+4E00 to U+9FFF, Latin letters and digits, so that no everyday character is unknown; anything else
    (punctuation, symbols) is dropped before.
    """
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(
        Regex(r"[\u4e00-\u9fff]+|[a-z]+|[0-9]"), behavior="removed", invert=True
    )
    trainer = trainers.BpeTrainer(
        vocab_size=len(_ALPHABET) + bigrams,
        special_tokens=["[PAD]", UNKNOWN],
        initial_alphabet=_ALPHABET,
        min_frequency=min_frequency,
        max_token_length=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


class TokenizedTexts:
    """Texts as one array of token ids, so that a batch is a slice and nothing is tokenised twice."""

    def __init__(self, tokenizer: Tokenizer, texts: Sequence[str]) -> None:
        rows = [
            np.asarray(encoding.ids, np.int64)
            for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        ]
        self.ids: NDArray[np.int64] = np.concatenate(rows)
        self.starts = np.cumsum([0, *map(len, rows)])

    def __len__(self) -> int:
        return len(self.starts) - 1

    def document_frequency(self, size: int) -> NDArray[np.int64]:
        """(size,): in how many of the texts each token stands."""
        row = np.repeat(np.arange(len(self)), np.diff(self.starts))
        return np.bincount(np.unique(row * size + self.ids) % size, minlength=size)

    def batch(
        self,
        rows: NDArray[np.int64],
        *,
        max_tokens: int = 10_000,
        dropout: float = 0.0,
        random: np.random.Generator | None = None,
    ) -> Tokens:
        """Token ids of `rows` one after the other, and where each begins, as StaticEmbedding takes them.

        Only the first `max_tokens` tokens of a text count; with `random`, each is dropped with probability `dropout`.
        """
        lengths = np.minimum(np.diff(self.starts)[rows], max_tokens)
        offsets = np.cumsum([0, *lengths])
        ids = self.ids[np.arange(offsets[-1]) + np.repeat(self.starts[rows] - offsets[:-1], lengths)]
        if random:
            staying = random.random(len(ids)) >= dropout
            ids = ids[staying]
            offsets = np.cumsum([0, *staying])[offsets]
        return torch.from_numpy(ids), torch.from_numpy(offsets[:-1])


def concatenate(first: Tokens, second: Tokens) -> Tokens:
    """Two batches as one, the texts of `first` before those of `second`."""
    return torch.cat([first[0], second[0]]), torch.cat([first[1], second[1] + len(first[0])])
