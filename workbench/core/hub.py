"""Models and data sets of a hub, fetched into its local cache; every way that can fail ends in what to do about it."""

import errno
import logging
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workbench.core.errors import HubError

if TYPE_CHECKING:
    from httpx2 import Client, Request, Response

MODEL_FILES = (
    "*.json",
    "*.safetensors",
    "*.model",
    "*.txt",
)  # weights, configuration, tokenizer, in nested folders too; no pickle
_UNWANTED = ("onnx/*", "openvino/*", "checkpoint-*/*")
_TRIES = 2  # requests for the same bytes before a hub counts as out of reach

_log = logging.getLogger(__name__)
_one_at_a_time = threading.Lock()  # the library has one HTTP client a process

_RIGHT = "a fine-grained token also needs the right to read gated repositories"
_LICENCE, _LOGIN = "open {page} and accept the licence", "`hf auth login` (or set HF_TOKEN)"
_AGAIN = "files that are complete are kept, so run it again"
_NAME = "check the name; a private one is found only with a token: " + _LOGIN
_NETWORK = "check the network, the proxy and HF_ENDPOINT and run it again, or name a local folder as `{key}`"
_ELSEWHERE = "run `hf download {options}` on a machine with access and copy that folder, unset HF_HUB_OFFLINE, or name a local folder as `{key}`"

# Class of an exception or of one of its bases, HTTP status (0: any), what was found, what to do; the first
# that applies.
_ADVICE = (
    ("HFValidationError", 0, "is no name of a repository", "write organisation/name, as its page on the hub does"),
    ("GatedRepoError", 403, "is gated, and your account is not on its list (403)", f"{_LICENCE} with it; {_RIGHT}"),
    ("GatedRepoError", 0, "is gated: its licence has to be accepted first ({status})", f"{_LICENCE}, then {_LOGIN} and try again"),
    ("DisabledRepoError", 0, "has been disabled on the hub ({status})", "choose another one"),
    ("RevisionNotFoundError", 0, 'has no revision "{revision}" (404)', "name a branch, tag or commit of {page} as `revision`"),
    ("RepositoryNotFoundError", 0, "is not found on {hub} ({status})", _NAME),
    ("RemoteEntryNotFoundError", 0, "lists a file that {hub} does not have (404)", "name another revision of {page} as `revision`"),
    ("HfHubHTTPError", 401, "is not given without a valid token (401)", _NAME),
    ("HfHubHTTPError", 403, "is refused (403): a right is lacking, or the licence is not accepted yet", f"{_LICENCE} if it has one; {_RIGHT}"),
    ("HfHubHTTPError", 404, "is not found on {hub} (404)", _NAME),
    ("HfHubHTTPError", 429, "is not given now: too many requests to {hub} (429)", f"wait some minutes; more are allowed after {_LOGIN}"),
    ("HfHubHTTPError", 0, "is not given: {hub} answers {status}", f"try later: {_AGAIN}"),
    ("_GaveUp", 0, "is not given: {hub} {fault}", f"check the network; {_AGAIN} (HF_HUB_DOWNLOAD_TIMEOUT: seconds to wait for an answer)"),
    ("TimeoutException", 0, "is not given: {hub} gave no answer within {limit} s", _NETWORK),
    ("ProxyError", 0, "is not given: the proxy refuses", "check HTTPS_PROXY and NO_PROXY and run it again"),
    ("ConnectError", 0, "cannot be fetched: no connection to {hub} ({fault})", _NETWORK),
    ("TransportError", 0, "cannot be fetched: the connection to {hub} broke off", f"check the network; {_AGAIN}"),
    ("IncompleteSnapshotError", 0, "is only in part on this machine, in {folder}", _ELSEWHERE),
    ("LocalEntryNotFoundError", 0, "is not on this machine (looked for in {folder}), and HF_HUB_OFFLINE forbids to fetch it", _ELSEWHERE),
)  # fmt: skip
_FULL = (
    "cannot be kept: no room is left for {folder}",
    f"free some, or set HF_HOME to a folder on a larger disk; {_AGAIN}",
)
_REASONS = dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FULL)
_CLOSED = ("cannot be kept in {folder} ({reason})", "set HF_HOME to a folder that you may write to")
_OTHER_SIZE = ("is not given whole: a file has another size than {hub} announced", _AGAIN)
_STRANGE = (
    "is not given: {hub} does not answer as a hub does ({name})",
    "check HF_ENDPOINT, and whether a proxy or a log-in page stands between",
)


