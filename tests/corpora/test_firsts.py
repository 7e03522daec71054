"""Names that stood somewhere before are told by where they did."""

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.corpora.firsts import Firsts


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(max_size=2), st.integers(-(2**63), 2**63 - 1)), max_size=20))
def test_they_are_those_of_a_dictionary(names: list[str | int]) -> None:
    firsts, known = Firsts(), dict[str | int, str]()
    for number, name in enumerate(names):
        where = f"x.jsonl:{number}"
        assert firsts.add(name, where) == known.get(name, "")
        known.setdefault(name, where)


def test_half_a_surrogate_pair_is_a_name_too() -> None:
    firsts = Firsts()
    names = ("\ud800", "\ud800", "\udc80", "")
    assert [firsts.add(name, "\udcff:1") for name in names] == ["", "\udcff:1", "", ""]
