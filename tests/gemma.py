"""Models of EmbeddingGemma's structure with random weights, tiny or full-size: bidirectional Gemma 3 text encoder, mean
pooling, two dense layers, normalisation, the same prompts, a tokenizer of Gemma's kind.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WIDTH = 768  # of the vectors, as in the real model
QUERY_PROMPT = "task: search result | query: "
PROMPTS = {"query": QUERY_PROMPT, "document": "title: none | text: "}
TINY = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 32,
}
# google/embeddinggemma-300m: its config.json
FULL = {
    "hidden_size": 768,
    "intermediate_size": 1152,
    "num_hidden_layers": 24,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "head_dim": 256,
}
FULL_VOCABULARY = 262_144


def gemma_tokenizer(texts: Sequence[str], size: int = 2_000) -> Any:
    """Byte-pair encoding with byte fallback, ▁ for spaces, <bos> and <eos> around a text."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special + bytes_, show_progress=False)
    tokenizer.train_from_iterator([*texts, *PROMPTS.values()], trainer)
    places = [(token, tokenizer.token_to_id(token)) for token in ("<bos>", "<eos>")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", pair="<bos> $A <eos> $B <eos>", special_tokens=[*places]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=2048,
    )


def save_gemma(
    folder: Path,
    texts: Sequence[str],
    *,
    seed: int = 0,
    bidirectional: bool = True,
    full_size: bool = False,
    dtype: str = "float32",
) -> None:
    """A SentenceTransformer folder; its tokenizer learns from `texts`."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer
    from transformers import Gemma3TextConfig, Gemma3TextModel

    torch.manual_seed(seed)
    tokenizer = gemma_tokenizer(texts)
    shape: dict[str, Any] = FULL if full_size else TINY
    config = Gemma3TextConfig(
        **shape,
        vocab_size=FULL_VOCABULARY if full_size else len(tokenizer),
        query_pre_attn_scalar=shape["head_dim"],
        sliding_window=512,
        max_position_embeddings=2048,
        use_bidirectional_attention=bidirectional,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    encoder = folder / "encoder"
    Gemma3TextModel(config).save_pretrained(encoder)
    tokenizer.save_pretrained(encoder)
    transformer = Transformer(str(encoder), max_seq_length=2048)
    width = shape["hidden_size"]
    modules = [
        transformer,
        Pooling(width, pooling_mode="mean"),
        Dense(width, 4 * WIDTH, bias=False, activation_function=torch.nn.Identity()),
        Dense(4 * WIDTH, WIDTH, bias=False, activation_function=torch.nn.Identity()),
        Normalize(),
    ]
    SentenceTransformer(modules=modules, prompts=dict(PROMPTS), device="cpu").to(getattr(torch, dtype)).save(
        str(folder), create_model_card=False
    )
    for file in encoder.iterdir():
        file.unlink()
    encoder.rmdir()


@contextmanager
def one_thread() -> Iterator[None]:
    """Tiny models are quickest so: threads that wait for each other take longer than the work."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