def fetch(repo: str, *, revision: str = "", kind: str = "model", patterns: Sequence[str] = ()) -> Path:
    """The folder of a repository's snapshot, downloaded where this machine does not have it yet.

    `repo`: organisation/name; `revision`: branch, tag or commit, by default main; `kind`: model or dataset; `patterns`:
    which files, by default MODEL_FILES of a model and all of a data set. A commit that the cache has whole is not asked
    for; where the hub does not give a branch, what the cache has of it is used, with a warning. HF_ENDPOINT, HF_TOKEN,
    HF_HOME and HF_HUB_OFFLINE hold.
    """
    from huggingface_hub import HfApi, is_offline_mode

    have, offline = cached(repo, revision=revision, kind=kind, patterns=patterns), is_offline_mode()
    if have and (offline or (have.name == revision and _listed(have))):
        return have
    with _bounded() as watch:
        try:
            if (
                have
                and have.name == HfApi().repo_info(repo, revision=revision or None, repo_type=kind).sha
                and _listed(have)
            ):
                return have
            return _snapshot(repo, revision, kind, patterns, local=offline)
        except Exception as fault:  # whatever a network, a hub and a disk can do
            problem = _explained(fault, repo, revision, kind, watch.limit)
            if not have:
                raise problem from fault
    _log.warning("%s. Going on with the copy in %s.", problem, have)
    _point_back(have, revision)
    return have


def cached(
    repo: str, *, revision: str = "", kind: str = "model", patterns: Sequence[str] = ()
) -> Path | None:
    """The folder of the snapshot that this machine has, whole as far as its list of files tells; never asks the hub."""
    from huggingface_hub.errors import HFValidationError

    try:
        return _snapshot(repo, revision, kind, patterns, local=True)
    except (OSError, HFValidationError):  # nothing, a part, or nothing that can be read
        return None


def commit_of(repo: str, *, revision: str = "", kind: str = "model", patterns: Sequence[str] = ()) -> str:
    """The commit of the snapshot that this machine has (40 hexadecimal digits); empty where it has none."""
    have = cached(repo, revision=revision, kind=kind, patterns=patterns)
    return have.name if have else ""


def _snapshot(repo: str, revision: str, kind: str, patterns: Sequence[str], *, local: bool) -> Path:
    from huggingface_hub import snapshot_download

    wanted = list(patterns or (MODEL_FILES if kind == "model" else ())) or None
    return Path(
        snapshot_download(
            repo,
            revision=revision or None,
            repo_type=kind,
            allow_patterns=wanted,
            ignore_patterns=list(_UNWANTED),
            local_files_only=local,
        )
    )


def _listed(snapshot: Path) -> bool:
    """Whether the cache knows which files belong to a snapshot (older ones have no list)."""
    return (snapshot.parents[1] / "trees" / f"{snapshot.name}.json").is_file()


def _point_back(snapshot: Path, revision: str) -> None:
    """Lets a branch stand for the snapshot that is whole again; the library has moved it before the download."""
    with suppress(OSError), (snapshot.parents[1] / "refs" / (revision or "main")).open("r+") as ref:
        ref.write(snapshot.name)  # in place: as many characters, also on a disk without room


class _GaveUp(Exception):
    """It is no use to wait longer; says what the hub did."""


