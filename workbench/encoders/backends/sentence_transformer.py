"""Models loaded by `sentence_transformers`, from a local folder or a hub."""

import gc
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core import hub
from workbench.core.errors import EncoderError
from workbench.core.settings import System
from workbench.core.vectors import Vectors, checked
from workbench.encoders import guards
from workbench.encoders.backends.static_embedding import StaticModel, read_static

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from workbench.encoders.backends.mixed_precision import Mixing

LIBRARIES = ("sentence-transformers", "transformers", "torch")
# Tokens of one batch, padding included. On a processor what fits its cache is quickest, on a graphics card what fills it.
TOKENS = {"cpu": 1024, "cuda": 65_536, "mps": 8_192}
_NO_MEMORY = re.compile("out of memory|can't allocate memory")
MIXED = "bfloat16 around each text's mean, else float32"


class SentenceTransformerEncoder:
    """One system's model; `location` is a folder or a hub id. Safe to share between threads."""

    def __init__(self, system: System, location: str) -> None:
        self._system, self._location = system, location
        self._lock = threading.RLock()

    # What it is, without loading it

    @property
    def document_fingerprint(self) -> str:
        return _digest(*self._identity, self._system.document_template)

    @property
    def query_fingerprint(self) -> str:
        return _digest(*self._identity, self._system.query_prompt)

    @property
    def _identity(self) -> tuple[str, ...]:
        return (self.weights, self._system.dtype, str(self._system.max_seq_length))

    @property
    def weights(self) -> str:
        """A digest of a folder's files, or a hub id with its commit (its revision, while this machine does not have it)."""
        return weights_fingerprint(self._location, self._system.revision)

    @property
    def description(self) -> dict[str, str]:
        return {
            "model": self._system.model,
            "weights": self.weights,
            "query_prompt": self._system.query_prompt,
            "document_template": self._system.document_template,
            "dtype": self._system.dtype,
            "max_seq_length": str(self._system.max_seq_length or ""),
            "versions": json.dumps({library: version(library) for library in LIBRARIES} | self._loaded_as),
        }

    @property
    def _loaded_as(self) -> dict[str, str]:
        return {"device": self.device, "precision": self.precision} if "_model" in self.__dict__ else {}

    # Loading

    @cached_property
    def device(self) -> str:
        """cuda, mps or cpu, as the system says or as this machine has it."""
        import torch

        usable = [
            name
            for name, is_there in (
                ("cuda", torch.cuda.is_available),
                ("mps", torch.backends.mps.is_available),
            )
            if is_there()
        ] + ["cpu"]
        wanted = self._system.device
        if wanted != "auto" and wanted.partition(":")[0] not in usable:
            raise EncoderError(
                f'device "{wanted}"',
                "is not on this machine",
                wanted=f"auto or {', '.join(usable)}",
                remedy="choose one of these",
            )
        return usable[0] if wanted == "auto" else wanted

    @cached_property
    def precision(self) -> str:
        """What is computed in: float32, bfloat16 or MIXED."""
        import torch

        if self._system.dtype != "auto":
            return self._system.dtype
        if self.device.startswith("cuda") and torch.cuda.is_bf16_supported(including_emulation=False):
            return "bfloat16"
        from workbench.encoders.backends.mixed_precision import fast_bfloat16

        return MIXED if self.device == "cpu" and fast_bfloat16() else "float32"

    @cached_property
    def _model(self) -> "SentenceTransformer":
        guards.check_versions()
        folder = self._folder()
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # of a second's work, in the midst of those for the user
        dtype = getattr(torch, self.precision) if self.precision != MIXED else torch.float32
        try:
            model = SentenceTransformer(
                str(folder),
                device=self.device,
                trust_remote_code=False,
                model_kwargs={"dtype": dtype, "use_safetensors": True},
            )
            model = model.to(dtype)  # layers behind the transformer are stored by themselves
        except Exception as fault:  # whatever the libraries raise for a damaged model
            raise EncoderError(
                self._location,
                f"cannot be loaded ({type(fault).__name__}: {fault})",
                remedy=_remedy(self._location),
            ) from fault
        guards.check_model(model.eval(), self._system)
        if self._system.max_seq_length:  # after the check, which needs some tokens
            if getattr(model[0], "auto_model", None) is None:
                raise EncoderError(
                    self._location,
                    "takes no max_seq_length: it is no transformer",
                    remedy="take that key out of the pair file",
                )
            model.max_seq_length = self._system.max_seq_length
        return model

    def _folder(self) -> Path:
        if _is_hub_id(self._location):
            return hub.fetch(self._location, revision=self._system.revision)
        _check_folder(self._location)
        return Path(self._location)

    @cached_property
    def _mixing(self) -> "Mixing | None":
        if self.precision != MIXED:
            return None
        from workbench.encoders.backends.mixed_precision import mix

        return mix(self._model)

    def pin_revision(self, weights: str) -> None:
        repo, _, commit = weights.rpartition("@")
        if self.weights == f"{repo}@{self._system.revision or 'main'}":  # no commit of it is on this machine
            self._system = replace(self._system, revision=commit)

    def prepare(self) -> list[str]:
        with self._lock:
            return guards.prompt_notes(self._model, self._system)

    def release(self) -> None:
        with self._lock:
            for name in ("_model", "_mixing", "_static"):
                self.__dict__.pop(name, None)
            gc.collect()
            if self.__dict__.get("device", "").startswith("cuda"):
                import torch

                torch.cuda.empty_cache()

    @cached_property
    def _static(self) -> StaticModel | None:
        """The model where NumPy can read it, so that a question does not wait for torch."""
        plain = self._system.dtype in ("auto", "float32") and not self._system.max_seq_length
        return read_static(Path(self._location)) if plain else None

    # Encoding

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """In float32 where documents are in mixed precision: a question is short, and one vector ranks everything."""
        prompted = [self._system.query_prompt + text for text in texts]
        with self._lock:
            if self._static:
                return checked(self._static.encode(prompted), 1, self._system.label)
            return self._encode(prompted, exact=True)

    def encode_documents(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        with self._lock:
            return self._encode(list(texts), progress=progress)

    def _encode(
        self, texts: list[str], *, exact: bool = False, progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        model, mixing = self._model, self._mixing
        if (
            getattr(model[0], "auto_model", None) is None
        ):  # no transformer: nothing to gain from batches of one length
            vectors = model.encode(texts, prompt="", convert_to_numpy=True, show_progress_bar=False)
            progress(len(texts))
            return checked(vectors, 1, self._system.label)
        if mixing:
            mixing.exact = exact
        found, done = np.empty((len(texts), 0), np.float32), 0
        for rows in self._batches(texts):
            vectors = self._forward([texts[row] for row in rows])
            found = found if found.shape[1] else np.empty((len(texts), vectors.shape[1]), np.float32)
            found[rows] = vectors
            progress(done := done + len(rows))
        return checked(found, 1, self._system.label)

    def _forward(self, texts: list[str]) -> Vectors:
        import torch

        model = self._model
        features = {
            name: value.to(model.device) if isinstance(value, torch.Tensor) else value
            for name, value in model.preprocess(texts, prompt="").items()
        }
        try:
            with torch.inference_mode():
                return np.asarray(model(features)["sentence_embedding"].float().cpu().numpy())
        except (
            RuntimeError
        ) as fault:  # on a graphics card it has a class of its own, elsewhere it only says so
            if not _NO_MEMORY.search(str(fault)):
                raise
            if len(texts) == 1:
                raise EncoderError(
                    self._system.label,
                    "does not fit into memory",
                    remedy="set a smaller max_seq_length, or another device",
                ) from fault
        finally:
            if self._mixing:
                self._mixing.forget()
        half = len(texts) // 2
        return np.concatenate([self._forward(texts[:half]), self._forward(texts[half:])])

    def _batches(self, texts: list[str]) -> Iterator[list[int]]:
        """Positions of texts of like length, so many that the batch keeps to the budget of tokens."""
        tokenizer: Any = self._model.tokenizer
        longest = self._model.max_seq_length
        encoded = tokenizer(texts, truncation=True, max_length=longest, return_attention_mask=False)[
            "input_ids"
        ]
        lengths = [len(tokens) for tokens in encoded]
        budget, batch = TOKENS[self.device.partition(":")[0]], list[int]()
        for row in sorted(range(len(texts)), key=lengths.__getitem__):
            if batch and lengths[row] * (len(batch) + 1) > budget:
                yield batch
                batch = []
            batch.append(row)
        if batch:
            yield batch


@lru_cache(maxsize=16)
def _folder_digest(files: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for name, _, _ in files:
        with open(name, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=64)
def _commit(repo: str, revision: str) -> str:
    """The commit that this machine has; only asked for again while it has none."""
    if commit := hub.commit_of(repo, revision=revision):
        return commit
    raise LookupError


def weights_fingerprint(location: str, revision: str = "") -> str:
    """What identifies the weights: a digest of a folder's files, or a hub id with its commit, else with its revision."""
    if _is_hub_id(location):
        try:
            return f"{location}@{_commit(location, revision)}"
        except LookupError:
            return f"{location}@{revision or 'main'}"
    paths = sorted(
        path
        for path in Path(location).rglob("*")
        if path.suffix in (".safetensors", ".json", ".model", ".txt") and path.is_file()
    )
    return _folder_digest(tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths))


def _is_hub_id(location: str) -> bool:
    return not Path(location).is_absolute() and not Path(location).is_dir()


def _check_folder(location: str) -> None:
    folder = Path(location)
    if not (folder / "modules.json").is_file():
        state = (
            "is no SentenceTransformer folder (modules.json is missing)"
            if folder.is_dir()
            else "does not exist"
        )
        raise EncoderError(location, state, remedy=_remedy(location))
    for pickled in (
        path for place in ("", "[0-9]*_*/") for path in sorted(folder.glob(f"{place}pytorch_model.bin"))
    ):
        if not any(pickled.parent.glob("*.safetensors")):
            raise EncoderError(
                str(pickled),
                "is a pickle, which may run code of its own",
                wanted="model.safetensors",
                remedy=_remedy(location),
            )


def _remedy(location: str) -> str:
    if Path(location).parent.name == "models" and Path(location).name in ("base", "tuned"):
        return "run `workbench demo --build-only` to train the demo pair again"
    if _is_hub_id(location):
        return f"fetch it again: `hf cache rm model/{location}`, then run this again"
    return (
        "correct `model` in the pair file: a folder relative to it, or a hub id that this machine can reach"
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
