"""The shape of the page's texts."""

Text = tuple[str, str]  # English, 中文: in the order of `labels.LANGUAGES`
Texts = dict[str, Text]
