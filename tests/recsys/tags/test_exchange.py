"""A taxonomy as a file and back; hostile files end in an error that names the place."""

import json

import pytest

from recsys.errors import ConfigError, DataError
from recsys.tags.catalogue import TagCatalogue
from recsys.tags.exchange.csv_form import from_csv, to_csv
from recsys.tags.exchange.files import read, written
from recsys.tags.exchange.json_form import FORM, from_json, to_json
from recsys.tags.exchange.markup import tree
from recsys.tags.exchange.skos_form import RDF, SKOS, from_skos, to_skos
from recsys.tags.node import Name, Node
from recsys.tags.shipped import default_taxonomy

FORMS = {"json": (to_json, from_json), "csv": (to_csv, from_csv), "skos": (to_skos, from_skos)}
AT = "2026-01-01T00:00:00+00:00"
ODD = TagCatalogue.of([
    Node(tag_id="custom:a & b <c>", names=(Name("en", 'A "b", & <b>'), Name("en", "x", True), Name("zh-Hans", "甲"))),
    Node(tag_id="object:猫", dimension="object", parent_id="custom:a & b <c>", iab="JLBCU7"),
    Node(tag_id="old/one#x", status="merged", merged_into="object:猫", names=(Name("en", "old"),)),
    Node(tag_id="spam", status="banned"),
])  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "one", [ODD, default_taxonomy(), TagCatalogue.of([Node(tag_id="a")])], ids=["odd", "shipped", "one"]
)
def test_what_is_written_is_read_back_and_written_the_same(form, one):
    to_bytes, from_bytes = FORMS[form]
    found = from_bytes(to_bytes(one))
    assert found.nodes == one.nodes
    assert to_bytes(found) == to_bytes(one)


def test_json_keeps_the_history():
    one = ODD.merge("object:猫", "custom:a & b <c>", AT).ban("custom:a & b <c>", AT)
    assert from_json(to_json(one)).changes == one.changes


def test_an_empty_taxonomy_is_a_file_too_but_not_in_skos():
    nothing = TagCatalogue.of([])
    assert from_json(to_json(nothing)).nodes == from_csv(to_csv(nothing)).nodes == ()
    with pytest.raises(DataError, match="holds no skos:Concept"):
        from_skos(to_skos(nothing))


