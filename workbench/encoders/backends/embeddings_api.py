"""Models behind an OpenAI-compatible `/v1/embeddings`: Ollama, TEI, vLLM, llama.cpp, OpenAI and others."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import numpy as np
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from workbench.core.errors import EncoderError
from workbench.core.settings import DenseSystem, fields_text
from workbench.core.vectors import Vectors, checked
from workbench.encoders.backends import api_answers, api_faults, served_identity
from workbench.encoders.backends.served_identity import LISTS, TELLING, Told
from workbench.encoders.protocol import SERVED, EncoderDescription, Origin, Structure

CONNECT = 5.0  # seconds to reach a server
READ = 120.0  # seconds until it goes on answering: it may have to load the model first
BATCH = 32  # texts of one request; TEI takes no more
CHARACTERS = 16_000  # of one request
RETRIES = Retry(
    total=6,
    connect=2,
    read=False,
    status=4,
    allowed_methods=["POST"],
    status_forcelist=[408, 429, 500, 502, 503, 504],
    backoff_factor=0.5,
    backoff_jitter=0.5,
    retry_after_max=30,
    raise_on_status=False,
)
_LOCAL = ("localhost", "127.0.0.1", "::1")


def make(system: DenseSystem, home: Path) -> "EmbeddingsApiEncoder":
    """The encoder of a system that names a server."""
    return EmbeddingsApiEncoder(system)


class EmbeddingsApiEncoder:
    """One system's model at its `url`. Safe to share between threads; its key stands in no message and no fingerprint."""

    device = ""
    precision = ""
    card_memory = None

    def __init__(self, system: DenseSystem) -> None:
        self._system = system
        self._dimensions = 0  # 0 until the first answer
        self._built: str | None = None  # what the index in use tells the model by; None where there is none
        self._server = re.sub(r"/*(/v1(/embeddings)?)?/*$", "", system.url, count=1)
        self._url = f"{self._server}/v1/embeddings"
        self._subject = f"{system.label} at {self.origin.place}"

    @property
    def origin(self) -> Origin:
        return Origin("server", self._system.url.rpartition("@")[2])

    def check_installed(self) -> None:
        """The server has what it needs."""

    def check_files(self) -> None:
        """The server has its files."""

    def structure(self) -> Structure | None:
        """Only the server knows."""
        return None

    @property
    def weights(self) -> str:
        """The model's name, and what the index in use or the server tells it by, if anything; the server where they differ."""
        told = self._told().identity
        identity = told if self._built is None or self._has_changed(told) else self._built
        return "@".join(filter(None, [SERVED + self._system.model, identity]))

    def _has_changed(self, told: str) -> bool:
        return bool(self._built and told and told != self._built)

    def _told(self, *, answers: bool = False) -> Told:
        server = f"{self._system.key} {self._server}"
        return served_identity.told(server, self._system.model, self._list, answers=answers)

    @property
    def description(self) -> EncoderDescription:
        return EncoderDescription(
            model=self._system.model,
            weights=self.weights,
            query_prompt=self._system.query_prompt,
            document_template=self._system.document_template,
            dtype="",
            max_seq_length=str(self._system.max_seq_length or ""),
            versions=json.dumps(self._told().facts),
            query_fields=fields_text(self._system.query_fields),
            document_fields=fields_text(self._system.document_fields),
        )

    @property
    def document_fingerprint(self) -> str:
        return self._digest(self._system.document_template, self._system.document_fields)

    @property
    def query_fingerprint(self) -> str:
        return self._digest(self._system.query_prompt, self._system.query_fields)

    def _digest(self, prompt: str, fields: Mapping[str, object]) -> str:
        length = str(self._system.max_seq_length or "")
        parts = [self.weights, length, prompt, *filter(None, [fields_text(fields)])]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._system.query_prompt + text for text in texts], self._system.query_fields)

    def encode_documents(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        """(n, d) float32, unit rows; `max_seq_length` counts characters, as only the server knows its tokens."""
        return self._encode(texts, self._system.document_fields, progress)

    def _encode(
        self,
        texts: Sequence[str],
        fields: Mapping[str, object],
        progress: Callable[[int], None] = lambda _: None,
    ) -> Vectors:
        sent = [text[: self._system.max_seq_length] for text in texts]
        blocks = [np.empty((0, self._dimensions), np.float32)] if not sent else []
        for first, batch in _batches(sent):
            blocks.append(self._vectors(self._answer(batch, first, fields), len(batch)))
            progress(first + len(batch))
        return checked(np.concatenate(blocks), 0, self._subject)

    def trainable(self) -> NoReturn:
        self.check_trainable()

    def check_trainable(self) -> NoReturn:
        raise EncoderError(
            self._system.label,
            f"is served by {self.origin.place}, which gives no weights to train",
            wanted="a folder or a hub id as `model`, without `url`",
            remedy="name a copy of the model on this machine as a further system of the pair, and train that",
        )

    def pin_revision(self, weights: str) -> None:
        """A server has the weights that it has; one that cannot be asked, or tells nothing, is taken to have these."""
        self._built = weights.removeprefix(SERVED + self._system.model).removeprefix("@")

    def _check_unchanged(self) -> None:
        """An EncoderError where a server that could not be asked before has another model than the index by now."""
        told = self._told(answers=True).identity
        if self._has_changed(told):
            raise EncoderError(
                self._subject,
                f"the model behind that name has changed: {told} instead of {self._built}, which the index has",
                remedy="run `workbench index build` for this pair, and ask again",
            )

    def prepare(self) -> list[str]:
        """Asks the server for one vector: whatever stands in the way is said before anything long begins."""
        self._built = None  # what is encoded now is of the model that the server has now
        self.encode_documents(["法"])
        return []

    def release(self) -> None:
        """Closes the connections; the next text opens one."""
        self._session.close()
        self._dimensions = 0

    @cached_property
    def _session(self) -> requests.Session:
        session = requests.Session()
        session.auth = self._authorised  # also without a key: else a netrc file would send one
        session.trust_env = urlsplit(self._url).hostname not in _LOCAL  # no proxy leads to this machine
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=RETRIES))
        for place in LISTS:  # what is only good to know is asked for once
            session.mount(self._server + place.path, HTTPAdapter())
        return session

    def _list(self, path: str) -> requests.Response:
        if self._lacks_key:
            raise requests.RequestException
        return self._session.get(self._server + path, timeout=(CONNECT, TELLING), allow_redirects=False)

    @property
    def _key(self) -> str:
        return os.environ.get(self._system.key, "").strip()

    @property
    def _lacks_key(self) -> bool:
        return bool(self._system.key) and not re.fullmatch(r"[!-~]+", self._key)

    def _authorised(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def _answer(self, texts: list[str], first: int, fields: Mapping[str, object]) -> Any:
        """The server's JSON."""
        if self._lacks_key:
            raise EncoderError(
                self._subject,
                f"needs a key, but {self._system.key} holds none",
                remedy=f"export {self._system.key}=…",
            )
        told = {"model": self._system.model, "input": texts}
        response = self._post({"encoding_format": "float", **fields, **told})
        if response.status_code != 200:
            raise self._refusal(response, texts, first)
        self._check_unchanged()
        try:
            return response.json(parse_int=float)
        except (ValueError, RecursionError):
            kind = response.headers.get("Content-Type", "nothing")
            found = f"answers with {kind[:80]}"
            raise EncoderError(self._subject, found, wanted="JSON", remedy="mend `url`") from None

    def _post(self, body: dict[str, Any], *, again: bool = True) -> requests.Response:
        """Follows no redirection, which could carry the key elsewhere; asks once more where the connection broke off."""
        try:
            return self._session.post(self._url, json=body, timeout=(CONNECT, READ), allow_redirects=False)
        except requests.RequestException as fault:
            names = api_faults.exception_names(fault)
            if "ProtocolError" in names and again:
                return self._post(body, again=False)
            advice = next(api_faults.BY_EXCEPTION[name] for name in names if name in api_faults.BY_EXCEPTION)
            found = advice.found.format(wait=READ, name=names[0])
            raise EncoderError(self._subject, found, remedy=advice.remedy) from fault

    def _refusal(self, response: requests.Response, texts: list[str], first: int) -> EncoderError:
        status, message = response.status_code, self._message(response)
        if "Location" in response.headers:
            return EncoderError(
                self._subject,
                f"sends on to {message}",
                remedy="write that address as `url` if you trust it with key and texts",
            )
        if api_faults.too_long(status, message):
            longest = max(range(len(texts)), key=lambda row: len(texts[row]))
            place = f"text {first + longest + 1} ({len(texts[longest]):,} characters)"
            found = f"takes no text that long ({message}): {place} is the longest of this request"
            return EncoderError(self._subject, found, remedy=api_faults.SHORTER)
        advice = api_faults.BY_STATUS.get(status, api_faults.OTHER_STATUS)
        key = f"with the key in {self._system.key}" if self._system.key else "without a key"
        words = {"status": status, "message": message, "model": self._system.model, "key": key}
        return EncoderError(self._subject, advice.found.format(**words), remedy=advice.remedy.format(**words))

    def _message(self, response: requests.Response) -> str:
        """What a refusal says, or where it sends on to, on one line and without the key."""
        body = response.content[:2000].decode(errors="replace")
        message = response.headers.get("Location", "") or " ".join(body.split())
        return (message.replace(self._key, "…") if self._key else message)[:200]

    def _vectors(self, answer: Any, count: int) -> Vectors:
        """(count, d) float32, not yet of unit length, as wide as those of earlier answers."""
        try:
            vectors = api_answers.vectors_in(answer, count)
            api_answers.check_dimensions({vectors.shape[1], self._dimensions or vectors.shape[1]})
        except api_answers.Unusable as fault:
            raise EncoderError(
                self._subject,
                f"gave {fault}",
                wanted="one list of numbers for each text, all of one length (or base64 of float32)",
                remedy="use a server and a model made for embeddings",
            ) from None
        self._dimensions = vectors.shape[1]
        return vectors


def _batches(texts: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Position of its first text, and the texts of each request."""
    first = 0
    while first < len(texts):
        last, characters = first + 1, len(texts[first])
        while last < min(first + BATCH, len(texts)) and characters + len(texts[last]) <= CHARACTERS:
            characters += len(texts[last])
            last += 1
        yield first, texts[first:last]
        first = last
