"""The page's server: Streamlit, and beside its start everything loaded that the first visitor would wait for."""

import errno
import gc
import os
import socket
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from threading import Event, Thread
from typing import Any

from workbench.core.errors import PortError, WorkbenchError
from workbench.core.settings import Pair
from workbench.page.sections import SECTIONS

_READY_WITHIN = (
    4  # seconds that the server waits for what a visitor sees first: its browser would only slow this
)

ADDRESS = "localhost"


def check_port(port: int) -> None:
    """Raises a PortError where the page could not answer on `port` of this machine."""
    for family, kind, protocol, _, address in socket.getaddrinfo(ADDRESS, port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":  # as servers do it: connections of before that are closing are no obstacle
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as fault:
                _refuse(port, fault)


def _refuse(port: int, fault: OSError) -> None:
    if fault.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):  # a machine without IPv6, say
        return
    reasons = {
        errno.EADDRINUSE: "something answers there already",
        errno.EACCES: "only the system's administrator may answer there",
    }
    found = reasons.get(fault.errno or 0, fault.strerror or str(fault))
    raise PortError(
        f"Port {port}", found, remedy="name another one with --port or PORT, e.g. 8502"
    ) from fault


def settings() -> dict[str, str]:
    """Streamlit's settings for this page, `section.option` -> value: how it looks, and what is safe."""
    packaged = files("workbench.page").joinpath("streamlit.toml").read_text(encoding="utf-8")
    return dict(_flattened(tomllib.loads(packaged)))


def _flattened(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value).lower() if isinstance(value, bool) else str(value)


def serve(pair: Pair, home: Path, port: int) -> None:
    """Serves the page until it is stopped; its settings hold wherever it is started from."""
    from streamlit.web.cli import main as streamlit

    options = [f"--{name}={value}" for name, value in settings().items()]
    chosen = ["--pair", pair.typed, "--variant", pair.variant, "--home", str(home)]
    for section in SECTIONS.values():  # before the server answers: a visitor's browser would only slow this
        section.load()
    ready = Event()
    thread = Thread(target=warm_up, args=(pair, home, ready), daemon=True)
    thread.start()
    ready.wait(_READY_WITHIN)
    if sys.platform == "linux" and thread.native_id:  # where a thread has a priority of its own
        with suppress(ProcessLookupError):  # it may have ended
            os.setpriority(os.PRIO_PROCESS, thread.native_id, 10)  # the rest gives way to visitors
    app = str(files("workbench.page").joinpath("app.py"))
    sys.argv = ["streamlit", "run", app, *options, f"--server.port={port}", "--", *chosen]
    streamlit()


def warm_up(pair: Pair, home: Path, ready: Event) -> None:
    """Works out what the page shows first, sets `ready`, then measures and loads what it shows next.

    A fault is for the page to show.
    """
    from workbench.evaluation import tables
    from workbench.page import examples, services
    from workbench.page.choices import View
    from workbench.page.query_sets import pair_sets

    try:
        opened, names = services.open_services(pair, home), list(pair.systems)
        query_set = next(iter(pair_sets(pair)), "")
        view = View("en", pair.dims[0], query_set, names[0], names[min(1, len(names) - 1)])
        examples.prepare(opened, view)
        ready.set()
        for name in pair.dense:
            opened.workbench.index.load(opened.workbench.index.column_of(name, pair.dims_of(name)[0]))
        if query_set:
            experiment = opened.experiment(view)
            tables.tradeoff(experiment, {})
            experiment.comparisons.crossovers(view.system)
            for dim in pair.dims:
                tables.headline(experiment, dim)
                tables.by_slice(experiment, "topic", dim)
    except WorkbenchError:
        return
    finally:
        ready.set()
    gc.collect()
    # Streamlit collects garbage after every run: what stays for good need not be looked through each time.
    gc.freeze()
