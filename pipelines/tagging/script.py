"""Which language a short text is written in, as far as its letters tell."""

import unicodedata


def language_of(text: str) -> str | None:
    """`zh` for Chinese characters, `ja` where there is kana, `en` for plain Latin letters; None where it is unclear.

    >>> language_of("红烧肉 recipe"), language_of("Summer in Rome"), language_of("2026"), language_of("Übung")
    ('zh', 'en', None, None)
    """
    letters = [one for one in text if one.isalpha()]
    if any("\u3040" <= one <= "\u30ff" for one in letters):
        return "ja"
    if any("\u4e00" <= one <= "\u9fff" for one in letters):
        return "zh"
    return "en" if letters and all(one.isascii() for one in letters) else None


def same_text(text: str) -> str:
    """A form in which two readings of one caption are the same: without spaces, width and case.

    >>> same_text("Ｈello  World") == same_text("hello world")
    True
    """
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
