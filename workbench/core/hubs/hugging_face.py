"""The Hugging Face hub, through `huggingface_hub`: its cache, its settings, and limits to what it waits for."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workbench.core.hubs.protocol import UNWANTED, Said, Wanted
from workbench.core.hubs.watch import Watch

if TYPE_CHECKING:
    from httpx2 import Client, Request, Response

MAIN = "main"
SIGNS = (
    ("HFValidationError", 0, "no name"),
    ("GatedRepoError", 403, "not listed"),
    ("GatedRepoError", 0, "gated"),
    ("DisabledRepoError", 0, "disabled"),
    ("RevisionNotFoundError", 0, "no revision"),
    ("RepositoryNotFoundError", 0, "missing"),
    ("RemoteEntryNotFoundError", 0, "lost file"),
    ("HfHubHTTPError", 401, "no token"),
    ("HfHubHTTPError", 403, "refused"),
    ("HfHubHTTPError", 404, "missing"),
    ("HfHubHTTPError", 429, "crowded"),
    ("HfHubHTTPError", 0, "out of order"),
    ("GaveUp", 0, "gave up"),
    ("TimeoutException", 0, "silent"),
    ("ProxyError", 0, "proxy"),
    ("ConnectError", 0, "unreachable"),
    ("TransportError", 0, "broke off"),
    ("IncompleteSnapshotError", 0, "in part"),
    ("LocalEntryNotFoundError", 0, "not here"),
    ("OtherSize", 0, "other bytes"),
)
_LOGIN = "`hf auth login` (or set HF_TOKEN)"
_WORDS = {
    "login": _LOGIN,
    "look": f"check the name; a private one is found only with a token: {_LOGIN}",
    "right": "a fine-grained token also needs the right to read gated repositories",
    "endpoint": "HF_ENDPOINT",
    "home": "HF_HOME",
    "offline": "HF_HUB_OFFLINE",
    "timeout": "HF_HUB_DOWNLOAD_TIMEOUT",
}
_one_at_a_time = threading.Lock()  # the library has one HTTP client a process


def cached(wanted: Wanted) -> Path | None:
    from huggingface_hub.errors import HFValidationError

    try:
        return _snapshot(wanted, local=True)
    except (OSError, HFValidationError):  # nothing, a part, or nothing that can be read
        return None


def is_settled(have: Path, wanted: Wanted) -> bool:
    return have.name == wanted.revision and _listed(have)


def is_offline() -> bool:
    from huggingface_hub import is_offline_mode

    return is_offline_mode()


def get(wanted: Wanted, have: Path | None, watch: Watch) -> Path:
    from huggingface_hub import HfApi

    if have and have.name == _commit(HfApi(), wanted) and _listed(have):
        return have
    return _snapshot(wanted, local=is_offline())


def _commit(api: Any, wanted: Wanted) -> str:
    return api.repo_info(wanted.repo, revision=wanted.revision or None, repo_type=wanted.kind).sha


def _snapshot(wanted: Wanted, *, local: bool) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            wanted.repo,
            revision=wanted.revision or None,
            repo_type=wanted.kind,
            allow_patterns=list(wanted.patterns) or None,
            ignore_patterns=list(UNWANTED),
            local_files_only=local,
        )
    )


def _listed(snapshot: Path) -> bool:
    """Whether the cache knows which files belong to a snapshot (older ones have no list)."""
    return (snapshot.parents[1] / "trees" / f"{snapshot.name}.json").is_file()


def keep(have: Path, wanted: Wanted) -> None:
    """The library has moved the branch before the download."""
    with suppress(OSError), (have.parents[1] / "refs" / (wanted.revision or MAIN)).open("r+") as ref:
        ref.write(have.name)  # in place: as many characters, also on a disk without room


class _Client:
    """The library's HTTP client, each request of which is put before the watch in force, where there is one."""

    watch: Watch | None = None
    installed = False

    @classmethod
    def install(cls) -> None:
        """Once a process. What the library's own client does at each request, ours does too."""
        if cls.installed:
            return
        from huggingface_hub import get_session, set_client_factory

        hooks = get_session().event_hooks
        set_client_factory(lambda: cls._made(hooks))
        cls.installed = True

    @classmethod
    def _made(cls, hooks: "Mapping[str, list[Callable[..., Any]]]") -> "Client":
        from httpx2 import Client

        watched: dict[str, list[Callable[..., Any]]] = {
            "request": [*hooks["request"], cls._ask],
            "response": [*hooks["response"], cls._hear],
        }
        return Client(event_hooks=watched, follow_redirects=True, timeout=None)

    @classmethod
    def _ask(cls, request: "Request") -> None:
        if cls.watch:
            limits = dict.fromkeys(("connect", "read", "write", "pool"), cls.watch.limit)
            request.extensions["timeout"] = limits
            cls.watch.ask(request.method, str(request.url), request.headers.get("range", ""))

    @classmethod
    def _hear(cls, response: "Response") -> None:
        if cls.watch:
            request = response.request
            cls.watch.hear(request.method, str(request.url), response.status_code, response.headers)


@contextmanager
def bounded() -> Iterator[Watch]:
    """The library's requests under a watch, and without hf_xet, whose transfers know no time limit.

    Plain HTTP gives the same. HF_HUB_DISABLE_XET is read from the environment when the library is imported, which may
    have been long ago: hence its constant is set. A test says so where that no longer does it.
    """
    from huggingface_hub import constants

    with _one_at_a_time:
        _Client.install()
        xet_before = constants.HF_HUB_DISABLE_XET
        constants.HF_HUB_DISABLE_XET = True
        _Client.watch = Watch(constants.HF_HUB_DOWNLOAD_TIMEOUT)
        try:
            yield _Client.watch
        finally:
            _Client.watch = None
            constants.HF_HUB_DISABLE_XET = xet_before


def said(fault: BaseException) -> Said:
    names = [base.__name__ for base in type(fault).__mro__]
    if "LocalEntryNotFoundError" in names and fault.__cause__:
        return said(fault.__cause__)
    response = getattr(fault, "response", None)
    number = fault.errno or 0 if isinstance(fault, OSError) else 0
    if type(fault) is OSError and not number:  # what the library raises of a file that is not whole
        names.append("OtherSize")
    return Said(names, response.status_code if response is not None else 0, number, str(fault))


def words(wanted: Wanted) -> Mapping[str, str]:
    from huggingface_hub import constants

    download = f"run `hf download {wanted.options}` on a machine with access and copy that folder"
    folder = f"{wanted.kind}s--{wanted.repo.replace('/', '--')}"
    return _WORDS | {
        "hub": urlsplit(constants.ENDPOINT).netloc.rpartition("@")[2] or constants.ENDPOINT,
        "page": f"https://huggingface.co/{'datasets/' if wanted.kind == 'dataset' else ''}{wanted.repo}",
        "folder": str(Path(constants.HF_HUB_CACHE) / folder),
        "elsewhere": f"{download}, unset HF_HUB_OFFLINE, or name a local folder as `{wanted.key}`",
    }


def fetch_again(repo: str) -> str:
    return f"hf cache rm model/{repo}"
