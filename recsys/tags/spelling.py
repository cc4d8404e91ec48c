"""How words are written: what counts as the same spelling, the words of a text, and the readable id of a tag."""

import re
import unicodedata
from hashlib import sha256

from recsys.schema import MAX_ID_LENGTH

_JOINERS = re.compile(r"[\s_/\\·・•‐‑–—-]+")
_WORDS = re.compile(r"[぀-ヿ㐀-䶿一-鿿豈-﫿]|(?:(?![぀-ヿ㐀-䶿一-鿿豈-﫿])[^\W_])+")


def folded(words: str) -> str:
    """One form for spellings that differ in case, width, blanks, hyphens, dots between names or slashes.

    >>> folded(" Sci-Fi "), folded("ＣＣ霜"), folded("莉莉·柯林斯") == folded("莉莉 柯林斯")
    ('sci fi', 'cc霜', True)
    """
    return _JOINERS.sub(" ", unicodedata.normalize("NFKC", words).casefold()).strip()


def tokens(words: str) -> list[str]:
    """The words of a text, folded; of Chinese and Japanese every character by itself, for nothing stands between words.

    >>> tokens("Red-hot 红烧肉!")
    ['red', 'hot', '红', '烧', '肉']
    """
    return _WORDS.findall(unicodedata.normalize("NFKC", words).casefold())


def is_ideographic(token: str) -> bool:
    """Whether a token is one Chinese or Japanese character."""
    return len(token) == 1 and "぀" <= token <= "﫿"


def readable_id(namespace: str, word: str) -> str:
    """The readable id of a tag, at most `schema.MAX_ID_LENGTH` long.

    >>> readable_id("tag", "Dark  Comedy"), readable_id("tag", "sci/fi"), readable_id("genre", "Children's")
    ('tag:dark-comedy', 'tag:sci-fi', "genre:children's")
    """
    whole = f"{namespace}:" + re.sub(r"[\s/\\]+", "-", word.strip().casefold())
    if len(whole) <= MAX_ID_LENGTH:
        return whole
    return f"{whole[: MAX_ID_LENGTH - 13]}-{sha256(whole.encode()).hexdigest()[:12]}"


def language_of(words: str) -> str:
    """`zh`, `ja` or `en`, by the script alone: for labels that come without their language.

    >>> language_of("气垫"), language_of("カメラ"), language_of("CC cream")
    ('zh', 'ja', 'en')
    """
    if any("぀" <= one <= "ヿ" for one in words):
        return "ja"
    return "zh" if any(is_ideographic(one) for one in words) else "en"
