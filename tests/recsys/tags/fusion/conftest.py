import pytest

from recsys.tags.evidence import Evidence
from recsys.tags.fusion.config import FusionConfig
from recsys.tags.fusion.mapping import Mapper
from recsys.tags.node import Name, Node
from recsys.tags.vocabulary import Vocabulary

NODES = (
    Node(tag_id="object:animal", dimension="object", names=(Name("en", "Animal"), Name("zh", "动物"))),
    Node(tag_id="object:cat", dimension="object", parent_id="object:animal",
         names=(Name("en", "Cat"), Name("en", "kitty", True), Name("zh", "猫"), Name("zh", "猫咪", True))),
    Node(tag_id="object:dog", dimension="object", parent_id="object:animal",
         names=(Name("en", "Dog"), Name("zh", "小狗"))),
    Node(tag_id="scene:beach", dimension="scene", names=(Name("en", "Beach"), Name("zh", "海滩"))),
    Node(tag_id="keyword:seaside", dimension="keyword", status="merged", merged_into="scene:beach",
         names=(Name("zh", "海边"),)),
    Node(tag_id="keyword:spam", dimension="keyword", status="banned", names=(Name("en", "spam"),)),
    Node(tag_id="custom:ours", names=(Name("en", "our show"),)),
)  # fmt: skip


def evidence_of(
    label, confidence=0.9, dimension="object", source="detector", start=0, end=1000, box=None, language="en"
):
    return Evidence(
        dimension=dimension, label=label, language=language, confidence=confidence, start_ms=start, end_ms=end, box=box,
        source=source, version="1",
    )  # fmt: skip


def make_mapper(encoder=None, nodes=NODES, **config):
    return Mapper(Vocabulary.of(nodes), FusionConfig(**{"threshold": 0.0, **config}), encoder)


@pytest.fixture
def mapper():
    return make_mapper()


@pytest.fixture
def seen():
    """Makes one piece of evidence."""
    return evidence_of


@pytest.fixture
def mapper_of():
    """Makes a mapper of the taxonomy above."""
    return make_mapper
