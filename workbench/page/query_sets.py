"""The query sets that the page offers: the pair's, then those in the home folder."""

from pathlib import Path

from workbench.core.settings import Pair
from workbench.query_sets.formats import set_names
from workbench.query_sets.own_sets import OwnSets


def own_sets_of(pair: Pair, home: Path) -> OwnSets:
    """The home folder's query sets; the names of the pair's are taken."""
    return OwnSets(home / "query_sets", taken=pair_sets(pair))


def pair_sets(pair: Pair) -> dict[str, Path]:
    """Name -> file of the query sets that the pair names."""
    return {name: Path(path) for name, path in set_names(pair.queries).items()}


def all_sets(pair: Pair, own_sets: OwnSets) -> dict[str, Path]:
    """Name -> file of every query set on offer; the pair's come first."""
    own = pair_sets(pair)
    return own | {name: path for name, path in own_sets.paths().items() if name not in own}
