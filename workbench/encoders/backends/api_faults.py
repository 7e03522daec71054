"""What an embeddings server's refusals and broken connections mean, and what to do about each."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import requests

from workbench.encoders.backends.api_address import HIDDEN
from workbench.encoders.backends.api_retries import PASSING

LONGEST = 200  # characters of a server's words
_READ = 20_000  # bytes of an answer in which its words are looked for
_TOO_LARGE = re.compile(
    r"too (long|large|big|many|much)|exceed|must have less|maximum|at most|no more than|larger than|greater than"
    r"|context (length|size)|batch[ _-]?size|physical batch|不得?超过|超(出|过)|过(长|大|多)|最[多大]",
    re.IGNORECASE,
)
_SPENT = re.compile(
    r"insufficient[ _](quota|balance|funds|credit)|quota.{0,40}(exhausted|used up|depleted)|out of credit"
    r"|billing|arrear|daily (limit|quota)|per day|余额|欠费|额度(已|不足|用)",
    re.IGNORECASE,
)
_PASSES = re.compile(r"retry in|try again in|per (second|minute)", re.IGNORECASE)
_WORDS = (
    "message",
    "msg",
    "detail",
    "error_description",
    "error_msg",
    "description",
    "error",
    "errors",
    "reason",
    "title",
)
_CODES = ("status_code", "status", "code", "type")


class Refusal(Exception):
    """What a server says in the place of vectors.

    `status`: of the answer, or of the error in it that comes with 200 (200 where that has none); `words`: its own, on one
    line and without secrets, may be empty; `kind`: what it calls the error, e.g. `insufficient_quota`.
    """

    def __init__(self, status: int, words: str, kind: str = "") -> None:
        super().__init__(status, words, kind)
        self.status, self.words, self.kind = status, words, kind

    @property
    def too_large(self) -> bool:
        """Whether it says that a request, or a text, is larger than it takes."""
        return self.status == 413 or (
            self.status in (200, 400, 422, 500) and bool(_TOO_LARGE.search(self.words))
        )

    @property
    def spent(self) -> bool:
        """Whether it will go on refusing until somebody pays, or another day begins."""
        said = f"{self.kind} {self.words}"
        passes = "insufficient" not in said and bool(_PASSES.search(said))
        return self.status == 402 or (
            self.status in (200, 403, 429) and bool(_SPENT.search(said)) and not passes
        )

    @property
    def passes(self) -> bool:
        """Whether the same request may be answered a little later."""
        return self.status in PASSING and not self.spent and not self.too_large

    @property
    def may_be_a_text(self) -> bool:
        """Whether one of the texts can be why: neither key, nor address, nor a server that is busy or away."""
        return self.status in (200, 400, 413, 422, 500) and not self.spent


class Advice(NamedTuple):
    """`found`: what the server did; `remedy`: what to do. Both are templates."""

    found: str
    remedy: str


_AGAIN = "look at the server's log and run it again: what is encoded is kept"
_ADDRESS = Advice("is no address", 'write e.g. url = "http://localhost:11434"')
BY_STATUS = {
    401: Advice(
        "refuses (401) {key}{words}",
        "put a valid key into an environment variable, and that variable's name into `key`",
    ),
    403: Advice("refuses (403) {key}{words}", "use a key that may use this model, or mend `model`"),
    404: Advice(
        'has no model "{model}", or nothing at that address (404){words}',
        "run `ollama pull {model}` if it is Ollama; else mend `model` or `url`",
    ),
    429: Advice("has had too many requests (429){words}", "wait, then run it again: what is encoded is kept"),
    200: Advice("answers with an error in the place of vectors{words}", _AGAIN),
}
OTHER_STATUS = Advice("answers {status}{words}", _AGAIN)
SPENT = Advice(
    "has no quota left ({status}) {key}{words}",
    "pay for more, or name another key; then run it again: what is encoded is kept",
)
# Class of an exception, of requests or of urllib3 beneath it.
BY_EXCEPTION = {
    "ReadTimeoutError": Advice("gave no whole answer within {wait:g} s", _AGAIN),
    "ProtocolError": Advice("broke off its answer", _AGAIN),
    "SSLError": Advice(
        "has a certificate that does not hold", "mend it, or name its authority in REQUESTS_CA_BUNDLE"
    ),
    "ProxyError": Advice(
        "is not reached through the proxy", "mend HTTPS_PROXY, or list the server in NO_PROXY"
    ),
    "ConnectionError": Advice(
        "does not answer: nothing is there", "start the server, e.g. `ollama serve`, or mend `url`"
    ),
    "InvalidSchema": _ADDRESS,
    "MissingSchema": _ADDRESS,
    "InvalidURL": _ADDRESS,
    "RequestException": Advice("cannot be asked ({name})", _AGAIN),
}
TOO_LONG = "takes no text that long"
SHORTER = (
    "set max_seq_length (so many characters are sent), "
    "or let the server take more (OLLAMA_CONTEXT_LENGTH; TEI: --auto-truncate)"
)


def exception_names(fault: requests.RequestException) -> list[str]:
    """Classes of what urllib3 raised, then those of `fault` itself, each before its bases."""
    inner = next(iter(fault.args), None)
    return [base.__name__ for base in (*type(inner).__mro__, *type(fault).__mro__)]


def why_no_vector(refusal: Refusal) -> str:
    """Why one text has no vector, as its server says."""
    told = TOO_LONG if refusal.too_large else f"answers {refusal.status}"
    return f"{told} ({refusal.words})" if refusal.words else told


def remedy_for(reasons: Iterable[str]) -> str:
    """What to do about texts without vectors; empty where the usual advice fits."""
    return SHORTER if any(why.startswith(TOO_LONG) for why in reasons) else ""


def advice_on(refusal: Refusal) -> Advice:
    return SPENT if refusal.spent else BY_STATUS.get(refusal.status, OTHER_STATUS)


def refusal_in(response: requests.Response, secrets: tuple[str, ...]) -> Refusal | None:
    """What `response` says in the place of vectors, `secrets` left out; None where nothing says that it is an error."""
    answer = _json(response)
    if response.status_code == 200:
        said = _error_in(answer)
        if said is None:
            return None
        return Refusal(
            _status_in(answer, said), without(_words(said) or _words(answer), secrets), _kind(answer)
        )
    words = _words(answer) or (_text(response) if answer not in ({}, []) else "")
    return Refusal(response.status_code, without(words, secrets), _kind(answer))


def words_of(response: requests.Response, secrets: tuple[str, ...]) -> str:
    """What an answer in plain text says, on one line, `secrets` left out; nothing of a page or damaged JSON."""
    text = _text(response).strip()
    return "" if text[:1] in ("<", "[", "{") else without(text, secrets)


def without(text: str, secrets: tuple[str, ...]) -> str:
    """On one line, cut short, and without `secrets`."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return " ".join(text.split())[:LONGEST]


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _text(response: requests.Response) -> str:
    return response.content[:_READ].decode(errors="replace")


