"""A taxonomy as SKOS in RDF/XML, which thesauri and catalogues of other houses speak.

Merged tags are deprecated and say what replaces them; dimensions, banned tags and IAB ids are in a namespace of ours.
Of a foreign vocabulary the concepts, their labels and their broader concepts are read.
"""

from collections import Counter
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from recsys.errors import DataError, require
from recsys.tags.catalogue import TagCatalogue
from recsys.tags.exchange.markup import Element, tree
from recsys.tags.node import Name, Node

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
OWL = "http://www.w3.org/2002/07/owl#"
TERMS = "http://purl.org/dc/terms/"
OURS = "urn:tagreel:taxonomy#"
TAG = "urn:tagreel:tag:"
_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"


def to_skos(catalogue: TagCatalogue) -> bytes:
    """UTF-8; the same catalogue is the same bytes."""
    spaces = {"rdf": RDF, "skos": SKOS, "owl": OWL, "dcterms": TERMS, "tagreel": OURS}
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<rdf:RDF"]
    lines += [f'  xmlns:{prefix}="{one}"' for prefix, one in spaces.items()]
    lines[-1] += ">"
    for one in catalogue.nodes:
        lines += [
            f'<skos:Concept rdf:about="{_address(one.tag_id)}">',
            *(f"  {part}" for part in _parts(one)),
            "</skos:Concept>",
        ]
    return "\n".join([*lines, "</rdf:RDF>", ""]).encode()


def _parts(node: Node) -> list[str]:
    named = [
        f"<skos:{kind} xml:lang={quoteattr(one.language)}>{escape(one.text)}</skos:{kind}>"
        for one in node.names
        for kind in ["altLabel" if one.is_alias else "prefLabel"]
    ]
    links = {"skos:broader": node.parent_id, "dcterms:isReplacedBy": node.merged_into}
    words = {
        "tagreel:dimension": node.dimension,
        "tagreel:iab": node.iab,
        "tagreel:status": "banned" if node.status == "banned" else None,
        "owl:deprecated": None if node.status == "active" else "true",
    }
    return [
        *named,
        *(f'<{key} rdf:resource="{_address(one)}"/>' for key, one in links.items() if one),
        *(f"<{key}>{escape(one)}</{key}>" for key, one in words.items() if one),
    ]


def _address(tag_id: str) -> str:
    return TAG + quote(tag_id, safe=":")


def from_skos(data: bytes) -> TagCatalogue:
    """What `to_skos` wrote, or another house's vocabulary in RDF/XML.

    Raises:
        DataError: hostile XML, no RDF, or no taxonomy; the message names the line.
    """
    root = tree(data)
    require(root.name == f"{RDF} RDF", f"line {root.line}: the file starts with {root.name!r}; RDF/XML is wanted")
    concepts = [one for one in root.children if _is_concept(one)]
    require(bool(concepts), "the file holds no skos:Concept")
    ids = _ids([one.attributes.get(f"{RDF} about", "") for one in concepts])
    return TagCatalogue.of(_node(one, ids) for one in concepts)


def _is_concept(one: Element) -> bool:
    types = [part.attributes.get(f"{RDF} resource") for part in one.children if part.name == f"{RDF} type"]
    return one.name == f"{SKOS} Concept" or f"{SKOS}Concept" in types


def _ids(addresses: list[str]) -> dict[str, str]:
    """Our id for each address: our own as it was, of others the last part, or all of it where that is not unique."""
    last = {one: _last_part(one) for one in addresses}
    uses = Counter(last.values())
    return {one: one if uses[part] > 1 else part for one, part in last.items()}


def _last_part(address: str) -> str:
    if address.startswith(TAG):
        return unquote(address.removeprefix(TAG))
    parts = urlsplit(address)
    return unquote(parts.fragment or parts.path.rstrip("/").rpartition("/")[2]) or address


def _node(one: Element, ids: dict[str, str]) -> Node:
    replaced, status = _link(one, f"{TERMS} isReplacedBy", ids), _word(one, f"{OURS} status")
    try:
        return Node(
            tag_id=ids[one.attributes.get(f"{RDF} about", "")],
            dimension=_word(one, f"{OURS} dimension") or "custom",
            parent_id=_link(one, f"{SKOS} broader", ids),
            status=status or ("merged" if replaced else "active"),
            merged_into=replaced,
            names=_names(one),
            iab=_word(one, f"{OURS} iab"),
        )
    except DataError as error:
        raise DataError(f"line {one.line}: {error}") from None


def _names(one: Element) -> tuple[Name, ...]:
    """Every label once; those that are not preferred are aliases."""
    found: dict[tuple[str, str], Name] = {}
    for kind in ("prefLabel", "altLabel", "hiddenLabel"):
        for part in one.children:
            text, language = part.text.strip(), part.attributes.get(_LANGUAGE, "en")
            if part.name == f"{SKOS} {kind}" and text:
                found.setdefault((language, text), Name(language, text, is_alias=kind != "prefLabel"))
    return tuple(found.values())


def _word(one: Element, name: str) -> str | None:
    return next((part.text.strip() for part in one.children if part.name == name), None)


def _link(one: Element, name: str, ids: dict[str, str]) -> str | None:
    """Our id of the first concept linked to; one that the file does not hold is no place to be under."""
    targets = [part.attributes.get(f"{RDF} resource", "") for part in one.children if part.name == name]
    return next((ids[target] for target in targets if target in ids), None)
