"""A model hub on loopback: serves local folders as a hub does, or fails as hubs do, by the organisation asked for."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# Organisation -> (what fails: everything, or only the files), HTTP status, X-Error-Code, more headers.
REFUSALS: dict[str, tuple[str, int, str, dict[str, str]]] = {
    "gated": ("files", 401, "GatedRepo", {}),
    "unlisted": ("files", 403, "GatedRepo", {}),
    "hidden": ("everything", 401, "GatedRepo", {}),
    "forbidden": ("everything", 403, "", {}),
    "unknown-token": (
        "everything",
        401,
        "",
        {"X-Error-Message": "Invalid credentials in Authorization header"},
    ),
    "missing": ("everything", 404, "RepoNotFound", {}),
    "no-revision": ("everything", 404, "RevisionNotFound", {}),
    "lost-file": ("files", 404, "EntryNotFound", {}),
    "out-of-order": ("everything", 503, "", {}),
    "half-down": ("files", 500, "", {}),
    "crowded": ("everything", 429, "", {"ratelimit": '"api";r=0;t=300'}),
    "rationed": ("files", 429, "", {"Retry-After": "3600"}),
}
XET = {
    "X-Xet-Hash": "e" * 64,
    "X-Xet-Refresh-Route": "http://127.0.0.1:9/no-such-store",
}  # hubs offer this of large files; nothing is there
LIKELY_TO_STOP = "model.safetensors"  # the file that the organisations stalled, cut and short send in part


class Hub(ThreadingHTTPServer):
    """`commits`: commit -> folder; `main`: the commit of every branch; `asked`: method, path and authorization of each request for a repository."""

    daemon_threads = True

    def __init__(self, commits: Mapping[str, Path], main: str, handler: type["Handler"]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.commits, self.main = dict(commits), main
        self.asked: list[tuple[str, str, str]] = []
        self.closing = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(commits: Mapping[str, Path], main: str, handler: type["Handler"] | None = None) -> Iterator[Hub]:
    hub = Hub(commits, main, handler or Handler)
    threading.Thread(target=hub.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield hub
    finally:
        hub.closing.set()
        hub.shutdown()
        hub.server_close()


_API = re.compile(r"/api/(?:models|datasets)/([^/]+)/([^/]+)(?:/(revision|tree)/([^/?]+))?(?:\?.*)?")
_FILE = re.compile(r"/(?:datasets/)?([^/]+)/([^/]+)/resolve/([^/]+)/(.+)")


class Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        file, asked = _FILE.fullmatch(self.path), _API.fullmatch(self.path)
        if file:
            organisation, stage = file[1], "files"
        elif asked:
            organisation, stage = asked[1], "everything"
        else:
            return self.give(404, b"")  # what else the library asks of its hub
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        fails, status, code, headers = REFUSALS.get(organisation, ("", 0, "", {}))
        if fails in ("everything", stage):
            return self.give(status, b"{}", headers | ({"X-Error-Code": code} if code else {}))
        if organisation == "silent" or (organisation == "silent-files" and file):
            return self.wait()
        if organisation == "portal":
            return self.give(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
        if file:
            return self.give_file(organisation, file[3], file[4])
        assert asked
        return self.give_list(asked[1], asked[2], asked[3], asked[4])

    def give_list(self, organisation: str, name: str, what: str | None, revision: str | None) -> None:
        commit = revision if revision in self.server.commits else self.server.main
        folder = self.server.commits[commit]
        if what != "tree":
            return self.give(
                200,
                json.dumps(
                    {"id": f"{organisation}/{name}", "sha": commit, "siblings": [], "tags": []}
                ).encode(),
            )
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return self.give(200, json.dumps([_listed(path, folder) for path in files]).encode())

    def give_file(self, organisation: str, commit: str, name: str) -> None:
        path = self.server.commits[commit] / name
        content = path.read_bytes()
        headers = {"ETag": f'"{digest_of(path)}"', "X-Repo-Commit": commit} | (
            XET if path.suffix == ".safetensors" else {}
        )
        if (
            self.command == "HEAD"
            or name != LIKELY_TO_STOP
            or organisation not in ("stalled", "cut", "short")
        ):
            return self.give(200, content, headers)
        half = content[: len(content) // 2]
        self.give(
            200, half, headers | ({} if organisation == "short" else {"Content-Length": str(len(content))})
        )
        self.close_connection = True
        return self.wait() if organisation == "stalled" else None

    def give(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (
            {"Content-Length": str(len(body)), "Content-Type": "application/json"} | dict(headers or {})
        ).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def wait(self) -> None:
        """Accepts, and never answers."""
        self.server.closing.wait(60)
        self.close_connection = True


def _listed(path: Path, folder: Path) -> dict[str, object]:
    size, digest = path.stat().st_size, digest_of(path)
    large = (
        {"lfs": {"oid": digest, "size": size, "pointerSize": 134}, "xetHash": XET["X-Xet-Hash"]}
        if path.suffix == ".safetensors"
        else {}
    )
    return {"type": "file", "path": str(path.relative_to(folder)), "size": size, "oid": digest} | large


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
