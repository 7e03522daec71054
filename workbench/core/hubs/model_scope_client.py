"""ModelScope's client `modelscope_hub`: which commit a revision is, its files, and limits to what it waits for.

It asks nobody which commit a branch is at, and goes on for minutes where nobody answers: hence the request of our own,
which it made in earlier versions, and the adapter, for which its sessions are reached into.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from workbench.core.hubs import model_scope_cache as cache
from workbench.core.hubs.protocol import Wanted
from workbench.core.hubs.watch import GaveUp, Watch

if TYPE_CHECKING:
    from modelscope_hub import HubApi


class NoRevision(Exception):
    """The repository is there, and has no such branch or tag."""


class LostFile(Exception):
    """A file is listed and not there."""


@contextmanager
def quiet() -> Iterator[None]:
    """Without the client's own messages: what they tell is told by ours."""
    import modelscope_hub  # noqa: F401 (it sets up its messages when it is imported)

    messages = logging.getLogger("modelscope_hub")
    level_before = messages.level
    messages.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        messages.setLevel(level_before)


def watched_client(endpoint: str, watch: Watch) -> "HubApi":
    """A client whose requests all go through the watch; it tries again itself, and the watch says when to stop."""
    from modelscope_hub import HubApi, HubConfig, HubError
    from requests.adapters import HTTPAdapter

    class Stopped(GaveUp, HubError):
        """One that the client takes for an answer: it tries again after anything else."""

        error_code = None

    class Watched(HTTPAdapter):
        def send(
            self, request: Any, stream: bool = False, timeout: Any = None, *rest: Any, **options: Any
        ) -> Any:
            asked = (request.method, request.url)
            watch.ask(*asked, request.headers.get("Range", ""))
            connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
            limits = (min(connect or watch.limit, watch.limit), min(read or watch.limit, watch.limit))
            answer = super().send(request, stream, limits, *rest, **options)
            watch.hear(*asked, answer.status_code, answer.headers)
            return answer

    watch.gave_up = Stopped
    api = HubApi(HubConfig(endpoint=endpoint, cache_dir=cache.folder()))
    for session in (api.legacy._session, api.legacy._read_session):
        for scheme in ("https://", "http://"):
            session.mount(scheme, Watched())
    return api


def commit_of(api: "HubApi", wanted: Wanted) -> str:
    """The commit that a branch or tag is at present."""
    from modelscope_hub import APIError

    revision = wanted.revision or cache.MAIN
    if ".." in revision.split("/"):
        raise NoRevision
    try:
        answer = api.legacy._request(
            "GET",
            f"{wanted.kind}s/{wanted.repo}/commits",
            params={"Ref": revision, "PageNumber": 1, "PageSize": 1},
        ).json()
        newest = ((answer["Data"] or {}).get("Commit") or [{}])[0]
        if cache.is_commit(newest.get("Id", "")):
            return str(newest["Id"])
    except APIError as fault:
        if revision in _branches_and_tags(api, wanted):
            raise
        raise NoRevision from fault
    if revision in _branches_and_tags(api, wanted):
        raise ValueError("names no commit")
    raise NoRevision


def _branches_and_tags(api: "HubApi", wanted: Wanted) -> list[str]:
    return [each["Revision"] for each in api.list_repo_revisions(wanted.repo, wanted.kind)]


def files_of(api: "HubApi", wanted: Wanted, commit: str) -> Sequence[dict[str, Any]]:
    """The files of a commit, as the hub lists them: with path, size and checksum."""
    listed = api.legacy.list_repo_files(wanted.repo, wanted.kind, revision=commit)
    files = [entry for entry in listed if entry["Type"] != "tree"]
    for file in files:
        path = PurePosixPath(file["Path"])
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("a path leads out of the snapshot")
    return files


def download(api: "HubApi", wanted: Wanted, commit: str, files: Sequence[dict[str, Any]]) -> None:
    """Into a folder of the commit: the client itself would put them into one of the branch, or of an older client."""
    from modelscope_hub import FileDownloadError, NotExistError

    failed: list[BaseException] = []
    try:
        api.download_repo(
            wanted.repo,
            wanted.kind,
            revision=commit,
            local_dir=cache.snapshot(wanted, commit),
            file_list=list(files),
        )
    except FileDownloadError as fault:
        failed = list(fault.failed_files.values())
    for first in failed:
        if isinstance(first, NotExistError):
            raise LostFile from first
        raise first
