"""Numerals in every writing, and those that are not guessed."""

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.corpora.numerals import NotOneNumber, chinese, value_of


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("7", 7), ("1062", 1062), ("1,062", 1062), (" 10 62", 1062), ("五", 5), ("十", 10), ("一十", 10), ("十五", 15), ("一百零五", 105), ("一百〇五", 105),
        ("一百○五", 105), ("一〇五", 105), ("一○五", 105), ("二〇", 20), ("一〇六五", 1065), ("二六四", 264), ("廿", 20), ("廿三", 23), ("卅一", 31), ("卌二", 42),
        ("一百廿三", 123), ("壹仟零陆拾伍", 1065), ("贰佰叁拾", 230), ("拾伍", 15), ("两百", 200), ("两千零二", 2002), ("一百十二", 112), ("一百一十二", 112),
        ("九千九百九十九", 9999),
    ],
)  # fmt: skip
def test_read(numeral: str, value: int) -> None:
    assert value_of(numeral) == value


@pytest.mark.parametrize(
    ("numeral", "readings"),
    [
        ("一百二", ("一百零二", "一百二十")),
        ("三百五", ("三百零五", "三百五十")),
        ("一千二", ("一千零二", "一千二百")),
        ("一千二百三", ("一千二百零三", "一千二百三十")),
        ("三四", ("三十四", "三、四")),
        ("五六七", ("五百六十七", "五、六、七")),
    ],
)
def test_what_may_be_two_numbers_is_not_guessed(numeral: str, readings: tuple[str, ...]) -> None:
    with pytest.raises(NotOneNumber) as fault:
        value_of(numeral)
    assert fault.value.readings == readings


@pytest.mark.parametrize(
    "numeral",
    [
        "", "0", "00", "零", "10000", "99,999", "1,06", "12,345", "1百", "1千零65", "二十零", "十一十二", "十十", "百", "一百零零五", "一百零二十", "零五", "一百二三",
        "十两", "廿十", "二十廿", "9" * 5_000, "一" * 5_000, "五5", "-3", "五.五",
    ],
)  # fmt: skip
def test_what_is_no_number(numeral: str) -> None:
    with pytest.raises(NotOneNumber) as fault:
        value_of(numeral)
    assert fault.value.readings == ()


@given(st.integers(1, 9_999))
def test_every_number_is_read_back(value: int) -> None:
    small, financial = cn2an.an2cn(value), cn2an.an2cn(value, "up")
    spelled = {
        str(value),
        f"{value:,}",
        small,
        small.replace("零", "〇"),
        small.replace("零", "○"),
        financial,
    }
    assert {value_of(each) for each in spelled} == {value}
    assert chinese(value) == small


@given(st.text("零〇一二三九十百千廿两壹0,5", max_size=8))
def test_whatever_is_read_has_one_usual_form(numeral: str) -> None:
    try:
        value = value_of(numeral)
    except NotOneNumber:
        return
    assert value_of(chinese(value)) == value
    assert 0 < value < 10_000
