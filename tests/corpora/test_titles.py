"""Level, region and the law carried out, as titles of invented laws tell them."""

import pytest

from workbench.core.domain import Level
from workbench.corpora.titles import implemented_law, level_of_title, region_of_title, short_place


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("中华人民共和国宪法", Level.CONSTITUTION),
        ("宪法修正案（1901年）", Level.CONSTITUTION),
        ("中华人民共和国渡口法", Level.LAW),
        ("渡口法典", Level.LAW),
        ("渡口法（修订）", Level.LAW),
        ("海南渡口法", Level.LAW),
        ("全国人民代表大会常务委员会关于渡口的解释", Level.LAW),
        ("渡口管理办法", Level.ADMINISTRATIVE_REGULATION),
        ("中华人民共和国渡口法实施条例", Level.ADMINISTRATIVE_REGULATION),
        ("最高人民法院关于适用《渡口法》的解释", Level.JUDICIAL_INTERPRETATION),
        ("最高人民法院  最高人民检察院关于渡口的批复", Level.JUDICIAL_INTERPRETATION),
        ("关于审理渡口案件适用法律若干问题的解释", Level.JUDICIAL_INTERPRETATION),
        ("浙江省渡口管理办法", Level.LOCAL_REGULATION),
    ],
)
def test_level(title: str, level: Level) -> None:
    assert level_of_title(title) is level


@pytest.mark.parametrize(
    ("title", "region"),
    [
        ("浙江省渡口条例", "浙江"),
        ("宁波市渡口条例", "浙江"),
        ("杭州渡口保护条例", "浙江"),
        ("吉林市渡口条例", "吉林"),
        ("海南省渡口条例", "海南"),
        ("海南藏族自治州渡口条例", "青海"),
        ("河南蒙古族自治县渡口条例", "青海"),
        ("黔东南苗族侗族自治州渡口条例", "贵州"),
        ("内蒙古自治区渡口条例", "内蒙古"),
        ("中国（上海）渡口试验区条例", "上海"),
        ("关于《浙江省渡口条例》的决定", "浙江"),
        ("浙江省实施《中华人民共和国渡口法》办法", "浙江"),
        ("中华人民共和国香港渡口法", ""),
        ("中华人民共和国渡口法", ""),
        ("渡口条例", ""),
        ("甲省渡口条例", ""),
    ],
)  # fmt: skip
def test_region(title: str, region: str) -> None:
    assert region_of_title(title) == region


@pytest.mark.parametrize(
    ("title", "law"),
    [
        ("浙江省实施《中华人民共和国渡口法》办法", "中华人民共和国渡口法"),
        ("浙江省实施《渡口法》办法", "中华人民共和国渡口法"),
        ("浙江省实施〈渡口法〉若干规定", "中华人民共和国渡口法"),
        ("浙江省贯彻《渡口法典》办法", "中华人民共和国渡口法典"),
        ("浙江省《渡口法》实施细则", "中华人民共和国渡口法"),
        ("浙江省实施中华人民共和国渡口法办法", "中华人民共和国渡口法"),
        ("关于修改《浙江省实施〈中华人民共和国渡口法〉办法》的决定", "中华人民共和国渡口法"),
        ("浙江省实施《渡口管理条例》办法", ""),
        ("浙江省实施《渡口管理办法》细则", ""),
        ("浙江省渡口安全实施办法", ""),
        ("最高人民法院关于适用《中华人民共和国渡口法》的解释", ""),
    ],
)
def test_implemented_law(title: str, law: str) -> None:
    assert implemented_law(title) == law


def test_places_have_one_name() -> None:
    assert [short_place(name) for name in ("浙江省", "浙江", "新疆维吾尔自治区", "宁波市", "")] == [
        "浙江",
        "浙江",
        "新疆",
        "宁波市",
        "",
    ]
