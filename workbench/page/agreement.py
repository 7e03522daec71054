"""What the lists of an answer share, and how they were made."""

from workbench.core.dimensions import ALL
from workbench.evaluation.asking import Answer, Listing
from workbench.evaluation.compare import overlap, rank_biased_overlap
from workbench.page.labels import label
from workbench.page.search_options import Options
from workbench.page.services import Services


def made(services: Services, language: str, answer: Answer, options: Options) -> str:
    """One line: overlap, kinds of search, what each took."""
    filtered = [label(language, "filter_note")] if options.where and options.ranks else []
    shared, how = _shared(language, answer, options.depth), _how(services, language, answer, options)
    return " · ".join([*shared, *how, *filtered])


def times(services: Services, language: str, answer: Answer) -> str:
    """What encoding and searching took, system by system."""
    taken = {name: _times(language, listing) for name, listing in answer.listings.items()}
    said = [
        label(language, "elsewhere", label=services.label(name), rank=text)
        for name, text in taken.items()
        if text
    ]
    return " · ".join(said)


def _shared(language: str, answer: Answer, depth: int) -> list[str]:
    listings = list(answer.listings.values())
    if len(listings) < 2:
        return []
    left, right = ([hit.doc_id for hit in listing.hits] for listing in listings[:2])
    shared = overlap(left, right, depth)
    most, rbo = max(len(left), len(right)), rank_biased_overlap(left, right)
    return [label(language, "agreement", overlap=shared, depth=most, rbo=rbo)]


def _how(services: Services, language: str, answer: Answer, options: Options) -> list[str]:
    listings = answer.listings.values()
    losses = [f"{listing.exact}/{len(listing.hits)}" for listing in listings if listing.exact is not None]
    large = services.workbench.index.is_large
    how = []
    if options.ann:
        found = " · ".join(losses) or _measured_loss(services, language, answer)
        how.append(label(language, "ann_note", found=found))
    elif set(answer.listings) & set(services.pair.dense):
        how.append(label(language, "pass_note" if large else "search_note", dim=answer.dim))
    how.append(label(language, "ranks_note" if options.ranks else "no_ranks_note"))
    kinds = {name: services.pair.systems[name].kind for name in answer.listings}
    return how + [
        label(language, f"search_note_{kind}", label=services.label(name))
        for name, kind in kinds.items()
        if kind != "dense"
    ]


def _measured_loss(services: Services, language: str, answer: Answer) -> str:
    """What share of the exact hits the ANN indexes find, as it was measured when the index was built."""
    costs = services.costs()
    found = {
        name: costs.get(name, {}).get(str(listing.dim), {}).get("ann", {})
        for name, listing in answer.listings.items()
    }
    measured = {name: ann for name, ann in found.items() if "queries" in ann}
    if not measured:
        return label(language, "ann_unmeasured")
    shares = [
        label(language, "ann_share", label=services.label(name), share=ann["recall@10 of exact"])
        for name, ann in measured.items()
    ]
    count = min(ann["queries"] for ann in measured.values())
    return label(language, "ann_measured", shares=", ".join(shares), count=count)


def _times(language: str, listing: Listing) -> str:
    """What encoding and searching took; nothing of a run file, which does neither."""
    if not listing.searched:
        return ""
    if listing.dim == ALL:
        return label(language, "search_time", search=listing.searching * 1000)
    encoding = (
        label(language, "cached") if listing.known else label(language, "ms", value=listing.encoding * 1000)
    )
    return label(language, "times", encoding=encoding, search=listing.searching * 1000)
