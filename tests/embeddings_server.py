"""An OpenAI-compatible embeddings server on loopback, with a real model behind it; answers and faults can be put in front."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from sentence_transformers import SentenceTransformer

from workbench.core.vectors import Vectors
from workbench.encoders.backends.served_probes import TEXTS as PROBES

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Fault:
    """An answer in place of the vectors; `body` may be cut at `sent` bytes; `wait`: no more follows, nor is the connection closed."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: int | None = None
    wait: bool = False


class EmbeddingsServer(ThreadingHTTPServer):
    """`faults`: answers to give first, one a request; `change`: what becomes of the vectors; `works`: requests until it fails for good.

    `encode`: texts -> their vectors, (n, d); `refuses`: what it answers to some texts. What it is asked with the texts of
    `served_probes` is in `probes`, and `faults`, `change` and `works` are not for it; all else is in `requests`.
    `lists`: what it tells of its models, by path: JSON, or a Fault; by default it has no such addresses. `requests` and
    `texts` are what it was asked, `keys` the Authorization headers that came along; `asked`: path and key of each question
    for a list.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = SentenceTransformer(str(folder), device="cpu")
        self.encode: Callable[[list[str]], Vectors] = self.own
        self.refuses: Callable[[list[str]], Fault | None] = lambda texts: None
        self.probes: list[list[str]] = []
        self.path = "/v1/embeddings"
        self.faults = deque[Fault]()
        self.change: Callable[[Rows], Any] = lambda rows: rows
        self.works: int | None = None
        self.lists: dict[str, Any] = {}
        self.asked: list[tuple[str, str]] = []
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.lock, self.closing = threading.Lock(), threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def texts(self) -> list[str]:
        return [text for request in self.requests for text in request["input"]]

    def own(self, texts: list[str]) -> Vectors:
        """Vectors of the model itself."""
        return np.asarray(self.model.encode(texts, convert_to_numpy=True))

    def answer(self, request: dict[str, Any], key: str) -> Fault:
        texts = request["input"]
        with self.lock:
            if set(texts) & set(PROBES):
                self.probes.append(texts)
                return self.refuses(texts) or self.vectors(request, lambda rows: rows)
            self.requests.append(request)
            self.keys.append(key)
            if self.faults:
                return self.faults.popleft()
            if self.works is not None and len(self.requests) > self.works:
                return Fault(400, b'{"error": "out of memory"}')
            return self.refuses(texts) or self.vectors(request, self.change)

    def vectors(self, request: dict[str, Any], change: Callable[[Rows], Any]) -> Fault:
        rows = [
            {"object": "embedding", "index": place, "embedding": vector}
            for place, vector in enumerate(self.encode(request["input"]).tolist())
        ]
        answer = {"object": "list", "data": change(rows), "model": request["model"]}
        return Fault(body=json.dumps(answer).encode())


class _Handler(BaseHTTPRequestHandler):
    server: EmbeddingsServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization", "")))
        told = self.server.lists.get(self.path, Fault(404, b"404 page not found"))
        self.answer(told if isinstance(told, Fault) else Fault(body=json.dumps(told).encode()))

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        right = self.path == self.server.path
        answer = (
            self.server.answer(request, self.headers.get("Authorization", ""))
            if right
            else Fault(404, b"404 page not found")
        )
        self.answer(answer)

    def answer(self, answer: Fault) -> None:
        if answer.wait and answer.sent is None:
            return self.wait()
        self.send_response(answer.status)
        for name, value in (
            {"Content-Type": "application/json", "Content-Length": str(len(answer.body))}
            | dict(answer.headers)
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: answer.sent])
        self.close_connection = answer.sent is not None
        return self.wait() if answer.wait else None

    def wait(self) -> None:
        self.server.closing.wait(60)
        self.close_connection = True


@contextmanager
def serving(folder: Path) -> Iterator[EmbeddingsServer]:
    server = EmbeddingsServer(folder)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
