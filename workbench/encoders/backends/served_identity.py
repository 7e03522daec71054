"""What a server tells of the model behind a name, so that another one under the same name is noticed."""

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import requests

Get = Callable[[str], requests.Response]  # asks for one of a server's lists


class _List(NamedTuple):
    """A list of models: its name in `Address`, the key of the list itself, and of a model's name in it."""

    place: str
    models: str
    name: str


# OpenAI's list, which most servers have; and Ollama's own, which alone has a digest of the weights.
LISTS = (_List("models", "data", "id"), _List("tags", "models", "name"))
FACTS = ("id", "owned_by", "root", "digest", "created")
TELLING = 10.0  # seconds to list models: no model is loaded for it, and known questions wait for it
# vLLM, llama.cpp and others give the time of the question, or of their start, as when a model was made.
SETTLED = 30 * 24 * 3600  # seconds after which it is taken for what it says
_BUSY = (408, 429, 500, 502, 503, 504)
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{12})[0-9a-f]*")
_PLAIN = re.compile(r"[\w.:/+-]{1,80}")


@dataclass(frozen=True)
class Told:
    """What a server tells of one model.

    `identity`: changes with the model, empty where nothing that the server tells does; `facts`: some of what stands in its
    lists, for the record.
    """

    identity: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)


_lists = dict[str, list[Any] | None]()  # by server: what its addresses gave; None where it could not be asked
_asking = threading.Lock()


def told(server: str, model: str, get: Get, *, answers: bool = False) -> Told:
    """What `server` tells of `model`; a server is asked once in a process.

    `answers`: it gives vectors by now, so that one that could not be asked before is asked a second and last time.
    """
    with _asking:
        if server not in _lists:
            _lists[server] = _asked(get)
        if answers and _lists[server] is None:
            _lists[server] = _asked(get) or [None] * len(LISTS)
        given = _lists[server]
    facts: dict[str, str | int] = {}
    for place, answer in zip(LISTS, given or (), strict=False):
        facts |= _facts(place, answer, model)
    return Told(_identity(facts, time.time()), facts)


def forget() -> None:
    """As in a new process: every server is asked again."""
    _lists.clear()


def _asked(get: Get) -> list[Any] | None:
    """The JSON at each of LISTS, None for one that the server lacks; None for all where one may be there next time."""
    answers = list[Any]()
    for listed in LISTS:
        try:
            response = get(listed.place)
        except requests.RequestException:
            return None
        if response.status_code in _BUSY:
            return None
        answers.append(_json(response) if response.status_code == 200 else None)
    return answers


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _facts(place: _List, answer: Any, model: str) -> Mapping[str, str | int]:
    """What a list says of one model; Ollama lists a name without tag as `name:latest`."""
    entries = [
        entry for entry in _entries(place, answer) if entry.get(place.name) in (model, f"{model}:latest")
    ]
    entry = entries[0] if entries else {}
    return {key: entry[key] for key in FACTS if type(entry.get(key)) in (str, int) and entry[key] != ""}


def _entries(place: _List, answer: Any) -> Iterator[Mapping[str, Any]]:
    listed = answer.get(place.models) if isinstance(answer, dict) else None
    return (entry for entry in (listed if isinstance(listed, list) else []) if isinstance(entry, dict))


def _identity(facts: Mapping[str, str | int], now: float) -> str:
    """The best of `facts` to tell a model by: a digest, else which model the name stands for, else when it was made.

    >>> _identity({"digest": "sha256:0123456789abcdef", "created": 1}, 2e9), _identity({"created": 1}, 2e9)
    ('0123456789ab', '1')
    >>> _identity({"id": "m", "root": "org/m", "created": 1}, 2e9), _identity({"created": 1_999_999_999}, 2e9)
    ('org/m', '')
    """
    if digest := str(facts.get("digest", "")):
        found = _DIGEST.fullmatch(digest)
        return found[1] if found else _plain(digest)
    if (root := str(facts.get("root", ""))) and root != facts.get("id"):
        return _plain(root)
    created = facts.get("created")
    return str(created) if isinstance(created, int) and 0 < created < now - SETTLED else ""


def _plain(text: str) -> str:
    """`text` where it can stand in a record and a message as it is, else a digest of it."""
    return text if _PLAIN.fullmatch(text) else hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]
