"""Training triplets to take away, and the commands that make the same files and train on them."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from workbench.core.settings import home_words
from workbench.evaluation import tables
from workbench.evaluation.experiment import Experiment
from workbench.page import markup, parts
from workbench.page.choices import View
from workbench.page.labels import label
from workbench.page.query_sets import pair_sets
from workbench.page.services import Services


@dataclass(frozen=True)
class _Mined:
    """A file of triplets on offer: whose wrong results, and for how many `queries`, all or those of one kind `only`."""

    system: str
    only: str | None
    queries: int
    file: str

    @property
    def options(self) -> list[str]:
        """What asks for it on the command line."""
        only = ["--only", self.only] if self.only else []
        return ["--system", self.system, *only, "--out", self.file]


def draw_triplets(services: Services, view: View, experiment: Experiment) -> None:
    """What `workbench mine` writes, mined when it is asked for; and the commands that do the same, and train."""
    language, name = view.language, view.query_set
    files = [
        mined
        for system in view.systems
        if system in services.pair.dense
        for mined in _mined(services, view, experiment, system)
    ]
    if not files:  # what has no vectors is not trained
        return
    held_out = name in pair_sets(services.pair)
    notes = [label(language, "triplets_note", dim=experiment.dims[0])]
    if held_out:
        notes.append(label(language, "triplets_held_out", name=name))
    st.html(markup.heading(label(language, "triplets_title")) + "".join(map(markup.note, notes)))
    for mined in files:
        kind, shown = mined.only or "all", services.label(mined.system)
        text = label(language, f"file {kind}", label=shown, count=mined.queries)
        data = partial(services.triplets, experiment.query_set, mined.system, mined.only)
        download(f"{kind} {mined.system}", mined.file, "application/jsonl", data, text, widths=(2, 5))
    queries = _from_here(services.query_set_file(name))
    mining = [_command(services, "mine", "--queries", queries, *mined.options) for mined in files]
    training = [] if held_out else _training(services, files)
    st.html(markup.note(label(language, "triplets_training" if training else "triplets_commands")))
    st.code("\n".join([*mining, *training]), language=None, wrap_lines=True)


def _mined(services: Services, view: View, experiment: Experiment, system: str) -> list[_Mined]:
    """The files of one system: all queries, and those with a wrong scope or place on top where there are any."""
    stem = f"{services.pair.slug}-{view.query_set}-{system}"
    displaced = tables.displaced(experiment, system, experiment.dims[0])
    queries = {None: len(experiment.query_set.judged), "displaced": len(displaced)}
    return [
        _Mined(system, only, count, f"{stem}-{only or 'triplets'}.jsonl")
        for only, count in queries.items()
        if count
    ]


def _training(services: Services, files: Sequence[_Mined]) -> list[str]:
    """A command for each system to train it on all its triplets; a model behind a server has no weights to train."""
    whole = {mined.system: mined.file for mined in files if not mined.only}
    return [
        _command(services, "train", "--system", system, "--triplets", file, "--out", f"{system}-trained")
        for system, file in whole.items()
        if not services.pair.dense[system].url
    ]


def _command(services: Services, name: str, *options: str) -> str:
    """A command on this pair, for a shell in the folder that the page is served from."""
    pair = services.pair
    variant = ["--variant", pair.variant] if pair.variant else []
    elsewhere = home_words(services.workbench.home)
    return shlex.join(["workbench", name, "--pair", pair.typed, *variant, *elsewhere, *options])


def _from_here(path: Path) -> str:
    """A path as one would type it in the folder that the page is served from."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def download(
    key: str,
    file: str,
    mime: str,
    data: Callable[[], str | bytes],
    text: str,
    *,
    widths: tuple[int, int] = (1, 1),
) -> None:
    """A download beside what is said of it, in columns of these relative widths."""
    button, description = st.columns(widths, vertical_alignment="center")
    button.download_button(
        parts.escape_markdown(file),
        data,
        file,
        mime,
        key=f"file {key}",
        on_click="ignore",
        width="stretch",
    )
    description.html(markup.note(text))
