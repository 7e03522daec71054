"""Models behind an OpenAI-compatible `/v1/embeddings`: Ollama, TEI, vLLM, llama.cpp, OpenAI and others."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from workbench.core.errors import EncoderError
from workbench.core.settings import System
from workbench.core.vectors import Vectors, checked

CONNECT, READ = (
    5.0,
    120.0,
)  # seconds: to reach a server, and until it goes on answering (it may have to load the model first)
BATCH, CHARACTERS = 32, 16_000  # texts and characters of one request; TEI takes no more texts
RETRIES = Retry(
    total=6, connect=2, read=False, status=4, allowed_methods=["POST"], status_forcelist=[408, 429, 500, 502, 503, 504],
    backoff_factor=0.5, backoff_jitter=0.5, retry_after_max=30, raise_on_status=False,
)  # fmt: skip
_LOCAL = ("localhost", "127.0.0.1", "::1")
_TOO_LONG = re.compile(
    r"too (long|large|many tokens)|exceed|must have less|maximum|context (length|size)", re.IGNORECASE
)

_AGAIN = "look at the server's log and run it again: what is encoded is kept"
_SHORTER = "set max_seq_length (so many characters are sent), or let the server take more (OLLAMA_CONTEXT_LENGTH; TEI: --auto-truncate)"
_ADDRESS = ("is no address", 'write e.g. url = "http://localhost:11434"')
# HTTP status (0: any other) or class of an exception -> what was found, what to do.
_ADVICE = {
    401: ("refuses (401) {key}", "put a valid key into an environment variable, and that variable's name into `key`"),
    403: ("refuses (403) {key}", "use a key that may use this model, or mend `model`"),
    404: ('has no model "{model}", or no /v1/embeddings (404)', "run `ollama pull {model}` if it is Ollama; else mend `model` or `url`"),
    429: ("has had too many requests (429)", "wait, then run it again: what is encoded is kept"),
    0: ("answers {status} ({said})", _AGAIN),
    "ReadTimeoutError": ("gave no whole answer within {wait:g} s", _AGAIN),
    "ProtocolError": ("broke off its answer", _AGAIN),
    "SSLError": ("has a certificate that does not hold", "mend it, or name its authority in REQUESTS_CA_BUNDLE"),
    "ProxyError": ("is not reached through the proxy", "mend HTTPS_PROXY, or list the server in NO_PROXY"),
    "ConnectionError": ("does not answer: nothing is there", "start the server, e.g. `ollama serve`, or mend `url`"),
    "InvalidSchema": _ADDRESS, "MissingSchema": _ADDRESS, "InvalidURL": _ADDRESS,
    "RequestException": ("cannot be asked ({name})", _AGAIN),
}  # fmt: skip


class EmbeddingsApiEncoder:
    """One system's model at its `url`. Safe to share between threads; its key stands in no message and no fingerprint."""

    def __init__(self, system: System) -> None:
        self._system, self._width = system, 0
        self._url = re.sub(r"/*(/v1(/embeddings)?)?/*$", "/v1/embeddings", system.url, count=1)
        self._subject = f"{system.label} at {system.url.rpartition('@')[2]}"

    @cached_property
    def description(self) -> dict[str, str]:
        named = {key: getattr(self._system, key) for key in ("model", "query_prompt", "document_template")}
        length = str(self._system.max_seq_length or "")
        return named | {
            "weights": f"served:{self._system.model}",
            "dtype": "",
            "max_seq_length": length,
            "versions": "{}",
        }

    @cached_property
    def document_fingerprint(self) -> str:
        return self._digest("document_template")

    @cached_property
    def query_fingerprint(self) -> str:
        return self._digest("query_prompt")

    def _digest(self, prompt: str) -> str:
        parts = [self.description[key] for key in ("weights", "max_seq_length", prompt)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode_documents([self._system.query_prompt + text for text in texts])

    def encode_documents(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        """(n, d) float32, unit rows; `max_seq_length` counts characters, as only the server knows its tokens."""
        sent = [text[: self._system.max_seq_length] for text in texts]
        found = [np.empty((0, self._width), np.float32)] if not sent else []
        for first, batch in _batches(sent):
            found.append(self._vectors(self._answer(batch, first), len(batch)))
            progress(first + len(batch))
        return checked(np.concatenate(found), 0, self._subject)

    def pin_revision(self, weights: str) -> None:
        """A server has the weights that it has."""

    def prepare(self) -> list[str]:
        """Asks the server for one vector: whatever stands in the way is said before anything long begins."""
        self.encode_documents(["法"])
        return []

    def release(self) -> None:
        """Closes the connections; the next text opens one."""
        self._session.close()
        self._width = 0

    @cached_property
    def _session(self) -> requests.Session:
        session = requests.Session()
        session.auth = self._authorised  # also without a key: else a netrc file would send one
        session.trust_env = urlsplit(self._url).hostname not in _LOCAL  # no proxy leads to this machine
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=RETRIES))
        return session

    @property
    def _key(self) -> str:
        return os.environ.get(self._system.key, "").strip()

    def _authorised(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def _answer(self, texts: list[str], first: int) -> Any:
        """The server's JSON."""
        if self._system.key and not re.fullmatch(r"[!-~]+", self._key):
            raise EncoderError(
                self._subject,
                f"needs a key, but {self._system.key} holds none",
                remedy=f"export {self._system.key}=…",
            )
        response = self._post({"model": self._system.model, "input": texts, "encoding_format": "float"})
        if response.status_code != 200:
            raise self._refusal(response, texts, first)
        try:
            return response.json(parse_int=float)
        except (ValueError, RecursionError):
            kind = response.headers.get("Content-Type", "nothing")
            raise EncoderError(
                self._subject, f"answers with {kind[:80]}", wanted="JSON", remedy="mend `url`"
            ) from None

    def _post(self, body: dict[str, Any], *, again: bool = True) -> requests.Response:
        """Follows no redirection, which could carry the key elsewhere; asks once more where the connection broke off."""
        try:
            return self._session.post(self._url, json=body, timeout=(CONNECT, READ), allow_redirects=False)
        except requests.RequestException as fault:
            inner = next(iter(fault.args), None)  # what urllib3 raised
            names = [base.__name__ for base in (*type(inner).__mro__, *type(fault).__mro__)]
            if "ProtocolError" in names and again:
                return self._post(body, again=False)
            found, remedy = next(_ADVICE[name] for name in names if name in _ADVICE)
            raise EncoderError(
                self._subject, found.format(wait=READ, name=names[0]), remedy=remedy
            ) from fault

    def _refusal(self, response: requests.Response, texts: list[str], first: int) -> EncoderError:
        said = response.headers.get("Location", "") or " ".join(
            response.content[:2000].decode(errors="replace").split()
        )
        said = (said.replace(self._key, "…") if self._key else said)[:200]
        if "Location" in response.headers:
            return EncoderError(
                self._subject,
                f"sends on to {said}",
                remedy="write that address as `url` if you trust it with key and texts",
            )
        if response.status_code in (400, 413, 422, 500) and _TOO_LONG.search(said):
            longest = max(range(len(texts)), key=lambda row: len(texts[row]))
            at = f"text {first + longest + 1} ({len(texts[longest]):,} characters) is the longest of this request"
            return EncoderError(self._subject, f"takes no text that long ({said}): {at}", remedy=_SHORTER)
        found, remedy = _ADVICE.get(response.status_code, _ADVICE[0])
        key = f"with the key in {self._system.key}" if self._system.key else "without a key"
        words = {"status": response.status_code, "said": said, "model": self._system.model, "key": key}
        return EncoderError(self._subject, found.format(**words), remedy=remedy.format(**words))

    def _vectors(self, answer: Any, count: int) -> Vectors:
        """(count, d) float32 in the order of `index`, not yet of unit length."""
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(
            isinstance(row, dict) and "embedding" in row for row in rows
        ):
            raise self._unusable("no list `data` of objects with an `embedding`")
        places = [row.get("index", place) for place, row in enumerate(rows)]
        if not all(place in places for place in range(count)) or len(rows) != count:
            raise self._unusable(f"{len(rows)} vectors for {count} texts, or not one for each `index`")
        found = [rows[places.index(place)]["embedding"] for place in range(count)]
        if any(isinstance(row, str) for row in found):
            raise self._unusable("vectors as base64 instead of numbers")
        if not all(isinstance(row, list) and all(type(number) is float for number in row) for row in found):
            raise self._unusable("vectors that are no lists of numbers")
        widths = {len(row) for row in found} | ({self._width} if self._width else set())
        if len(widths) > 1 or 0 in widths:
            raise self._unusable(f"vectors of {' and '.join(map(str, sorted(widths)))} dimensions")
        self._width = widths.pop()
        with np.errstate(over="ignore"):  # infinity is found later
            return np.array(found).astype(np.float32)

    def _unusable(self, found: str) -> EncoderError:
        wanted = "one list of numbers for each text, all of one length"
        return EncoderError(
            self._subject,
            f"gave {found}",
            wanted=wanted,
            remedy="use a server and a model made for embeddings",
        )


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
