"""Building the index: resumable, one builder at a time, replaced in one commit.

The corpus passes by in units (`units`), whose text columns and vectors are data files of the table; a file of a unit that has
not changed stays. Once all are there, one commit makes the new table of them; full-text indexes and checksums follow, then the
rows of `builds` that name it, and that commit is the switch: a reader sees the old index or the new one. Memory is that of a
unit, however many articles there are.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from workbench.core.domain import Article
from workbench.core.settings import Pair
from workbench.corpora.versions import Replacements
from workbench.encoders import Encoder
from workbench.index.building.data_files import DataFolder
from workbench.index.building.engine import Engine, LocalEngine
from workbench.index.building.filling import Filler
from workbench.index.building.finished import FinishedIndex
from workbench.index.building.jobs import Filling, Job
from workbench.index.building.leaving_out import without_rows
from workbench.index.building.replacing import NewTable, replace_table
from workbench.index.building.staged import FOLDER, Filled, remove_below
from workbench.index.building.systems import Built, SystemBuild
from workbench.index.building.units import Texts
from workbench.index.building.work import Progress, Work
from workbench.index.columns import differing_keys, skipped_in
from workbench.index.faults import readable
from workbench.index.locking import only_builder
from workbench.index.precomputed import PrecomputedVectors
from workbench.index.reading import STAGING
from workbench.index.storage import check_place, connect

__all__ = ["BuildReport", "Engine", "Filled", "Filler", "Filling", "Job", "LocalEngine", "build"]


@dataclass(frozen=True)
class BuildReport:
    """What one build did.

    `encoded`, `reused` and `taken` count vectors per system; `notes`: what a reader should know; `skipped`: `doc_id` of an
    article that was left out -> for which system's sake and why.
    """

    rows: int
    encoded: Mapping[str, int]
    reused: Mapping[str, int]
    replaced: bool
    taken: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)


def build(
    uri: str,
    articles: Collection[Article],
    pair: Pair,
    encoders: Mapping[str, Encoder],
    progress: Progress = lambda *_: None,
    *,
    only: Pair | None = None,
    subset: str = "",
    offers: Mapping[str, Callable[[], PrecomputedVectors]] | None = None,
    skip_failed: bool = False,
    engine: Engine | None = None,
) -> BuildReport:
    """Brings the index at `uri` to `articles` (in `doc_id` order) and `pair`, encoding only what is not there yet.

    `only`: the pair narrowed to the systems and dimensions to build; what is there of the others stays, and where it
    does not cover `articles` nothing is done. One system is encoded after the other, and its model released. `subset`:
    the record of how `articles` were selected from the corpus. `offers`: by system, what reads the vectors that a source
    brings along; called where some are missing. `skip_failed`: leaves out articles for which some system gives no vector,
    for all systems, so that these search the same rows; else an EncoderError names the first of them. `engine`: what
    fills units, by default this process.
    `progress(system, done, total)` is called while texts are encoded.
    """
    only = only or pair
    check_place(uri)
    with only_builder(uri) as held, readable(uri, pair.typed):
        old, folder = FinishedIndex.at(uri), DataFolder(uri)
        holders = [each for each in (old, _other(pair.index.at(pair.index.reuse), uri)) if each]
        dims = _dims(old, pair, only, encoders)
        staying = dims.keys() - pair.column_dims(only).keys()
        failed = {name: _failed_before(holders, name) for name in staying}
        texts = Texts(folder, old, pair.lexical)
        units = list(texts.units(articles, Replacements.of(articles), set().union(*failed.values())))
        work = Work(
            uri=uri,
            wanted=[name for name in dims if name not in staying],
            pair=pair,
            units=units,
            holders=holders,
            encoders=encoders,
            offers=offers or {},
            engine=engine or LocalEngine(),
            progress=progress,
            skip_failed=skip_failed,
            left_out={name: _listed(texts.left_out, whys) for name, whys in failed.items()},
        )
        order = sorted(dims, key=lambda name: name not in staying)  # whether these can stay comes first
        built, gone = dict[str, Built](), dict[str, set[int]]()
        for name in order:
            built[name] = SystemBuild(work, name, dims[name], gone).run()
            for each in built[name].filled.values():
                if each.failed:
                    gone.setdefault(each.unit, set()).update(each.failed)
        new = NewTable(
            pair=pair,
            schema=texts.schema,
            units=units,
            dims=dims,
            filled={name: each.filled for name, each in built.items()},
            builds={name: built[name].build for name in dims},
            subset=subset,
        )
        new = without_rows(new, gone, old, folder, texts)
        held.check()
        replaced = replace_table(uri, old, new)
        _forget_staged(uri)
        return _report(new, {name: built[name] for name in work.wanted}, built, replaced)


def _dims(
    old: FinishedIndex | None, pair: Pair, only: Pair, encoders: Mapping[str, Encoder]
) -> dict[str, list[int]]:
    """System -> dimensions, widest first: those of `only`, then what is there of the pair's others and fits."""
    building = pair.column_dims(only)
    found = {name: set(dims) for name, dims in building.items()}
    for name, own in pair.column_dims().items() if old else ():
        wanted, elsewhere = encoders[name].description, pair.elsewhere(name)
        for dim in set(own) - set(building.get(name, ())):
            build = old.index.builds.get(old.index.column_for(name, dim, wanted, elsewhere)) if old else None
            if build and not differing_keys(build, wanted):
                found.setdefault(name, set()).add(dim)
    return {name: sorted(dims, reverse=True) for name, dims in found.items()}


def _failed_before(holders: list[FinishedIndex], system: str) -> dict[str, str]:
    """Content hash -> why, of what the last build left out for the sake of a system that is not to be built now."""
    return {
        each.content_hash: each.why
        for holder in holders
        for build in holder.index.builds.values()
        if build["system"] == system
        for each in skipped_in(build).values()
    }


def _listed(left_out: Mapping[str, str], whys: Mapping[str, str]) -> dict[str, list[str]]:
    """`doc_id` -> content hash and why, of the articles that were left out for one system's sake."""
    return {doc_id: [hashed, whys[hashed]] for doc_id, hashed in left_out.items() if hashed in whys}


def _other(uri: str, own: str) -> FinishedIndex | None:
    """The index whose vectors are taken over, where there is one beside the pair's `own`."""
    return FinishedIndex.at(uri) if uri and uri != own else None


def _forget_staged(uri: str) -> None:
    """Removes what builds have staged, and the tables in which an earlier version did."""
    database = connect(uri)
    for name in database.list_tables().tables:
        if name.startswith(STAGING):
            database.drop_table(name)
    remove_below(uri, f"{FOLDER}/")


def _report(
    new: NewTable, wanted: Mapping[str, Built], built: Mapping[str, Built], replaced: bool
) -> BuildReport:
    taken = {name: each.taken for name, each in built.items() if each.taken}
    return BuildReport(
        rows=new.rows,
        encoded={name: each.encoded for name, each in wanted.items()},
        reused={name: max(new.rows - each.encoded - each.taken, 0) for name, each in wanted.items()},
        replaced=replaced,
        taken=taken,
        notes=tuple(note for each in built.values() for note in each.notes),
        skipped={
            doc_id: f"{skipped.label}: {skipped.why}"
            for name, each in built.items()
            for doc_id, skipped in skipped_in({**each.build, "label": new.pair.systems[name].label}).items()
        },
    )
