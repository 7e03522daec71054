"""Where a served model is asked: the address as a pair file gives it, made whole, and as messages may show it."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

VECTORS = "/embeddings"
HIDDEN = "…"
_VERSION = re.compile(r"/v\d+\w*$")
_PORTS = {"http": ":80", "https": ":443"}
_SECRET = re.compile(r"key|token|secret|sig|pass|pwd|auth|code|cred", re.IGNORECASE)
_LONG = 20  # characters from which a value of a query string may be a secret, whatever its name is


@dataclass(frozen=True)
class Address:
    """`vectors`: where texts are sent; `models`, `tags`: where OpenAI's and Ollama's lists of models are.

    `shown`: `vectors` without credentials and secrets, always the same for one place; `secrets`: what it leaves out.
    """

    vectors: str
    models: str
    tags: str
    shown: str
    secrets: tuple[str, ...] = ()


def address_of(url: str) -> Address:
    """The addresses of a server; a `url` that ends in `/embeddings` is used as it is, with its query string.

    >>> address_of("http://localhost:11434").vectors, address_of("https://h/api/v4/").vectors
    ('http://localhost:11434/v1/embeddings', 'https://h/api/v4/embeddings')
    >>> address_of("https://me:pw@H:443/embeddings?api-key=abc&v=2").shown
    'https://h/embeddings?api-key=…&v=2'
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # which the first request reports
        return Address(url, url, url, url.rpartition("@")[2])
    path = parts.path.rstrip("/")
    if not path.endswith(VECTORS):
        path += VECTORS if _VERSION.search(path) else f"/v1{VECTORS}"
    above = path.removesuffix(VECTORS)
    return Address(
        vectors=_at(parts, path),
        models=_at(parts, f"{above}/models"),
        tags=_at(parts, f"{_VERSION.sub('', above)}/api/tags"),
        shown=_shown(parts, path),
        secrets=_secrets(parts),
    )


def _at(parts: SplitResult, path: str) -> str:
    return urlunsplit(parts._replace(path=path, fragment=""))


def _shown(parts: SplitResult, path: str) -> str:
    host = parts.netloc.rpartition("@")[2].lower().removesuffix(_PORTS.get(parts.scheme, " "))
    told = "&".join(_shown_value(*piece.partition("=")) for piece in parts.query.split("&"))
    return urlunsplit((parts.scheme, host, path, told, ""))


def _shown_value(name: str, equals: str, value: str) -> str:
    return f"{name}{equals}{HIDDEN if _hides(name, value) else value}"


def _secrets(parts: SplitResult) -> tuple[str, ...]:
    """What must stand in no message; the longest first, so that none is left in part."""
    raw = [piece.partition("=")[::2] for piece in parts.query.split("&")]  # as in a URL, and as it was meant
    named = [value for name, value in [*raw, *parse_qsl(parts.query)] if _hides(name, value)]
    user = parts.netloc.rpartition("@")[0]
    found = [*named, user, user.partition(":")[2]]
    return tuple(sorted(filter(None, found), key=len, reverse=True))


def _hides(name: str, value: str) -> bool:
    return bool(_SECRET.search(name)) or len(value) >= _LONG
