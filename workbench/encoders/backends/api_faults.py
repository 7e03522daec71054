"""What an embeddings server's refusals and broken connections mean, and what to do about each."""

import re
from typing import NamedTuple

import requests

_TOO_LONG = re.compile(
    r"too (long|large|many tokens)|exceed|must have less|maximum|context (length|size)", re.IGNORECASE
)


class Advice(NamedTuple):
    """`found`: what the server did; `remedy`: what to do. Both are templates."""

    found: str
    remedy: str


_AGAIN = "look at the server's log and run it again: what is encoded is kept"
_ADDRESS = Advice("is no address", 'write e.g. url = "http://localhost:11434"')
BY_STATUS = {
    401: Advice(
        "refuses (401) {key}",
        "put a valid key into an environment variable, and that variable's name into `key`",
    ),
    403: Advice("refuses (403) {key}", "use a key that may use this model, or mend `model`"),
    404: Advice(
        'has no model "{model}", or no /v1/embeddings (404)',
        "run `ollama pull {model}` if it is Ollama; else mend `model` or `url`",
    ),
    429: Advice("has had too many requests (429)", "wait, then run it again: what is encoded is kept"),
}
OTHER_STATUS = Advice("answers {status} ({message})", _AGAIN)
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
SHORTER = (
    "set max_seq_length (so many characters are sent), "
    "or let the server take more (OLLAMA_CONTEXT_LENGTH; TEI: --auto-truncate)"
)


def exception_names(fault: requests.RequestException) -> list[str]:
    """Classes of what urllib3 raised, then those of `fault` itself, each before its bases."""
    inner = next(iter(fault.args), None)
    return [base.__name__ for base in (*type(inner).__mro__, *type(fault).__mro__)]


def too_long(status: int, message: str) -> bool:
    """Whether a server says that a text has more tokens than it takes."""
    return status in (400, 413, 422, 500) and bool(_TOO_LONG.search(message))
