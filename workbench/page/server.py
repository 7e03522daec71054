"""The page's server: Streamlit, and beside its start everything loaded that the first visitor would wait for."""

import errno
import gc
import os
import socket
import sys
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from threading import Thread, get_native_id
from time import sleep
from typing import Any

from workbench.core.errors import PageError, WorkbenchError
from workbench.core.settings import Pair
from workbench.page.loading import load_sections

_HEAD_START = 2  # seconds that a browser which is waiting already has the processor for itself


def settings() -> dict[str, Any]:
    """Every setting of the page's server, by its dotted name: safe ones, and the theme.

    They lie in one file, which `streamlit run` in the repository reads by itself.
    """
    packaged = Path(str(files("workbench.page").joinpath("streamlit.toml")))
    repository = Path(str(files("workbench"))).parent / ".streamlit" / "config.toml"
    file = packaged if packaged.is_file() else repository
    return _dotted(tomllib.loads(file.read_text(encoding="utf-8")))


def _dotted(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    names: dict[str, Any] = {}
    for key, value in table.items():
        names |= _dotted(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return names


def check_port(port: int) -> None:
    """A PageError where the page cannot answer at `port` of this machine."""
    for family, kind, _, _, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
        try:
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
                probe.bind(address)
        except OSError as fault:
            if fault.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):  # a machine without IPv6
                continue
            in_use = fault.errno == errno.EADDRINUSE
            found = "is in use" if in_use else f"cannot be had ({fault.strerror})"
            remedy = "choose another with --port (or PORT=…)" + (
                ", or stop what answers there" if in_use else ""
            )
            raise PageError(f"port {port}", found, remedy=remedy) from fault


def serve(pair: Pair, home: Path, port: int) -> None:
    """Serves the page until it is stopped; its settings hold wherever it is started from."""
    from streamlit.web.cli import main as streamlit

    app = str(files("workbench.page").joinpath("app.py"))
    flags = [f"--{name}={_written(value)}" for name, value in (settings() | {"server.port": port}).items()]
    load_sections()  # before the server answers: a visitor's browser and this would only slow each other
    Thread(target=warm_up, args=(pair, home), daemon=True).start()
    arguments = ["--pair", pair.file, "--variant", pair.variant, "--home", str(home)]
    sys.argv = ["streamlit", "run", app, *flags, "--", *arguments]
    streamlit()


def _written(value: Any) -> str:
    """A setting's value as a flag has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def warm_up(pair: Pair, home: Path) -> None:
    """Opens the index, measures the first query set and loads the vectors, as the page will; a fault is for the page to show."""
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
        for name in names:
            opened.workbench.index.load(opened.workbench.index.column_of(name, max(pair.dims)))
        if pair.queries:
            view = View(
                "en", max(pair.dims), next(iter(pair_sets(pair))), names[0], names[min(1, len(names) - 1)]
            )
            measured = opened.experiment(view)
            tables.tradeoff(measured, {})
            measured.comparisons.crossovers(view.system)
            for dim in pair.dims:
                tables.headline(measured, dim)
                tables.by_slice(measured, "topic", dim)
            opened.ask(view, measured.query_set.judged[0].text, 10, Filter(), frozenset(), False)
    except WorkbenchError:
        return
    gc.collect()
    gc.freeze()  # Streamlit collects garbage after every run: what stays for good need not be looked through each time
