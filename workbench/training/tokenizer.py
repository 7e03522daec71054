"""A tokenizer of characters and bigrams, learnt from statute text."""

from collections.abc import Iterable
from string import ascii_lowercase, digits

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

UNKNOWN = "[UNK]"
_CHINESE = range(0x4E00, 0xA000)
_ALPHABET = [*map(chr, _CHINESE), *ascii_lowercase, *digits]


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
