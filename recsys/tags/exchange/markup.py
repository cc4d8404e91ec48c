"""XML of an untrusted origin as a tree: no document type, so no entities, so no bomb and no file of ours in it."""

from dataclasses import dataclass, field
from xml.parsers import expat

from recsys.errors import DataError, require

MAX_BYTES, MAX_ELEMENTS, MAX_DEPTH = 64 * 2**20, 2_000_000, 16


@dataclass
class Element:
    """One element; names are `namespace local`."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list["Element"] = field(default_factory=list)
    text: str = ""


def tree(data: bytes) -> Element:
    """The root of a document.

    Raises:
        DataError: too large or too deep, a document type, or not well-formed; the message names the line.
    """
    require(len(data) <= MAX_BYTES, f"the file has {len(data)} bytes; {MAX_BYTES} are allowed")
    n_elements = data.count(b"<")
    require(
        n_elements <= 2 * MAX_ELEMENTS, f"the file has about {n_elements // 2} elements; {MAX_ELEMENTS} are allowed"
    )
    top = Element("", {}, 0)
    open_ones = [top]
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise DataError(f"line {parser.CurrentLineNumber}: a document type is not allowed; it could define entities")

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(open_ones) > MAX_DEPTH:
            raise DataError(f"line {parser.CurrentLineNumber}: nested over {MAX_DEPTH} deep")
        made = Element(name, attributes, parser.CurrentLineNumber)
        open_ones[-1].children.append(made)
        open_ones.append(made)

    def end(_: str) -> None:
        open_ones.pop()

    def characters(text: str) -> None:
        open_ones[-1].text += text

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise DataError(f"line {error.lineno}: not well-formed XML: {expat.errors.messages[error.code]}") from None
    except (ValueError, LookupError) as error:
        raise DataError(f"the file is in an encoding that cannot be read: {error}") from None
    return top.children[0]
