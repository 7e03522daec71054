"""An S3-compatible server on loopback (moto), in a process of its own, and lines to it that a test can cut."""

import os
import re
import socket
import socketserver
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.browser import free_port

SECRET = "no-one-reads-this"  # noqa: S105
_TO_S3 = {"Authorization": "AWS4 Credential=a/b/us-east-1/s3/x"}  # tells moto which of its services is meant
_PLAIN = {"Content-Type": "text/plain"}
_WRITES = ("PUT ", "POST ", "DELETE ")
_REQUEST = re.compile(rb"([A-Z]+ /\S*) HTTP/1.1\r\n")
_PIECE = 1 << 16  # bytes passed on at a time


@dataclass(frozen=True)
class S3Server:
    """`address`: where it answers, to whatever keys until `wants_keys`."""

    address: str

    @property
    def options(self) -> dict[str, str]:
        """What reaches it, as [index.storage_options]."""
        keys = {"aws_access_key_id": "reader", "aws_secret_access_key": SECRET, "region": "us-east-1"}
        return {**keys, "endpoint": self.address, "allow_http": "true"}

    @property
    def environment(self) -> dict[str, str]:
        """The same as environment variables."""
        return {f"AWS_{name.removeprefix('aws_').upper()}": value for name, value in self.options.items()}

    def make_bucket(self, name: str) -> None:
        _ask(Request(f"{self.address}/{name}", headers=_TO_S3, method="PUT"))

    def unlock(self, uri: str) -> None:
        """Ends the lock of a build that was stopped, as two minutes do without a sign of life."""
        lock = f"{self.address}/{uri.removeprefix('s3://')}/building.lock"
        _ask(Request(lock, headers=_TO_S3, method="DELETE"))

    @contextmanager
    def wanting_keys(self) -> Iterator[None]:
        """Within it, the keys in `options` are no user's."""
        _ask(Request(f"{self.address}/moto-api/reset-auth", b"0", _PLAIN))
        try:
            yield
        finally:
            _ask(Request(f"{self.address}/moto-api/reset-auth", b"inf", _PLAIN))


def _ask(request: Request) -> None:
    urlopen(request, timeout=10).close()


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A server that is ready."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=os.environ) as process:
        server = S3Server(f"http://127.0.0.1:{port}")
        try:
            _wait_for(server, process)
            yield server
        finally:
            process.terminate()


def _wait_for(server: S3Server, process: "subprocess.Popen[bytes]", seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urlopen(f"{server.address}/moto-api/", timeout=2).close()
        except HTTPError:
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


class Line(socketserver.ThreadingTCPServer):
    """A line to a server, heard by a test: `requests` are the first lines of what was asked, `answered` bytes came back.

    `ends(line)` is asked before each piece is passed on; once it is true, the line is cut for good.
    """

    daemon_threads = True

    def __init__(self, server: S3Server, ends: Callable[["Line"], bool]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        host, _, port = server.address.removeprefix("http://").partition(":")
        self.far = (host, int(port))
        self.near = S3Server(f"http://127.0.0.1:{self.server_address[1]}")
        self.requests: list[str] = []
        self.answered = 0
        self._ends, self._cut, self._one = ends, Event(), Lock()

    @property
    def writes(self) -> list[str]:
        """The requests that change what is stored."""
        return [request for request in self.requests if request.startswith(_WRITES)]

    @property
    def is_cut(self) -> bool:
        return self._cut.is_set()

    def lets(self, piece: bytes, *, asked: bool) -> bool:
        """Hears a piece of a request or an answer; whether it may be passed on."""
        with self._one:
            if asked and (line := _REQUEST.match(piece)):
                self.requests.append(line[1].decode())
            self.answered += 0 if asked else len(piece)
            if not self.is_cut and self._ends(self):
                self._cut.set()
        return not self.is_cut


class _Connection(socketserver.BaseRequestHandler):
    server: Line

    def handle(self) -> None:
        with socket.create_connection(self.server.far) as far, suppress(OSError):
            back = Thread(target=self._pass, args=(far, self.request), kwargs={"asked": False}, daemon=True)
            back.start()
            self._pass(self.request, far, asked=True)
            back.join()

    def _pass(self, source: socket.socket, target: socket.socket, *, asked: bool) -> None:
        with suppress(OSError):
            while (piece := source.recv(_PIECE)) and self.server.lets(piece, asked=asked):
                target.sendall(piece)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_to(server: S3Server, ends: Callable[[Line], bool] = lambda _: False) -> Iterator[Line]:
    """A line that is heard, and cut where `ends` says so."""
    with Line(server, ends) as line:
        Thread(target=line.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield line
        finally:
            line.shutdown()
