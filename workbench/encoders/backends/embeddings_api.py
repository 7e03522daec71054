"""Models behind an OpenAI-compatible `/v1/embeddings`: Ollama, TEI, vLLM, llama.cpp, OpenAI and others."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any, NoReturn
from urllib.parse import urlsplit

import numpy as np
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from workbench.core.errors import EncoderError
from workbench.core.settings import DenseSystem, fields_text
from workbench.core.vectors import TextsWithoutVectors, Vectors, checked
from workbench.encoders.backends import api_answers, api_faults, api_retries, served_identity, served_probes
from workbench.encoders.backends.api_address import address_of
from workbench.encoders.backends.api_batches import Batches, Part, joined
from workbench.encoders.backends.api_faults import Refusal
from workbench.encoders.backends.served_identity import TELLING, Told
from workbench.encoders.backends.served_probes import Expected
from workbench.encoders.protocol import SERVED, EncoderDescription, Origin, Structure

CONNECT = 5.0  # seconds to reach a server
READ = 120.0  # seconds until it goes on answering: it may have to load the model first
BATCH = 32  # texts of one request; TEI takes no more
CHARACTERS = 16_000  # of one request
# Of connections by urllib3, of answers by `api_retries`: a decision that needs what an answer says.
RETRIES = Retry(
    total=6,
    connect=2,
    read=False,
    status=4,
    allowed_methods=["POST"],
    backoff_factor=0.5,
    backoff_jitter=0.5,
    backoff_max=30,
    retry_after_max=30,
    respect_retry_after_header=False,
    raise_on_status=False,
)
OTHER = "法"  # a text to hear whether a server that refuses others takes any
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
        self._address = address_of(system.url)
        self._subject = f"{system.label} at {self._address.shown}"
        self._size = 0  # texts of one request that it was found to take; 0 until it found some too many
        self._expected = Expected()  # what the index in use has of some texts

    @property
    def origin(self) -> Origin:
        return Origin(
            "server", api_faults.without(self._system.url.rpartition("@")[2], self._address.secrets)
        )

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
        server = f"{self._system.key} {self._address.vectors}"
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
            address=self._address.shown,
        )

    @property
    def document_fingerprint(self) -> str:
        return self._digest(self._system.document_template, self._system.document_fields)

    @property
    def query_fingerprint(self) -> str:
        return self._digest(self._system.query_prompt, self._system.query_fields)

    def _digest(self, prompt: str, fields: Mapping[str, object]) -> str:
        length = str(self._system.max_seq_length or "")
        parts = [self.weights, self._address.shown, length, prompt, *filter(None, [fields_text(fields)])]
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
        if texts:
            self._probe()
        return self._encode_unprobed(texts, fields, progress)

    def _encode_unprobed(
        self,
        texts: Sequence[str],
        fields: Mapping[str, object],
        progress: Callable[[int], None] = lambda _: None,
    ) -> Vectors:
        sent = [text[: self._system.max_seq_length] for text in texts]
        parts, done = list[Part](), 0
        batches = self._batches(fields)
        size = batches.size
        try:
            for part in batches.parts(sent):
                parts.append(part)
                done += len(part.vectors)
                self._size = batches.size if batches.size < size else self._size
                progress(done)
        except Refusal as refusal:
            raise self._explained(refusal) from None
        whole = joined(parts or [Part(np.empty((0, self._dimensions), np.float32))])
        remedy = api_faults.remedy_for(whole.failed.values())
        return checked(whole.vectors, 0, self._subject, sent, failed=whole.failed, remedy=remedy)

    def _probe(self, *, anew: bool = False) -> list[str]:
        """Notes on the server's vectors; an EncoderError where they cannot be right. It is asked once in a process."""
        fields = fields_text(self._system.document_fields)
        key = (self._address.vectors, self._system.key, self._system.model, fields, self._system.batch_size)
        return served_probes.probed(key, self._probed, anew=anew)

    def _probed(self) -> list[str]:
        texts = [*served_probes.TEXTS, served_probes.TEXTS[0]]
        vectors = self._with_gaps([*texts, *self._expected.texts])
        notes = served_probes.check(self._subject, vectors[: len(texts)], self._with_gaps(texts[:1]))
        served_probes.check_expected(self._subject, vectors[len(texts) :], self._expected)
        return [f"{self._system.label}: {note}" for note in notes]

    def _with_gaps(self, texts: Sequence[str]) -> Vectors:
        """(n, d) float32, unit rows; NaN where a text has no vector."""
        try:
            return self._encode_unprobed(texts, self._system.document_fields)
        except TextsWithoutVectors as fault:
            return fault.vectors

    def _batches(self, fields: Mapping[str, object]) -> Batches:
        """How the texts of one call are sent; what the server was found to take holds for the next call too."""

        def ask(texts: list[str], tries: int) -> Part:
            return self._part(self._answer(texts, fields, tries), len(texts))

        size = self._size or self._system.batch_size or BATCH
        return Batches(ask, lambda: self._is_well(fields), size, CHARACTERS)

    def _is_well(self, fields: Mapping[str, object]) -> bool:
        try:
            return bool(self._answer([OTHER], fields, 1))
        except (Refusal, EncoderError):
            return False

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
        """Asks the server for a few vectors: whatever stands in the way is said before anything long begins."""
        self._built = None  # what is encoded now is of the model that the server has now
        self._expected = Expected()
        return self._probe(anew=True)

    def expect(self, texts: Sequence[str], vectors: Vectors) -> None:
        self._expected = Expected(texts, vectors)

    def release(self) -> None:
        """Closes the connections; the next text opens one."""
        self._session.close()
        self._dimensions = 0

    @cached_property
    def _session(self) -> requests.Session:
        session = requests.Session()
        session.auth = self._authorised  # also without a key: else a netrc file would send one
        session.trust_env = (
            urlsplit(self._address.vectors).hostname not in _LOCAL
        )  # no proxy leads to this machine
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=RETRIES))
        for place in (
            self._address.models,
            self._address.tags,
        ):  # what is only good to know is asked for once
            session.mount(place, HTTPAdapter())
        return session

    def _list(self, place: str) -> requests.Response:
        if self._lacks_key:
            raise requests.RequestException
        address = getattr(self._address, place)
        return self._session.get(address, timeout=(CONNECT, TELLING), allow_redirects=False)

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

    def _answer(self, texts: list[str], fields: Mapping[str, object], tries: int) -> Any:
        """The server's JSON; a Refusal where it says something else after so many `tries`."""
        if self._lacks_key:
            raise EncoderError(
                self._subject,
                f"needs a key, but {self._system.key} holds none",
                remedy=f"export {self._system.key}=…",
            )
        told = {"model": self._system.model, "input": texts}
        response = self._response({"encoding_format": "float", **fields, **told}, tries)
        self._check_unchanged()
        try:
            return response.json(parse_int=float)
        except (ValueError, RecursionError):
            kind = response.headers.get("Content-Type", "nothing")
            words = api_faults.words_of(response, self._secrets)
            found = f"answers with {kind[:80]}{f' ({words})' if words else ''}"
            raise EncoderError(self._subject, found, wanted="JSON", remedy="mend `url`") from None

    def _response(self, body: dict[str, Any], tries: int) -> requests.Response:
        """An answer that says of no error; a Refusal where none comes, also after what may pass was waited for."""
        tries = min(tries, api_retries.tries(RETRIES))
        for attempt in count(1):
            response = self._post(body)
            self._check_stays(response)
            refusal = api_faults.refusal_in(response, self._secrets)
            if refusal is None:
                break
            pause = api_retries.pause(RETRIES, attempt, response.headers.get("Retry-After", ""))
            if attempt >= tries or pause is None or not refusal.passes:
                raise refusal
            sleep(pause)
        return response

    def _check_stays(self, response: requests.Response) -> None:
        if "Location" in response.headers:
            place = api_faults.without(response.headers["Location"], self._secrets)
            raise EncoderError(
                self._subject,
                f"sends on to {place}",
                remedy="write that address as `url` if you trust it with key and texts",
            )

    def _post(self, body: dict[str, Any], *, again: bool = True) -> requests.Response:
        """Follows no redirection, which could carry the key elsewhere; asks once more where the connection broke off."""
        try:
            return self._session.post(
                self._address.vectors, json=body, timeout=(CONNECT, READ), allow_redirects=False
            )
        except requests.RequestException as fault:
            names = api_faults.exception_names(fault)
            if "ProtocolError" in names and again:
                return self._post(body, again=False)
            advice = next(api_faults.BY_EXCEPTION[name] for name in names if name in api_faults.BY_EXCEPTION)
            found = advice.found.format(wait=READ, name=names[0])
            raise EncoderError(self._subject, found, remedy=advice.remedy) from fault

    def _explained(self, refusal: Refusal) -> EncoderError:
        advice = api_faults.advice_on(refusal)
        words = {
            "status": refusal.status,
            "words": f" ({refusal.words})" if refusal.words else "",
            "model": self._system.model,
            "key": f"with the key in {self._system.key}" if self._system.key else "without a key",
        }
        return EncoderError(self._subject, advice.found.format(**words), remedy=advice.remedy.format(**words))

    @property
    def _secrets(self) -> tuple[str, ...]:
        return (*filter(None, [self._key]), *self._address.secrets)

    def _part(self, answer: Any, count: int) -> Part:
        """Vectors of `count` texts, not yet of unit length, as wide as those of earlier answers."""
        try:
            part = api_answers.part_in(answer, count)
            width = part.vectors.shape[1]
            api_answers.check_dimensions({width or self._dimensions, self._dimensions or width} - {0})
        except api_answers.Unusable as fault:
            raise EncoderError(
                self._subject,
                f"gave {fault}",
                wanted="one list of numbers for each text, all of one length (or base64 of float32)",
                remedy="use a server and a model made for embeddings",
            ) from None
        self._dimensions = width or self._dimensions
        return part
