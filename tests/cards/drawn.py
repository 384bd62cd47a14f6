"""A card as a reader of XML sees it that takes nothing from elsewhere and no tricks."""

from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

SVG = "http://www.w3.org/2000/svg"


@dataclass
class Element:
    """An element, what is in it, and its words without those of its parts."""

    tag: str
    attributes: dict[str, str]
    parts: list["Element"] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str, **attributes: str) -> list["Element"]:
        """Every element inside of that name and with these attributes, in their order."""
        found = []
        for part in self.parts:
            named = {name.rstrip("_"): value for name, value in attributes.items()}
            if part.tag == tag and named.items() <= part.attributes.items():
                found.append(part)
            found += part.all(tag, **attributes)
        return found

    def words(self) -> list[str]:
        """Every line of words."""
        return [each.text for each in self.all("text")]


def parsed(body: bytes) -> Element:
    """The document. Raises for one that is not well-formed, or declares anything."""
    top = Element("", {})
    path = [top]

    def start(name: str, attributes: dict[str, str]) -> None:
        space, _, tag = name.rpartition(" ")
        assert space == SVG, f"{name} is no element of SVG"
        path[-1].parts.append(Element(tag, attributes))
        path.append(path[-1].parts[-1])

    def refuse(*args: Any) -> None:
        raise AssertionError(f"a document type, an entity or an instruction: {args}")

    reader: Any = expat.ParserCreate(namespace_separator=" ")
    reader.StartElementHandler = start
    reader.EndElementHandler = lambda name: path.pop()
    reader.CharacterDataHandler = lambda text: setattr(path[-1], "text", path[-1].text + text)
    for handler in ("StartDoctypeDecl", "EntityDecl", "ProcessingInstruction"):
        setattr(reader, f"{handler}Handler", refuse)
    reader.Parse(body, True)
    [root] = top.parts
    return root


def harmless(root: Element) -> bool:
    """Whether nothing in it runs, links, or is loaded from elsewhere."""
    known = {
        *("svg", "title", "desc", "style", "defs", "clipPath", "rect", "circle", "path", "g"),
        *("text", "image"),
    }
    for each in [root, *(part for tag in known for part in root.all(tag))]:
        addresses = [each.attributes[name] for name in each.attributes if "href" in name]
        acts = [name for name in each.attributes if name.lower().startswith("on")]
        if acts or not all(address.startswith("data:image/") for address in addresses):
            return False
    return all(part.tag in known for part in _every(root)) and "url(http" not in _styles(root)


def _every(root: Element) -> list[Element]:
    return [root, *(each for part in root.parts for each in _every(part))]


def _styles(root: Element) -> str:
    return "".join(style.text for style in root.all("style")).replace(" ", "").lower()
