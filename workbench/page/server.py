"""The page's server: Streamlit, and beside its start everything loaded that the first visitor would wait for."""

import errno
import gc
import os
import socket
import sys
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from threading import Thread, get_native_id
from time import sleep
from typing import Any

from workbench.core.errors import PortError, WorkbenchError
from workbench.core.settings import Pair
from workbench.page.sections import SECTIONS

_HEAD_START = 2  # seconds that a browser which is waiting already has the processor for itself

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
    Thread(target=warm_up, args=(pair, home), daemon=True).start()
    app = str(files("workbench.page").joinpath("app.py"))
    sys.argv = ["streamlit", "run", app, *options, f"--server.port={port}", "--", *chosen]
    streamlit()


def warm_up(pair: Pair, home: Path) -> None:
    """Opens the index, measures the first query set and loads the vectors, as the page will.

    A fault is for the page to show.
    """
    if sys.platform == "linux":  # where a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, get_native_id(), 10)
    sleep(_HEAD_START)
    from workbench.evaluation import tables
    from workbench.index import Filter
    from workbench.page import services
    from workbench.page.choices import View
    from workbench.page.query_sets import pair_sets

    try:
        opened, names = services.open_services(pair, home), list(pair.systems)
        for name in pair.dense:
            opened.workbench.index.load(opened.workbench.index.column_of(name, pair.dims_of(name)[0]))
        if pair.queries:
            view = View(
                "en", max(pair.dims), next(iter(pair_sets(pair))), names[0], names[min(1, len(names) - 1)]
            )
            experiment = opened.experiment(view)
            tables.tradeoff(experiment, {})
            experiment.comparisons.crossovers(view.system)
            for dim in pair.dims:
                tables.headline(experiment, dim)
                tables.by_slice(experiment, "topic", dim)
            opened.ask(view, experiment.query_set.judged[0].text, 10, Filter(), frozenset(), False)
    except WorkbenchError:
        return
    gc.collect()
    # Streamlit collects garbage after every run: what stays for good need not be looked through each time.
    gc.freeze()
