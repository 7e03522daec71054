"""What is wrong with the fusions of a pair: of what, and with what weights."""

from graphlib import CycleError, TopologicalSorter

from workbench.core.errors import PairError
from workbench.core.pair_text import PairText
from workbench.core.settings import FusionSystem, Pair


def check_fusions(pair: Pair, text: PairText) -> None:
    """A PairError where a fusion is of an unknown system, of one twice, of itself, or weighs what it is not of."""
    fusions = {name: system for name, system in pair.systems.items() if isinstance(system, FusionSystem)}
    for name, fusion in fusions.items():
        at, others = text.at("systems", name, "of"), ", ".join(each for each in pair.systems if each != name)
        if unknown := [part for part in fusion.of if part not in pair.systems]:
            found = f'it is of "{unknown[0]}", which is no system'
            raise PairError(at, found, wanted=f"of {others}", remedy="mend its name")
        if len(set(fusion.of)) < len(fusion.of):
            found = f"it is of one system twice: {list(fusion.of)}"
            raise PairError(at, found, remedy="name each once, and say with `weights` how much it counts")
        if unknown := [part for part in fusion.weights if part not in fusion.of]:
            found, place = f'it weighs "{unknown[0]}", which it is not of', ("weights", unknown[0])
            at = text.at("systems", name, *place)
            raise PairError(at, found, wanted=f"of {', '.join(fusion.of)}", remedy="mend its name")
    try:
        TopologicalSorter({name: fusion.of for name, fusion in fusions.items()}).prepare()
    except CycleError as fault:
        circle = list(reversed(fault.args[1]))
        at, found = text.at("systems", circle[0], "of"), f"it is of itself: {' → '.join(circle)}"
        raise PairError(at, found, wanted="of other systems", remedy="take that one out") from fault
