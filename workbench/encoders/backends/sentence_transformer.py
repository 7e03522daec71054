"""Models loaded by `sentence_transformers`, from a local folder or a hub."""

import gc
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core import hub
from workbench.core.errors import EncoderError
from workbench.core.settings import DenseSystem
from workbench.core.vectors import Vectors, checked
from workbench.encoders import guards, local_libraries
from workbench.encoders.backends import devices
from workbench.encoders.backends.devices import MIXED
from workbench.encoders.backends.model_folder import (
    check_folder,
    is_hub_id,
    model_location,
    remedy,
    weights_fingerprint,
)
from workbench.encoders.backends.static_embedding import StaticModel, read_static
from workbench.encoders.protocol import EncoderDescription, Origin, Structure

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from workbench.encoders.backends.mixed_precision import Mixing

# Tokens of one batch, padding included: on a processor what fits its cache is quickest, on a card what fills
# it.
TOKENS = {"cpu": 1024, "cuda": 65_536, "mps": 8_192}
_NO_MEMORY = re.compile("out of memory|can't allocate memory")


def make(system: DenseSystem, home: Path) -> "SentenceTransformerEncoder":
    """The encoder of a system whose model runs on this machine."""
    return SentenceTransformerEncoder(system, model_location(system, home))


class SentenceTransformerEncoder:
    """One system's model; `location` is a folder or a hub id. Safe to share between threads."""

    def __init__(self, system: DenseSystem, location: str) -> None:
        self._system = system
        self._location = location
        self._lock = threading.RLock()

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
        """A digest of a folder's files, or a hub id with its commit (its revision, while this machine lacks it)."""
        return weights_fingerprint(self._location, self._system.revision)

    @property
    def description(self) -> EncoderDescription:
        return EncoderDescription(
            model=self._system.model,
            weights=self.weights,
            query_prompt=self._system.query_prompt,
            document_template=self._system.document_template,
            dtype=self._system.dtype,
            max_seq_length=str(self._system.max_seq_length or ""),
            versions=json.dumps(
                local_libraries.installed_versions() | self._loaded_as | self._declared_similarity
            ),
        )

    @property
    def _loaded_as(self) -> dict[str, str]:
        return {"device": self.device, "precision": self.precision} if self._is_loaded else {}

    @property
    def _declared_similarity(self) -> dict[str, str]:
        """As the files on this machine tell."""
        folder = self._files
        declared = guards.declared_similarity(folder) if folder else ""
        return {guards.SIMILARITY: declared} if declared else {}

    @property
    def _files(self) -> Path | None:
        """The folder of the model, where this machine has one."""
        if not is_hub_id(self._location):
            return Path(self._location)
        return self._folder() if self._is_loaded else None

    @property
    def _is_loaded(self) -> bool:
        return "_model" in self.__dict__

    @property
    def origin(self) -> Origin:
        if Path(self._location).is_absolute():
            return Origin("folder", self._location)
        commit = hub.commit_of(self._location, revision=self._system.revision)
        return Origin("hub", self._location, commit)

    @cached_property
    def device(self) -> str:
        local_libraries.check_installed(self._system.label)
        return devices.device_for(self._system.device)

    @cached_property
    def precision(self) -> str:
        return devices.precision_for(self._system.dtype, self.device)

    @property
    def card_memory(self) -> int | None:
        return devices.card_memory(self.device)

    def check_installed(self) -> None:
        local_libraries.check_installed(self._system.label)

    def check_files(self) -> None:
        if not is_hub_id(self._location):
            check_folder(self._location)

    def structure(self) -> Structure | None:
        both_directions = guards.sees_later_tokens(self._model)
        if both_directions is None:
            return None
        return Structure(int(self._model.max_seq_length or 0), both_directions)

    @cached_property
    def _model(self) -> "SentenceTransformer":
        return self._checked("float32" if self.precision == MIXED else self.precision)

    def check_trainable(self) -> None:
        local_libraries.check_installed(self._system.label, local_libraries.TRAINING)
        self.check_files()

    def trainable(self) -> "SentenceTransformer":
        return self._checked("float32")

    def _checked(self, dtype: str) -> "SentenceTransformer":
        """The model, newly loaded and fit to be used."""
        local_libraries.check_installed(self._system.label)
        guards.check_versions()
        model = self._load(self._folder(), dtype)
        guards.check_model(model.eval(), self._system)
        if self._system.max_seq_length:  # after the check, which needs some tokens
            if not guards.is_transformer(model):
                raise EncoderError(
                    self._location,
                    "takes no max_seq_length: it is no transformer",
                    remedy="take that key out of the pair file",
                )
            model.max_seq_length = self._system.max_seq_length
        return model

    def _load(self, folder: Path, precision: str) -> "SentenceTransformer":
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        # A bar of a second's work, in the midst of those for the user.
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        dtype = getattr(torch, precision)
        try:
            model = SentenceTransformer(
                str(folder),
                device=self.device,
                trust_remote_code=False,
                model_kwargs={"dtype": dtype, "use_safetensors": True},
            )
            return model.to(dtype)  # layers behind the transformer are stored by themselves
        except Exception as fault:  # whatever the libraries raise for a damaged model
            raise EncoderError(
                self._location,
                f"cannot be loaded ({type(fault).__name__}: {fault})",
                remedy=remedy(self._location),
            ) from fault

    def _folder(self) -> Path:
        if is_hub_id(self._location):
            return hub.fetch(self._location, revision=self._system.revision)
        check_folder(self._location)
        return Path(self._location)

    @cached_property
    def _mixing(self) -> "Mixing | None":
        if self.precision != MIXED:
            return None
        from workbench.encoders.backends.mixed_precision import mix

        return mix(self._model)

    def pin_revision(self, weights: str) -> None:
        repo, _, commit = weights.rpartition("@")
        revision = self._system.revision or hub.main_branch(repo)
        if self.weights == f"{repo}@{revision}":  # no commit of it is on this machine
            self._system = replace(self._system, revision=commit)

    def expect(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Weights on this machine are known by their digest."""

    def prepare(self) -> list[str]:
        with self._lock:
            notes = guards.prompt_notes(self._model, self._system)
            declared = self._declared_similarity.get(guards.SIMILARITY)
            return [*notes, *([guards.similarity_note(self._system.label, declared)] if declared else [])]

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
        in_float32 = self._system.dtype in ("auto", "float32")
        if not in_float32 or self._system.max_seq_length:
            return None
        return read_static(Path(self._location))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """In float32 where documents are in mixed precision: a question is short, and one vector ranks everything."""
        prompted = [self._system.query_prompt + text for text in texts]
        with self._lock:
            if self._static:
                return checked(self._static.encode(prompted), 1, self._system.label, prompted)
            return self._encode(prompted, exact=True)

    def encode_documents(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        with self._lock:
            return self._encode(list(texts), progress=progress)

    def _encode(
        self, texts: list[str], *, exact: bool = False, progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        if not guards.is_transformer(self._model):  # nothing to gain from batches of one length
            vectors = self._model.encode(texts, prompt="", convert_to_numpy=True, show_progress_bar=False)
            progress(len(texts))
            return checked(vectors, 1, self._system.label, texts)
        if self._mixing:
            self._mixing.exact = exact
        batches, done = list[tuple[list[int], Vectors]](), 0
        for rows in self._batches(texts):
            batches.append((rows, self._forward([texts[row] for row in rows])))
            done += len(rows)
            progress(done)
        return checked(_in_order(batches), 1, self._system.label, texts)

    def _forward(self, texts: list[str]) -> Vectors:
        """(n, d) float32 of one batch, which is halved where it does not fit into memory."""
        import torch

        model = self._model
        features = guards.features(model, texts)
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
        encoded = tokenizer(texts, truncation=True, max_length=longest, return_attention_mask=False)
        token_counts = [len(tokens) for tokens in encoded["input_ids"]]
        budget = TOKENS[self.device.partition(":")[0]]
        batch = list[int]()
        for row in sorted(range(len(texts)), key=token_counts.__getitem__):
            if batch and token_counts[row] * (len(batch) + 1) > budget:
                yield batch
                batch = []
            batch.append(row)
        if batch:
            yield batch


def _in_order(batches: Sequence[tuple[list[int], Vectors]]) -> Vectors:
    """(n, d): the vectors of all batches, each at the position of its text."""
    if not batches:
        return np.empty((0, 0), np.float32)
    rows = np.concatenate([positions for positions, _ in batches])
    vectors = np.concatenate([block for _, block in batches])
    return vectors[np.argsort(rows)]


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
