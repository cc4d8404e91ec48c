"""The words that a video is about, out of its title, captions and speech.

Chinese: nouns by jieba's part-of-speech tagger, weighed by how often they occur here and how rarely elsewhere. English:
runs of words between stop words, each word weighed by the length of the runs that it stands in (Rose et al., Automatic
keyword extraction from individual documents, 2010); ours are of at most three words.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pipelines.tagging.engines import engine
from pipelines.tagging.spans import merged
from pipelines.tagging.texts import Text, texts
from pipelines.tagging.view import View
from recsys.datasets.assets import default_cache_dir
from recsys.errors import ConfigError, require
from recsys.tags.evidence import Evidence

NAME = "keywords"
NOUNS = {"n", "nr", "nrt", "nrfg", "ns", "nt", "nz", "vn"}
"""jieba's marks of nouns, names of people, places, organisations and others, and nouns made of verbs."""
SAID_BY_ALL = {
    "大家", "频道", "点赞", "关注", "视频", "时候", "东西", "朋友", "朋友们", "观众", "评论", "主播", "今天", "节目",
    "字幕", "感觉", "问题",
}  # fmt: skip
"""Nouns that say nothing of a video, for they are in all."""
ALSO_ENGLISH = {
    "channel", "come", "get", "getting", "going", "gonna", "got", "guys", "hello", "hey", "just", "know", "let", "like",
    "look", "looking", "lot", "made", "make", "making", "need", "new", "okay", "really", "said", "say", "subscribe",
    "thank", "thanks", "thing", "things", "think", "today", "use", "used", "using", "video", "want", "watch",
    "watching", "way", "welcome",
}  # fmt: skip
"""Words of videos and everyday verbs that a list of stop words for documents lacks."""
MOST_WORDS = 3
WORD = re.compile(r"[a-z][a-z'’-]*[a-z]", re.IGNORECASE)
BREAK = re.compile(r"[^\w\s'’-]+|\d+")
LOWEST, HIGHEST = 0.4, 0.8
"""Confidence of the least and of the heaviest keyword, of words that are sure; a count is no proof."""

Weighed = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class KeywordsConfig:
    """How many keywords a video gets."""

    most: int = 12
    """Of each language."""

    def __post_init__(self) -> None:
        """Check the range."""
        require(self.most > 0, f"most is {self.most}; it must be above 0", ConfigError)


class Keywords:
    """Weighs the words of the whole video, then tells where each heavy one occurs."""

    def __init__(
        self, config: KeywordsConfig, nouns: Callable[[str], list[str]], rarity: Weighed, stops: set[str]
    ) -> None:
        self.config, self.nouns, self.rarity, self.stops = config, nouns, rarity, stops
        self.usual = sorted(rarity.values())[len(rarity) // 2] if rarity else 1.0
        self.version = f"jieba-{version('jieba')}+rake"

    def analyse(self, view: View) -> Iterable[Evidence]:
        """Each keyword where it is read or heard."""
        given = texts(view)
        return merged(one for language in ("zh", "en") for one in self._of(language, given))

    def _of(self, language: str, given: list[Text]) -> Iterator[Evidence]:
        phrases = [(one, self._phrases(one.words, language)) for one in given if one.language == language]
        weighed = self._weighed([words for _, words in phrases], language)
        kept = dict(sorted(weighed.items(), key=lambda pair: (-pair[1], pair[0]))[: self.config.most])
        for text, words in phrases:
            for word in dict.fromkeys(words):
                if word in kept:
                    share = kept[word] / max(kept.values())
                    yield Evidence(
                        dimension="keyword", label=word, language=language,
                        confidence=text.confidence * (LOWEST + (HIGHEST - LOWEST) * share), start_ms=text.start_ms,
                        end_ms=text.end_ms, box=None, source=NAME, version=self.version,
                    )  # fmt: skip

    def _phrases(self, words: str, language: str) -> list[str]:
        if language == "zh":
            return [one for one in self.nouns(words) if len(one) > 1 and one not in SAID_BY_ALL]
        return english_phrases(words, self.stops)

    def _weighed(self, phrases: list[list[str]], language: str) -> Weighed:
        counted = Counter(one for words in phrases for one in words)
        if language == "zh":
            return {word: count * self.rarity.get(word, self.usual) for word, count in counted.items()}
        return rake(counted)


def english_phrases(words: str, stops: Iterable[str]) -> list[str]:
    """Runs of at most three words that no stop word, mark or number breaks, in lower case.

    >>> english_phrases("How to make chocolate cake, and more", {"how", "to", "make", "and", "more"})
    ['chocolate cake']
    """
    stopping, found = set(stops), []
    for part in BREAK.split(words):
        run: list[str] = []
        for word in [*WORD.findall(part.lower()), ""]:
            if word and word not in stopping and len(word) > 2:
                run.append(word)
            elif run:
                found += [" ".join(run)] if len(run) <= MOST_WORDS else run
                run = []
    return found


def rake(counted: Counter[str]) -> Weighed:
    """Phrase → the sum over its words of (length of all runs with the word) / (how often it occurs), times its count.

    >>> rake(Counter({"chocolate cake": 1, "cake": 1}))
    {'chocolate cake': 3.5, 'cake': 1.5}
    """
    degree, often = Counter[str](), Counter[str]()
    for phrase, count in counted.items():
        words = phrase.split()
        for word in words:
            degree[word] += count * len(words)
            often[word] += count
    return {p: count * sum(degree[word] / often[word] for word in p.split()) for p, count in counted.items()}


def load_keywords(config: KeywordsConfig, cache_dir: Path | None = None) -> Keywords:
    """The analyser; MissingExtraError where its packages are not installed."""
    jieba = engine("jieba", "finding keywords")
    jieba.setLogLevel("ERROR")
    segments = jieba.Tokenizer()
    folder = cache_dir or default_cache_dir()
    folder.mkdir(parents=True, exist_ok=True)
    segments.tmp_dir = str(folder)  # its own choice is a file that all users of the machine share
    tagger = engine("jieba.posseg", "finding keywords").POSTokenizer(segments)
    listed = Path(jieba.__file__ or "").parent / "analyse" / "idf.txt"
    lines = listed.read_text(encoding="utf-8").splitlines()
    rarity = {word: float(value) for word, _, value in (line.partition(" ") for line in lines)}
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # slow to import, and only this needs it

    def nouns(words: str) -> list[str]:
        return [one.word for one in tagger.cut(words) if one.flag in NOUNS]

    nouns("预热")  # builds the dictionary now, so that loading has its price
    return Keywords(config, nouns, rarity, set(ENGLISH_STOP_WORDS) | ALSO_ENGLISH)
