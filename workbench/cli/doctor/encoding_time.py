"""How long each model will take for what is not encoded yet."""

from workbench.cli.doctor.case import Case
from workbench.cli.doctor.figures import duration, rounded
from workbench.cli.doctor.finding import Findings, ok


def check(case: Case) -> Findings:
    for name, pace in case.pace.items():
        texts = case.texts(name, case.missing[name])
        yield ok(f"time {name}", _found(texts, pace))


def _found(texts: list[str], pace: float) -> str:
    if not texts:
        return "nothing to encode"
    seconds = pace * sum(map(len, texts))
    rate = rounded(len(texts) / seconds)
    return f"about {duration(seconds)} to encode {len(texts):,} articles, {rate} a second"
