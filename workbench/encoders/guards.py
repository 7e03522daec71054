"""What must hold before a model's first vector: library versions, attention in both directions, precision, a tokenizer."""

import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from workbench.core.errors import EncoderError
from workbench.core.settings import System

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

OLDEST_TRANSFORMERS = (4, 57)  # older ones run EmbeddingGemma with causal attention, and say nothing
BIDIRECTIONAL = (
    "gemma3_text",
)  # kinds of model that, as text encoders, must see later tokens from earlier ones
PROBE = "船工夜间渡运应当点亮两盏灯。"  # any text of several tokens


def check_versions() -> None:
    """An EncoderError where the installed `transformers` is too old to be trusted."""
    installed = version("transformers")
    if tuple(map(int, re.findall(r"\d+", installed)[:2])) < OLDEST_TRANSFORMERS:
        wanted = ".".join(map(str, OLDEST_TRANSFORMERS))
        raise EncoderError(
            f"transformers {installed}",
            "runs EmbeddingGemma with causal attention, without a word",
            wanted=f"{wanted} or newer",
            remedy=f"pip install 'transformers>={wanted}'",
        )


def check_model(model: "SentenceTransformer", system: System) -> None:
    """An EncoderError where `model` is not what `system` says, or cannot give vectors to be trusted."""
    import torch

    if not _vocabulary(model):
        raise EncoderError(
            system.model,
            "has no tokenizer",
            remedy="fetch the model again, with tokenizer.json and tokenizer_config.json",
        )
    if any(parameter.dtype is torch.float16 for parameter in model.parameters()):
        raise EncoderError(
            system.model,
            "runs in float16, which EmbeddingGemma overflows",
            remedy='set dtype = "auto", "bfloat16" or "float32"',
        )
    if needs_both_directions(model, system) and sees_later_tokens(model) is False:
        raise EncoderError(
            system.model,
            "does not see later tokens from earlier ones: its attention is causal",
            wanted="attention in both directions",
            remedy='look for "use_bidirectional_attention": true in its config.json, or set bidirectional = false if it is meant so',
        )


def needs_both_directions(model: "SentenceTransformer", system: System) -> bool:
    if system.bidirectional is not None:
        return system.bidirectional
    return getattr(getattr(_encoder(model), "config", None), "model_type", "") in BIDIRECTIONAL


def sees_later_tokens(model: "SentenceTransformer") -> bool | None:
    """Whether another last token changes the states of those before it; None where that cannot be told."""
    import torch

    if _encoder(model) is None:
        return None
    features = {
        name: value
        for name, value in model.preprocess([PROBE], prompt="").items()
        if isinstance(value, torch.Tensor)
    }
    tokens, changed = features["input_ids"], dict(features, input_ids=features["input_ids"].clone())
    others = tokens[tokens != tokens[0, -1]]  # tokens of the text itself: any vocabulary has them
    if not len(others):
        return None
    changed["input_ids"][0, -1] = others[0]
    with torch.inference_mode():
        before, after = (_states(model, each)[0, :-1].float() for each in (features, changed))
    return bool((before - after).abs().max() > 1e-6 * before.abs().max())


def _states(model: "SentenceTransformer", features: dict[str, Any]) -> Any:
    import torch

    moved = {
        name: value.to(model.device) if isinstance(value, torch.Tensor) else value
        for name, value in features.items()
    }
    return model[0](moved)["token_embeddings"]


def _encoder(model: "SentenceTransformer") -> Any:
    """The transformer within; None for other kinds of model."""
    return getattr(model[0], "auto_model", None)


def _vocabulary(model: "SentenceTransformer") -> int:
    """Number of tokens; without its files, `transformers` makes up a tokenizer with special tokens only, which do not count."""
    tokenizer: Any = model.tokenizer
    sized = getattr(
        tokenizer, "get_vocab_size", None
    )  # of the library `tokenizers`; the others have a length
    return (
        int(sized())
        if sized
        else len(tokenizer) - len(set(tokenizer.all_special_tokens))
        if tokenizer is not None
        else 0
    )


def prompt_notes(model: "SentenceTransformer", system: System) -> list[str]:
    """Where the pair's query prompt is another than the one that the model declares: allowed, but to be seen."""
    declared = (model.prompts or {}).get("query") or ""
    if declared == system.query_prompt:
        return []
    shown = [f'"{prompt}"' if prompt else "none" for prompt in (declared, system.query_prompt)]
    return [f"{system.label}: the model declares the query prompt {shown[0]}, the pair uses {shown[1]}"]
