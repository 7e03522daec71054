"""What must hold before a model's first vector: versions, attention in both directions, precision, a tokenizer."""

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import EncoderError
from workbench.core.settings import DenseSystem

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

OLDEST_TRANSFORMERS = (4, 57)  # older ones run EmbeddingGemma with causal attention, and say nothing
BIDIRECTIONAL = (
    "gemma3_text",
)  # kinds of model that, as text encoders, must see later tokens from earlier ones
SIMILARITY = (
    "similarity"  # in the record of versions: what a model declares, where it is another one than cosine
)
REMEDY = " — "  # between what a note says and what to do about it
PROBE = "船工夜间渡运应当点亮两盏灯。"  # any text of several tokens


def check_versions() -> None:
    """An EncoderError where the installed `transformers` is too old to be trusted."""
    installed = version("transformers")
    major_minor = tuple(map(int, re.findall(r"\d+", installed)[:2]))
    if major_minor < OLDEST_TRANSFORMERS:
        wanted = ".".join(map(str, OLDEST_TRANSFORMERS))
        raise EncoderError(
            f"transformers {installed}",
            "runs EmbeddingGemma with causal attention, without a word",
            wanted=f"{wanted} or newer",
            remedy=f"pip install 'transformers>={wanted}'",
        )


def check_model(model: "SentenceTransformer", system: DenseSystem) -> None:
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
            remedy='look for "use_bidirectional_attention": true in its config.json, '
            "or set bidirectional = false if it is meant so",
        )


def needs_both_directions(model: "SentenceTransformer", system: DenseSystem) -> bool:
    """Whether causal attention would be a fault: as the system says, else by the kind of model."""
    if system.bidirectional is not None:
        return system.bidirectional
    return getattr(getattr(_transformer(model), "config", None), "model_type", "") in BIDIRECTIONAL


def is_transformer(model: "SentenceTransformer") -> bool:
    """Whether its first module is one: other kinds have no maximal length and no attention."""
    return _transformer(model) is not None


def sees_later_tokens(model: "SentenceTransformer") -> bool | None:
    """Whether another last token changes the states of those before it; None where that cannot be told."""
    import torch

    if not is_transformer(model):
        return None
    probe = features(model, [PROBE])
    tokens = probe["input_ids"]
    different = tokens[tokens != tokens[0, -1]]  # tokens of the text itself: any vocabulary has them
    if not len(different):
        return None
    changed = dict(probe, input_ids=tokens.clone())
    changed["input_ids"][0, -1] = different[0]
    with torch.inference_mode():
        before = _states(model, probe)[0, :-1].float()
        after = _states(model, changed)[0, :-1].float()
    return bool((before - after).abs().max() > 1e-6 * before.abs().max())


def features(model: "SentenceTransformer", texts: list[str]) -> dict[str, Any]:
    """What `model` takes for `texts`, on its device; no prompt is put in front."""
    import torch

    prepared = model.preprocess(texts, prompt="")
    return {
        name: value.to(model.device) if isinstance(value, torch.Tensor) else value
        for name, value in prepared.items()
    }


def prompt_notes(model: "SentenceTransformer", system: DenseSystem) -> list[str]:
    """Where the pair's query prompt is another than the one that the model declares: allowed, but to be seen."""
    declared = (model.prompts or {}).get("query") or ""
    if declared == system.query_prompt:
        return []
    shown = [f'"{prompt}"' if prompt else "none" for prompt in (declared, system.query_prompt)]
    return [f"{system.label}: the model declares the query prompt {shown[0]}, the pair uses {shown[1]}"]


def declared_similarity(folder: Path) -> str:
    """The similarity that a model's files declare (`similarity_fn_name`), where it ranks otherwise than cosine; else empty.

    Behind a last module that normalises, `dot` and `euclidean` rank as cosine does.
    """
    settings, modules = (
        _json(folder / name) for name in ("config_sentence_transformers.json", "modules.json")
    )
    declared = settings.get("similarity_fn_name") if isinstance(settings, dict) else None
    last = modules[-1] if isinstance(modules, list) and modules and isinstance(modules[-1], dict) else {}
    of_units = str(last.get("type", "")).endswith("Normalize")
    same = ("cosine", "dot", "euclidean") if of_units else ("cosine",)
    return declared if isinstance(declared, str) and declared not in same else ""


def similarity_note(label: str, declared: str) -> str:
    """What to tell of a model that declares another similarity than the one that is measured."""
    found = f"{label}: the model declares the similarity {declared}, and cosine is measured, which leaves its vectors' norms out"
    return f"{found}{REMEDY}expect other figures than its makers'; a model that ends in a Normalize module has none to leave out"


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _states(model: "SentenceTransformer", prepared: dict[str, Any]) -> Any:
    """(texts, tokens, d): what the transformer makes of each token. The module writes into what it is given."""
    return model[0](dict(prepared))["token_embeddings"]


def _transformer(model: "SentenceTransformer") -> Any:
    """The transformer within; None for other kinds of model."""
    return getattr(model[0], "auto_model", None)


def _vocabulary(model: "SentenceTransformer") -> int:
    """Number of tokens that are not special: without its files, `transformers` makes up a tokenizer with only those."""
    tokenizer: Any = model.tokenizer
    if tokenizer is None:
        return 0
    sized = getattr(tokenizer, "get_vocab_size", None)
    if sized:  # of the library `tokenizers`; the others have a length
        return int(sized())
    return len(tokenizer) - len(set(tokenizer.all_special_tokens))