@pytest.mark.parametrize(
    "data, says",
    [
        (b"{}", r"\$\.form is ''; it must be 'tagreel-taxonomy/1'"),
        (b"[]", r"\$ is a list"),
        (b'{"form": "tagreel-taxonomy/1", "nodes": [{"tag_id": 5e999}]}', r"\$\.nodes\[0\]\.tag_id is 5e999"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_bad_json_is_refused_by_its_place(data, says):
    with pytest.raises(DataError, match=says):
        from_json(data)


def test_a_bad_node_in_json_is_refused_by_its_place():
    with pytest.raises(DataError, match=r"^\$\.nodes\[1\]: tag 'b' has the dimension 'smell'"):
        from_json(
            json.dumps({"form": FORM, "nodes": [{"tag_id": "a"}, {"tag_id": "b", "dimension": "smell"}]}).encode()
        )


def test_a_spreadsheet_needs_only_ids_and_may_have_any_language():
    found = from_csv("﻿tag_id,name:fr,aliases:fr,name:zh\na,Chat, minou |matou,猫\nb,,,\n".encode())
    assert found.by_id["a"].names == (
        Name("fr", "Chat"), Name("fr", "matou", True), Name("fr", "minou", True), Name("zh", "猫"),
    )  # fmt: skip
    assert found.by_id["b"] == Node(tag_id="b")


@pytest.mark.parametrize(
    "data, says",
    [
        (b"", "line 1: there is no column tag_id"),
        (b"id\na\n", "line 1: there is no column tag_id"),
        (b"tag_id,colour\na,red\n", "line 1: .'colour'. is no column"),
        (b"tag_id,status\na,active\nb,gone\n", "line 3: tag 'b' has the status 'gone'"),
        (b"tag_id\na,b\n", "line 2: there are more cells than columns"),
        (b"tag_id\na\na\n", "tag 'a' is there twice"),
        (b'tag_id\n"a', "the file is no CSV"),
        (b"tag_id\n\xff\n", "not UTF-8 at byte 7"),
        (b"tag_id,name:en\na,\x00\n", "line 2|no CSV"),
    ],
)
def test_bad_csv_is_refused_by_its_line(data, says):
    with pytest.raises(DataError, match=says):
        from_csv(data)


def test_what_csv_cannot_hold_is_refused_before_it_is_written():
    two = TagCatalogue.of([Node(tag_id="a", names=(Name("en", "x"), Name("en", "y")))])
    with pytest.raises(DataError, match="tag 'a' in en has the names x, y"):
        to_csv(two)
    with pytest.raises(DataError, match=r"has an alias with \|"):
        to_csv(TagCatalogue.of([Node(tag_id="a", names=(Name("en", "x|y", True),))]))


FOREIGN = f"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="{RDF}" xmlns:skos="{SKOS}" xmlns:x="urn:x">
  <skos:ConceptScheme rdf:about="https://example.org/scheme"/>
  <skos:Concept rdf:about="https://example.org/scheme#animals">
    <skos:prefLabel xml:lang="en">Animals</skos:prefLabel><skos:prefLabel xml:lang="fr">Animaux</skos:prefLabel>
    <skos:topConceptOf rdf:resource="https://example.org/scheme"/>
  </skos:Concept>
  <rdf:Description rdf:about="https://example.org/scheme#cats">
    <rdf:type rdf:resource="{SKOS}Concept"/>
    <skos:prefLabel xml:lang="en">Cats</skos:prefLabel>
    <skos:altLabel xml:lang="en">Kitties</skos:altLabel><skos:hiddenLabel xml:lang="en">Catz</skos:hiddenLabel>
    <skos:broader rdf:resource="https://example.org/scheme#animals"/>
    <skos:broader rdf:resource="https://elsewhere.org/pets"/>
  </rdf:Description>
</rdf:RDF>"""


def test_another_houses_vocabulary_is_read():
    found = from_skos(FOREIGN.encode())
    cats, animals = found.by_id["cats"], found.by_id["animals"]
    assert (cats.parent_id, cats.dimension) == ("animals", "custom")
    assert {(one.text, one.is_alias) for one in cats.names} == {("Cats", False), ("Kitties", True), ("Catz", True)}
    assert {(one.language, one.text) for one in animals.names} == {("en", "Animals"), ("fr", "Animaux")}


def test_concepts_whose_last_part_is_the_same_keep_their_whole_address():
    text = f'<r:RDF xmlns:r="{RDF}" xmlns:s="{SKOS}">{{}}</r:RDF>'
    both = "".join(f'<s:Concept r:about="https://{host}.org/cats"/>' for host in ("a", "b"))
    assert set(from_skos(text.format(both).encode()).by_id) == {"https://a.org/cats", "https://b.org/cats"}


BOMB = """<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><r>&b;</r>"""
FILE = """<?xml version="1.0"?>\n<!DOCTYPE r SYSTEM "file:///etc/passwd">\n<r/>"""


@pytest.mark.parametrize(
    "text, says",
    [
        (BOMB, "line 1: a document type is not allowed"),
        (FILE, "line 2: a document type is not allowed"),
        ("<a><b></a>", "line 1: not well-formed XML"),
        ("", "not well-formed XML"),
        ("<a>" * 20 + "</a>" * 20, "line 1: nested over 16 deep"),
        ("<a>&b;</a>", "not well-formed XML: undefined entity"),
        ("<html/>", "line 1: the file starts with 'html'; RDF/XML is wanted"),
        ('<?xml version="1.0" encoding="no-such"?><a/>', "encoding"),
        (FOREIGN.replace("Kitties", "k" * 501), "line 8: tag 'cats' has the name"),
    ],
)
def test_hostile_xml_is_refused_by_its_line(text, says):
    with pytest.raises(DataError, match=says):
        from_skos(text.encode())


def test_xml_of_many_elements_is_refused_before_it_is_built(monkeypatch):
    monkeypatch.setattr("recsys.tags.exchange.markup.MAX_ELEMENTS", 10)
    with pytest.raises(DataError, match="about 11 elements; 10 are allowed"):
        tree(b"<a>" + b"<b/>" * 21 + b"</a>")


def test_a_file_is_read_by_its_ending(tmp_path):
    for name in ("t.json", "t.csv", "t.rdf", "t.XML"):
        (tmp_path / name).write_bytes(written(ODD, tmp_path / name))
        assert read(tmp_path / name).nodes == ODD.nodes
    with pytest.raises(ConfigError, match=r"ends in '.txt'; a taxonomy is a file that ends in .json, .csv"):
        read(tmp_path / "t.txt")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(DataError, match=r"bad.json: \$ is not JSON"):
        read(tmp_path / "bad.json")
