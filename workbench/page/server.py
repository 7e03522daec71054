"""The page's server: Streamlit, and beside its start everything loaded that the first visitor would wait for."""

import gc
import os
import sys
from importlib.resources import files
from pathlib import Path
from threading import Thread, get_native_id
from time import sleep

from workbench.core.errors import WorkbenchError
from workbench.core.settings import Pair
from workbench.page.loading import load_sections

_HEAD_START = 2  # seconds that a browser which is waiting already has the processor for itself

_SETTINGS = {
    "server.address": "localhost",
    "server.headless": "true",
    "server.maxUploadSize": "50",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
}


def serve(pair: Pair, home: Path, port: int) -> None:
    """Serves the page until it is stopped; safe settings hold wherever it is started from."""
    from streamlit.web.cli import main as streamlit

    app = str(files("workbench.page").joinpath("app.py"))
    settings = [f"--{name}={value}" for name, value in (_SETTINGS | {"server.port": port}).items()]
    load_sections()  # before the server answers: a visitor's browser and this would only slow each other
    Thread(target=warm_up, args=(pair, home), daemon=True).start()
    sys.argv = [
        "streamlit",
        "run",
        app,
        *settings,
        "--",
        "--pair",
        pair.file,
        "--variant",
        pair.variant,
        "--home",
        str(home),
    ]
    streamlit()


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
