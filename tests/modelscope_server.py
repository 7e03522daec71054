"""A hub on loopback that answers as ModelScope does, or fails as it does, by the organisation asked for."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests import hub_server
from tests.hub_server import LIKELY_TO_STOP, REFUSALS, Hub, digest_of

_ASKED = re.compile(
    r"/(api/v1|store)/(models|datasets)/([^/]+)/([^/]+)/(commits|revisions|repo(?:/files|/tree)?)"
)


def serving(commits: Mapping[str, Path], main: str) -> AbstractContextManager[Hub]:
    return hub_server.serving(commits, main, _Handler)


class _Handler(hub_server.Handler):
    def do_GET(self) -> None:  # noqa: N802 (http.server calls it so)
        url = urlsplit(self.path)
        asked = _ASKED.fullmatch(url.path)
        if not asked:
            return self.give(404, b"{}")  # what else the client asks of its hub
        organisation, what = asked[3], asked[5]
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        fails, status, _, headers = REFUSALS.get(organisation, ("", 0, "", {}))
        refused = {"files": ("repo",), "everything": ("commits", "revisions")}.get(fails, ())
        if what in (("commits",) if organisation == "no-revision" else refused):
            message = {"Code": 10010205001, "Message": "record not found", "Success": False}
            return self.give(status, json.dumps(message).encode(), headers)
        if organisation == "silent" or (organisation == "silent-files" and what == "repo"):
            return self.wait()
        if organisation == "portal":
            return self.give(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
        if what == "repo" and asked[1] == "api/v1" and query["FilePath"].endswith(".safetensors"):
            return self.give(302, b"", {"Location": self.path.replace("/api/v1/", "/store/", 1)})
        if what == "repo":
            return self.give_range(organisation, self.server.commits[query["Revision"]] / query["FilePath"])
        return self.give_data(_DATA[what](self.server, query))

    def give_data(self, data: Mapping[str, Any]) -> None:
        self.give(200, json.dumps({"Code": 200, "Data": data, "Message": "", "Success": True}).encode())

    def give_range(self, organisation: str, path: Path) -> None:
        """The file, or its rest; of some organisations no more than the first half of the file that is likely to stop."""
        content = path.read_bytes()
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        headers = {"Content-Range": f"bytes {begin}-{len(content) - 1}/{len(content)}"} if begin else {}
        status = 206 if begin else 200
        if organisation == "changed" and path.name == LIKELY_TO_STOP:
            content = bytes(len(content))
        if path.name != LIKELY_TO_STOP or organisation not in ("stalled", "cut", "short"):
            return self.give(status, content[begin:], headers)
        half = content[begin : len(content) // 2]
        if organisation != "short":
            headers["Content-Length"] = str(len(content) - begin)
        self.give(status, half, headers)
        self.close_connection = True
        return self.wait() if organisation == "stalled" else None


def _entries(folder: Path) -> Iterator[dict[str, object]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        entry: dict[str, object] = {"Path": name, "Name": path.name, "Revision": folder.name}
        if path.is_dir():
            yield entry | {"Type": "tree", "Size": 0, "Sha256": ""}
        else:
            yield entry | {"Type": "blob", "Size": path.stat().st_size, "Sha256": digest_of(path)}


# Each gives the `Data` of an answer.


def _commits(hub: Hub, query: Mapping[str, str]) -> dict[str, Any]:
    known = query["Ref"] in ("master", "v1")
    newest = [{"Id": hub.main, "ShortId": hub.main[:8]}] if known else None
    return {"Commit": newest, "TotalCount": len(newest or [])}


def _revisions(_: Hub, __: Mapping[str, str]) -> dict[str, Any]:
    return {"RevisionMap": {"Branches": [{"Revision": "master"}], "Tags": [{"Revision": "v1"}]}}


def _files(hub: Hub, query: Mapping[str, str]) -> dict[str, Any]:
    folder = hub.commits.get(query["Revision"])
    if not folder:  # of a revision that is not there, the hub lists nothing, and says so in no other way
        return {"Files": None, "IsVisual": 0, "LatestCommitter": None}
    latest = {"Id": "", "ShortId": query["Revision"][:8]}
    return {"Files": list(_entries(folder)), "IsVisual": 0, "LatestCommitter": latest}


def _page(hub: Hub, query: Mapping[str, str]) -> dict[str, Any]:
    data, size = _files(hub, query), int(query["PageSize"])
    first = (int(query["PageNumber"]) - 1) * size
    return data | {"Files": (data["Files"] or [])[first : first + size]}


_DATA: dict[str, Callable[[Hub, Mapping[str, str]], dict[str, Any]]] = {
    "commits": _commits,
    "revisions": _revisions,
    "repo/files": _files,  # of models
    "repo/tree": _page,  # of data sets
}