def _error_in(answer: Any) -> Any:
    """The error that an answer with status 200 holds: under `error`, or itself where it has no vectors; None where it is none."""
    if not isinstance(answer, dict) or answer.get("data"):
        return None
    named = answer.get("error") or answer.get("errors")
    if named or any(key in answer for key in ("detail", "msg", "error_msg", "message")):
        return named or answer
    return None


def _status_in(*found: Any) -> int:
    """The HTTP status that an error names; 200 where it names none."""
    for each in found:
        for key in _CODES if isinstance(each, dict) else ():
            code = str(each.get(key))
            if re.fullmatch(r"[45]\d\d", code):
                return int(code)
    return 200


def _kind(answer: Any) -> str:
    """What an error calls itself, as OpenAI's `code` and `type`."""
    error = answer.get("error") if isinstance(answer, dict) else None
    named = [each.get(key) for each in (error, answer) if isinstance(each, dict) for key in _CODES]
    return " ".join(name for name in named if isinstance(name, str))


def _words(said: Any) -> str:
    """The words in an error of whatever shape; empty where none of the usual keys has any.

    >>> _words({"error": {"message": "no"}}), _words({"detail": [{"loc": ["body"], "msg": "too long"}]}), _words({"id": 1})
    ('no', 'too long', '')
    """
    if isinstance(said, str):
        return said
    if isinstance(said, list):
        return "; ".join(filter(None, map(_words, said[:3])))
    if isinstance(said, dict):
        return next(filter(None, (_words(said[key]) for key in _WORDS if key in said)), "")
    return ""
