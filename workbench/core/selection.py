"""A part of a pair, or the pair with other prompts."""

from dataclasses import replace
from typing import Any

from workbench.core.errors import PairError
from workbench.core.settings import Pair, System, Variant

ALL_VARIANTS = "all"


def with_variant(pair: Pair, name: str) -> Pair:
    """`pair` with the prompts of one of its variants; `all`: as it is, and every variant that differs as a further system."""
    if name == ALL_VARIANTS:
        further = {
            f"{system}{variant}": replace(changed, label=f"{changed.label}, {variant}", reported={})
            for variant in pair.variants
            for system, changed in _changed(pair, variant).items()
            if changed != pair.systems[system]
        }
        return replace(pair, systems=pair.systems | further, variant=name)
    if name not in pair.variants:
        wanted = (
            ", ".join([*pair.variants, ALL_VARIANTS]) if pair.variants else "none: the pair has no variants"
        )
        raise PairError(
            f'variant "{name}"',
            "is not in the pair",
            wanted=wanted,
            remedy="choose among these, or add [variants.…] to the pair file",
        )
    return replace(pair, systems=_changed(pair, name), variant=name)


def _changed(pair: Pair, variant: str) -> dict[str, System]:
    """All systems as a variant has them."""
    return {
        name: replace(system, **_given(pair.variants[variant].get(name)))
        for name, system in pair.systems.items()
    }


def _given(variant: Variant | None) -> dict[str, Any]:
    return {key: value for key, value in (vars(variant) if variant else {}).items() if value is not None}


def select(
    pair: Pair, *, systems: str | None = None, dims: str | None = None, device: str | None = None
) -> Pair:
    """`pair` with some systems and dimensions only (names and numbers with commas between them), on another device."""
    names = _listed(systems, list(pair.systems), "systems", "in the pair")
    dimensions = _listed(dims, list(map(str, pair.dims)), "dims", "indexed")
    chosen = {
        name: replace(pair.systems[name], device=device) if device else pair.systems[name] for name in names
    }
    return replace(pair, systems=chosen, dims=tuple(sorted(map(int, dimensions), reverse=True)))


def _listed(given: str | None, known: list[str], subject: str, where: str) -> list[str]:
    wanted = [item.strip() for item in given.split(",")] if given is not None else known
    if unknown := [item for item in wanted if item not in known]:
        raise PairError(
            subject,
            f'"{unknown[0]}" is not {where}',
            wanted=f"of {', '.join(known)}",
            remedy="choose among these, or add it to the pair",
        )
    return list(dict.fromkeys(wanted))


def with_baseline(pair: Pair, baseline: str | None) -> Pair:
    """`pair` with the baseline first."""
    return select(pair, systems=",".join([baseline, *pair.systems])) if baseline else pair