class _Watch:
    """Bounds each wait and each repetition: the library sets no limit to some, and asks for a broken file without end."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._asked, self._heard, self._gave_up = Counter[tuple[str, ...]](), dict[str, int](), ""

    def ask(self, request: "Request") -> None:
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), self.limit)
        same = (request.method, str(request.url), request.headers.get("range", ""))
        self._asked[same] += 1
        if self._gave_up or self._asked[same] > _TRIES:
            status = self._heard.get(request.method + str(request.url), 0)
            stopped = (
                "stopped or broke off in the middle of a file"
                if status
                else f"gave no answer to {_TRIES} requests"
            )
            self._give_up(f"answers {status}" if status >= 400 else stopped)

    def hear(self, response: "Response") -> None:
        self._heard[response.request.method + str(response.request.url)] = response.status_code
        wait = re.search(r"\bt=(\d+)", response.headers.get("ratelimit", "")) or re.match(
            r"(\d+)", response.headers.get("retry-after", "")
        )
        if response.status_code >= 400 and wait and int(wait[1]) > self.limit:
            self._give_up(f"answers {response.status_code} and wants to be left alone for {wait[1]} s")

    def _give_up(self, why: str) -> None:
        self._gave_up = self._gave_up or why
        raise _GaveUp(self._gave_up)


class _Client:
    """The library's HTTP client, each request of which is put before the watch in force, where there is one."""

    watch: _Watch | None = None
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
            cls.watch.ask(request)

    @classmethod
    def _hear(cls, response: "Response") -> None:
        if cls.watch:
            cls.watch.hear(response)


@contextmanager
def _bounded() -> Iterator[_Watch]:
    """The library's requests under a watch, and without hf_xet, whose transfers know no time limit.

    Plain HTTP gives the same. HF_HUB_DISABLE_XET is read from the environment when the library is imported, which may
    have been long ago: hence its constant is set. A test says so where that no longer does it.
    """
    from huggingface_hub import constants

    with _one_at_a_time:
        _Client.install()
        xet_before = constants.HF_HUB_DISABLE_XET
        constants.HF_HUB_DISABLE_XET = True
        _Client.watch = _Watch(constants.HF_HUB_DOWNLOAD_TIMEOUT)
        try:
            yield _Client.watch
        finally:
            _Client.watch = None
            constants.HF_HUB_DISABLE_XET = xet_before


def _explained(fault: BaseException, repo: str, revision: str, kind: str, limit: float) -> HubError:
    from huggingface_hub import constants

    names = [base.__name__ for base in type(fault).__mro__]
    if "LocalEntryNotFoundError" in names and fault.__cause__:
        return _explained(fault.__cause__, repo, revision, kind, limit)
    response = getattr(fault, "response", None)
    status = response.status_code if response is not None else 0
    fits = (
        (found, remedy) for name, wanted, found, remedy in _ADVICE if name in names and wanted in (0, status)
    )
    reason = fault.errno if isinstance(fault, OSError) else None
    if reason:
        unlisted = _REASONS.get(reason, _CLOSED)
    else:
        unlisted = _OTHER_SIZE if type(fault) is OSError else _STRANGE
    found, remedy = next(fits, unlisted)
    words = {
        "hub": urlsplit(constants.ENDPOINT).netloc.rpartition("@")[2] or constants.ENDPOINT,
        "page": f"https://huggingface.co/{'datasets/' if kind == 'dataset' else ''}{repo}",
        "folder": Path(constants.HF_HUB_CACHE) / f"{kind}s--{repo.replace('/', '--')}",
        "options": repo + (f" --repo-type {kind}" if kind != "model" else "") + (f" --revision {revision}" if revision else ""),
        "reason": os.strerror(reason or 0),
    }  # fmt: skip
    words |= {
        "key": "path" if kind == "dataset" else "model",
        "status": status,
        "revision": revision,
        "limit": limit,
        "fault": fault,
        "name": names[0],
    }
    return HubError(repo, found.format(**words), remedy=remedy.format(**words))
