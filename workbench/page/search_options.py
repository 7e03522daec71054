"""How Search looks: depth, filters, day, approximate search, a third column; all behind one control that says how many are set."""

from dataclasses import dataclass, field

from workbench.core.dimensions import own_dim
from workbench.core.domain import Level
from workbench.index import Filter
from workbench.page import choices
from workbench.page.choices import View
from workbench.page.labels import label
from workbench.page.names import level_name
from workbench.page.services import Services

DEPTHS = ("5", "10", "20", "50")
DEPTH = "10"
NATIONWIDE = "-"  # in the address: articles that hold everywhere
NO_THIRD = "-"  # in the address: two columns only
NAMES = ("depth", "level", "place", "law", "as-of", "ann", "third")


@dataclass(frozen=True)
class Options:
    """How deep the lists go, which articles are searched, whether through the ANN index, a system in a third column, and whether exact ranks beyond the lists are worked out."""

    depth: int
    where: Filter = field(default_factory=Filter)
    ann: bool = False
    third: str = ""
    ranks: bool = True


def usual(services: Services, view: View) -> Options:
    """How Search looks where nobody has chosen: a large index is searched approximately, and without such ranks."""
    large = services.workbench.index.is_large
    return Options(int(DEPTH), ann=large and _has_ann(services, view), ranks=not large)


def draw(services: Services, view: View) -> Options:
    """The options, behind a button; in the presenter's view as the address has them."""
    language = view.language
    count = choices.how_many(NAMES)
    title = label(language, "options_set", count=count) if count else label(language, "options")
    with choices.behind(title, "options"):
        depth = choices.segments("depth", label(language, "depth"), DEPTHS, language, default=DEPTH)
        levels, places = _levels(services, language), _places(services, language)
        law = choices.text("law", label(language, "law"), placeholder=label(language, "law_placeholder"))
        as_of = _as_of(language) if services.workbench.index.has_versions else ""
        third = _third(services, view)
        ann = _approximate(services, view)
    ranks = choices.is_on("ranks", language, usual=usual(services, view).ranks)
    return Options(int(depth), Filter(levels, places, law.strip(), as_of), ann, third, ranks)


def ranks_switch(services: Services, view: View) -> None:
    """Asks for the exact ranks beyond the lists, where these are worked out only then."""
    if services.workbench.index.is_large and not view.present:
        title = label(view.language, "ranks_beyond")
        choices.switch("ranks", title, view.language, help=label(view.language, "ranks_beyond_help"))


def _levels(services: Services, language: str) -> tuple[Level, ...]:
    there = services.workbench.index.values("level")
    levels = [level.value for level in Level if level.value in there]
    title = label(language, "level")
    chosen = choices.several("level", title, levels, language, lambda level: level_name(language, level))
    return tuple(map(Level, chosen))


def _places(services: Services, language: str) -> tuple[str, ...]:
    regions = [region or NATIONWIDE for region in services.workbench.index.values("region")]
    names = {NATIONWIDE: label(language, "nationwide")}
    title = label(language, "place")
    chosen = choices.several("place", title, regions, language, lambda region: names.get(region, region))
    return tuple("" if region == NATIONWIDE else region for region in chosen)


def _as_of(language: str) -> str:
    return choices.day("as-of", label(language, "as_of"), language, help=label(language, "as_of_help"))


def _third(services: Services, view: View) -> str:
    language = view.language
    others = [name for name in services.pair.systems if name not in view.systems]
    if not others:
        return ""

    def named(name: str) -> str:
        return label(language, "no_third") if name == NO_THIRD else services.label(name)

    chosen = choices.select("third", label(language, "third"), [NO_THIRD, *others], language, named)
    return chosen.replace(NO_THIRD, "")


def _approximate(services: Services, view: View) -> bool:
    language, possible = view.language, _has_ann(services, view)
    help_text = label(language, "approximate_help" if possible else "no_ann")
    title, by_default = label(language, "approximate"), usual(services, view).ann
    switched = choices.switch("ann", title, language, usual=by_default, disabled=not possible, help=help_text)
    return switched and possible


def _has_ann(services: Services, view: View) -> bool:
    """Whether the compared systems with vectors, one at least, have ANN indexes."""
    pair, index = services.pair, services.workbench.index
    dims = {name: own_dim(pair.dims_of(name), view.dim) for name in view.systems if name in pair.dense}
    return bool(dims) and all(index.ann(index.column_of(name, dim)) for name, dim in dims.items())
