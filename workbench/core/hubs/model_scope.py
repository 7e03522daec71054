"""ModelScope: what its client is asked for, what its faults mean, and its own settings, addresses and commands."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from workbench.core.hubs import model_scope_cache as cache
from workbench.core.hubs.model_scope_client import commit_of, download, files_of, quiet, watched_client
from workbench.core.hubs.protocol import Said, Wanted
from workbench.core.hubs.watch import GaveUp, Watch

MAIN = cache.MAIN
SIGNS = (
    ("NoClient", 0, "no client"),
    ("NoName", 0, "no name"),
    ("GaveUp", 0, "gave up"),
    ("NoRevision", 0, "no revision"),
    ("Nothing", 0, "nothing"),
    ("InPart", 0, "in part"),
    ("NotHere", 0, "not here"),
    ("LostFile", 0, "lost file"),
    ("NotExistError", 0, "missing"),
    ("AuthenticationError", 0, "no token"),
    ("PermissionDeniedError", 0, "refused"),
    ("RateLimitError", 0, "crowded"),
    ("APIError", 0, "out of order"),
    ("FileIntegrityError", 0, "other bytes"),
    ("Timeout", 0, "silent"),
    ("ProxyError", 0, "proxy"),
    ("NewConnectionError", 0, "unreachable"),
    ("SSLError", 0, "unreachable"),
    ("NetworkError", 0, "broke off"),
)
LIMIT = 10.0  # seconds to wait for an answer, where MODELSCOPE_DOWNLOAD_TIMEOUT says nothing
TRIES = 3  # as often as the client fetches a file with another checksum than was announced
_LOGIN = "`modelscope login` (or set MODELSCOPE_API_TOKEN)"
_WORDS = {
    "library": "modelscope-hub, ModelScope's client",
    "install": "pip install 'lawvault-workbench[modelscope]'",
    "login": _LOGIN,
    "look": f"check the name; a private one is found only with a token: {_LOGIN}; "
    "one of the international site with MODELSCOPE_ENDPOINT=https://www.modelscope.ai",
    "right": f"the token has to be of the account that did: {_LOGIN}",
    "endpoint": "MODELSCOPE_ENDPOINT",
    "home": "MODELSCOPE_CACHE",
    "offline": "MODELSCOPE_OFFLINE",
    "timeout": "MODELSCOPE_DOWNLOAD_TIMEOUT",
}
_NAME = re.compile(r"[\w.-]+/[\w.-]+")


class NoName(Exception):
    """What is asked for can be the name of no repository."""


class NoClient(Exception):
    """The library is not installed."""


class Nothing(Exception):
    """The snapshot has none of the wanted files; says which."""


class InPart(Exception):
    """Offline, with a part of the snapshot."""


class NotHere(Exception):
    """Offline, with nothing of it."""


cached = cache.cached


def is_settled(have: Path, wanted: Wanted) -> bool:
    return have.name == wanted.revision


def is_offline() -> bool:
    """The client has no such setting, so that ours is called as other tools call it."""
    return os.environ.get("MODELSCOPE_OFFLINE", "").lower() in ("1", "true", "yes", "on")


@contextmanager
def bounded() -> Iterator[Watch]:
    given = os.environ.get("MODELSCOPE_DOWNLOAD_TIMEOUT", "")
    yield Watch(int(given) if given.isdecimal() and int(given) else LIMIT, tries=TRIES)


def get(wanted: Wanted, have: Path | None, watch: Watch) -> Path:
    if not _NAME.fullmatch(wanted.repo):
        raise NoName
    if is_offline():
        raise InPart if cache.any_part(wanted) else NotHere
    if find_spec("modelscope_hub") is None:
        raise NoClient
    with quiet():
        api = watched_client(_endpoint(), watch)
        commit = wanted.revision if cache.is_commit(wanted.revision) else commit_of(api, wanted)
        if not cache.whole(wanted, commit):
            files = files_of(api, wanted, commit)
            chosen = [file for file in files if cache.is_wanted(file["Path"], wanted)]
            if not chosen:
                raise Nothing(", ".join(wanted.patterns) or "it is empty")
            download(api, wanted, commit, chosen)
            cache.write_list(wanted, commit, {file["Path"]: file.get("Size") for file in files})
    cache.point(wanted, commit)
    return cache.snapshot(wanted, commit)


def keep(have: Path, wanted: Wanted) -> None:
    """A revision only ever stands for a snapshot that is whole."""


def said(fault: BaseException) -> Said:
    chain = [fault]
    while further := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(further)
    names = [base.__name__ for each in chain for base in type(each).__mro__]
    numbers = [each.errno for each in chain if isinstance(each, OSError) and each.errno]
    status = getattr(fault, "status_code", None) or 0
    told = fault if isinstance(fault, GaveUp | Nothing) else chain[-1]
    return Said(names, status, numbers[0] if numbers else 0, str(told))


def words(wanted: Wanted) -> Mapping[str, str]:
    host, page = urlsplit(_endpoint()).netloc.rpartition("@")[2], f"{wanted.kind}s/{wanted.repo}"
    command = f"modelscope download {wanted.options} --local-dir {wanted.repo.rpartition('/')[2]}"
    return _WORDS | {
        "hub": host,
        "page": f"{urlsplit(_endpoint()).scheme}://{host}/{page}",
        "folder": str(cache.repository(wanted)),
        "elsewhere": f"run `{command}` on a machine with access, copy that folder and name it as `{wanted.key}`, or unset MODELSCOPE_OFFLINE",
    }


def fetch_again(repo: str) -> str:
    return f"modelscope cache clear --repo-type model --repo-id {repo}"


def _endpoint() -> str:
    given = (os.environ.get("MODELSCOPE_ENDPOINT") or "modelscope.cn").rstrip("/")
    return given if "://" in given else f"https://{given}"
