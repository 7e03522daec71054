"""What levels, topics, styles, slices of the queries and their outcomes are called, in English and Chinese."""

from collections.abc import Callable

from workbench.core.domain import Level, Scope
from workbench.page.labels import label

# Levels are Chinese words of law; the English ones are those of the official translation of the Legislation
# Law.
_LEVELS = {
    Level.CONSTITUTION: "Constitution",
    Level.LAW: "Law",
    Level.ADMINISTRATIVE_REGULATION: "Administrative regulation",
    Level.JUDICIAL_INTERPRETATION: "Judicial interpretation",
    Level.DEPARTMENT_RULE: "Department rule",
    Level.LOCAL_REGULATION: "Local regulation",
    Level.LOCAL_GOVERNMENT_RULE: "Local government rule",
}

# Topics and styles of the sample queries; a query set may bring others, which are shown as they are.
TOPICS = {
    "family": "婚姻家庭",
    "inheritance": "继承",
    "property": "物权",
    "contract": "合同",
    "tort": "侵权",
    "personality": "人格权",
    "labour": "劳动",
    "social-security": "社会保障",
    "education": "教育",
    "crime": "刑事",
    "public-order": "治安",
    "traffic": "交通",
    "procedure": "诉讼程序",
    "administration": "行政",
    "company": "公司",
    "finance": "金融",
    "tax": "税务",
    "consumer": "消费者",
    "food-drug": "食品药品",
    "ip": "知识产权",
    "internet": "网络",
    "health": "卫生健康",
    "environment": "环境",
    "land": "土地",
    "rural": "农村",
    "minority-rights": "特殊群体权益",
    "civic": "公民事务",
}
STYLES = {
    "plain": "平实",
    "story": "叙事",
    "keyword": "关键词",
    "typo": "错别字",
    "dialect": "方言",
    "terse": "简短",
    "advice": "咨询",
}


def level_name(language: str, level: str) -> str:
    """A level as readers of the language call it."""
    return level if language == "zh" else _LEVELS[Level(level)]


def slice_name(language: str, by: str, name: str) -> str:
    """What a slice of the queries is called; with several values, joined as they are."""
    if not name:
        return "–"
    return " / ".join(_SLICE_NAMES[by](language, value) for value in name.split(" / "))


_SLICE_NAMES: dict[str, Callable[[str, str], str]] = {
    "topic": lambda language, name: TOPICS.get(name, name) if language == "zh" else name.replace("-", " "),
    "style": lambda language, name: STYLES.get(name, name) if language == "zh" else name,
    "level": lambda language, name: level_name(language, name) if name in set(Level) else name,
    "region": lambda language, name: label(language, "nationwide") if name == Scope.NATIONAL else name,
    "seen": label,
}


def outcome_name(language: str, outcome: str, kind: str = "") -> str:
    """An outcome with the kind of error of scope that it is; `kind`: empty where it is none."""
    return " · ".join(label(language, key) for key in (outcome, kind) if key)
