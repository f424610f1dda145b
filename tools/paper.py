"""What a page of the site needs on paper, where nothing can be clicked or opened.

Beside a link stands the page it leads to; folded code is printed at the end of its
page of the book; words of the index are marked where they are used. The numbers of
pages are known only when the book has been laid out: until then an element with the
attribute data-page names the place whose number it waits for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import html
from lxml.html import builder as E

# Text that belongs together: what is in brackets is found out within one of these.
BLOCKS = {"p", "li", "dd", "dt", "td", "th", "figcaption", "summary", "caption"}
# An entry of the index leads to so many places in the chapters at most.
PLACES = 8


def parse(body: str) -> Any:
    return html.fragment_fromstring(body, create_parent="div")


def text_of(tree: Any) -> str:
    """The HTML within the element that parse added."""
    return (tree.text or "") + "".join(
        html.tostring(child, encoding="unicode") for child in tree
    )


def page_of(place: str) -> Any:
    """The number of the page on which a place is, once that is known."""
    return E.SPAN({"data-page": place})


def has_class(element: Any, name: str) -> bool:
    return name in (element.get("class") or "").split()


def leave_out(tree: Any) -> None:
    """What is only clicked: links to headings, ways to begin, the map of parts."""
    for name in ("headerlink", "ways"):
        for element in tree.find_class(name):
            element.drop_tree()
    for cards in tree.find_class("part-cards"):
        cards.getparent().drop_tree()


# ------------------------------------------------------------------ links


@dataclass(frozen=True)
class Chapters:
    """What a link has to know of the pages it may lead to, each by its key."""

    numbers: dict[str, str]  # that of the chapter, empty for other pages
    silent: frozenset[str]  # pages in which a word is found without a number

    def note(self, here: str, link: Any) -> str | None:
        """What stands before the number of the page; None if nothing is to be said."""
        place = (link.get("href") or "").removeprefix("#")
        key = place.partition("-")[0]
        # The page of folded code stands in the link.
        wordless = not link.text_content().strip() or has_class(link, "code-link")
        # A name of lossbook is found in the alphabet of the reference.
        name = any(has_class(child, "py") or child.tag == "code" for child in link)
        if key not in self.numbers or key in self.silent or wordless or name:
            return None
        if any(has_class(above, "sig") for above in link.iterancestors()):
            return None
        number = self.numbers[key]
        numbered = re.search(rf"\b{number}\.\d", link.text_content())
        if key == here or not number or numbered:
            return "page\N{NO-BREAK SPACE}"
        return f"chapter\N{NO-BREAK SPACE}{number}, page\N{NO-BREAK SPACE}"


def number_links(tree: Any, here: str, chapters: Chapters) -> None:
    """Beside a link the page it leads to, or its address; once in a section."""
    said = set()
    for link in list(tree.iter("a")):
        section = next(link.iterancestors("section"), tree)
        target = link.get("href") or ""
        if (section, target) in said:
            continue
        said.add((section, target))
        left, right = "[]" if in_brackets(link) else "()"
        if target.startswith("#"):
            note = chapters.note(here, link)
            if note is not None and not is_near(section, target):
                number = page_of(target.removeprefix("#"))
                add_after(link, E.SPAN(TO, f" {left}{note}", number, right))
        elif address := unsaid(link):
            add_after(link, E.SPAN(TO, f" {left}{address}{right}"))


def is_near(section: Any, target: str) -> bool:
    """Whether a place stands in a section: a figure that is seen, or nearly so."""
    found = section.xpath(".//*[@id=$place]", place=target.removeprefix("#"))
    return any(next(e.iterancestors("section"), None) is section for e in found)


TO = {"class": "to"}


def unsaid(link: Any) -> str:
    """The address of a link in running text, unless the words tell it (a DOI)."""
    address = link.get("href", "").partition("://")[2].rstrip("/").removeprefix("www.")
    words = link.text_content()
    told = address.partition("/")[0] in words or address.rpartition("/")[2] in words
    in_text = has_class(link, "external") and link.find(".//code") is None
    return address if in_text and not told else ""


def add_after(element: Any, new: Any) -> None:
    new.tail, element.tail = element.tail, None
    element.addnext(new)


def in_brackets(link: Any) -> bool:
    """Whether a bracket is open before the link, in its paragraph."""
    block = next((a for a in link.iterancestors() if a.tag in BLOCKS), None)
    if block is None:
        return False
    before = ""
    for part in pieces(block):
        if part is link:
            break
        before += part if isinstance(part, str) else ""
    return before.count("(") > before.count(")")


def pieces(element: Any) -> Iterator[Any]:
    """The element, and all elements and texts in it, as they are read."""
    yield element
    yield element.text or ""
    for child in element:
        yield from pieces(child)
        yield child.tail or ""


# ---------------------------------------------------------------- pictures


def mark_tall(tree: Any) -> None:
    """A picture that is higher than wide needs more of the page to be read."""
    for picture in tree.iter("img"):
        if float(picture.get("height", 0)) > float(picture.get("width", 0)):
            picture.classes.add("tall")


# ------------------------------------------------------------- folded code


def gather_code(tree: Any, key: str) -> None:
    """Folded code at the end of the page, with a line in its place that says where."""
    folds = [fold for fold in tree.iter("details") if is_code(fold)]
    if not folds:
        return
    listing = E.SECTION({"class": "codes"}, E.H2("Code that the site folds"))
    for number, fold in enumerate(folds, 1):
        here, there = f"{key}-fold-{number}", f"{key}-code-{number}"
        listing.append(code_title(number, here, there))
        listing.extend(fold.xpath(".//pre"))
        line = E.P({"class": "fold", "id": here})
        if has_class(fold, "check"):  # its sentence stays
            line = fold.find("summary")
            line.tag = "p"
            line.attrib.update({"class": "fold check", "id": here})
            append(line, " · ")
        line.append(
            E.A(
                {"class": "code-link", "href": f"#{there}"},
                f"Code\N{NO-BREAK SPACE}{number}, page\N{NO-BREAK SPACE}",
                page_of(there),
            )
        )
        line.tail = fold.tail
        fold.getparent().replace(fold, line)
    next(tree.iter("section"), tree).append(listing)


def is_code(fold: Any) -> bool:
    return has_class(fold, "above-input") or has_class(fold, "check")


def open_folds(tree: Any) -> None:
    """What is folded and no code: proofs, solutions, hints."""
    for fold in tree.iter("details"):
        if not is_code(fold):
            fold.set("open", "")


def code_title(number: int, here: str, there: str) -> Any:
    back = E.A(
        {"class": "code-link", "href": f"#{here}"},
        "page\N{NO-BREAK SPACE}",
        page_of(here),
    )
    return E.P({"class": "code-title", "id": there}, f"Code {number}, of ", back)


def replace(element: Any, text: str) -> None:
    """Put a text where an element was."""
    new = E.SPAN(text)
    new.tail = element.tail
    element.getparent().replace(element, new)


def append(element: Any, text: str) -> None:
    """Add a text at the end of an element."""
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


# ------------------------------------------------------------------- index


@dataclass
class Mention:
    """The first use of a word in a section."""

    place: str
    count: int = 0
    heading: bool = False
    defined: bool = False

    @property
    def weight(self) -> tuple[bool, bool, int]:
        return self.defined, self.heading, self.count


@dataclass
class Entry:
    """A line of the index: what it says, how the text says it, where it is found."""

    words: str
    forms: set[str] = field(default_factory=set)
    code: str = ""  # the class of a loss, in small letters
    glossary: str = ""
    atlas: str = ""
    mentions: list[Mention] = field(default_factory=list)

    def places(self) -> Iterator[tuple[str, str]]:
        """The places that say most, in the order of the book; and how they look."""
        best = sorted(self.mentions, key=lambda m: m.weight, reverse=True)[:PLACES]
        for mention in self.mentions:
            if mention in best:
                yield mention.place, "main" if mention.defined else ""
        if self.atlas:
            yield self.atlas, "main"
        if self.glossary:
            yield self.glossary, "in-glossary"


def entries_of(glossary: Any, atlas: Any) -> list[Entry]:
    """The terms of the glossary, and the losses that the atlas links."""
    entries: dict[str, Entry] = {}
    for term in glossary.iter("dt"):
        words = "".join(term.xpath("text()")).strip()
        entry = entries.setdefault(words.lower(), Entry(words))
        entry.glossary = term.get("id")
        long, _, short = words.removesuffix(")").partition(" (")
        entry.forms |= {long, short} - {""}
    for link in atlas.iter("a"):
        place = link.get("href", "").removeprefix("#")
        words = link.text_content().strip()
        if found := re.fullmatch(r"p\d+-atlas-(\w+)", place):
            entry = entries.setdefault(words.lower(), Entry(words))
            entry.atlas, entry.code = place, found[1]
            entry.forms.add(words)
    return list(entries.values())


class Index:
    """Words of the glossary and names of losses, and where the book uses them."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = sorted(entries, key=lambda entry: sort_key(entry.words))
        self.by_form = {one_form(f): e for e in self.entries for f in e.forms}
        self.by_code = {entry.code: entry for entry in self.entries if entry.code}
        # The longest first: a modified Huber loss is no Huber loss.
        forms = sorted(self.by_form, key=len, reverse=True)
        either = "|".join(BETWEEN.join(map(re.escape, f.split())) for f in forms)
        self.pattern = re.compile(rf"(?<![\w-])({either})(?:s|es)?(?!\w)", re.I)

    def mark(self, tree: Any, key: str) -> None:
        """Give an id to the first use of each word in a section, and count the uses."""
        found: dict[tuple[str, str], Mention] = {}
        for element in list(tree.iter("*")):
            if not is_closed(element):
                self.mark_text(element, "text", element, key, found)
            parent = element.getparent()
            if parent is not None and not is_closed(parent):
                self.mark_text(element, "tail", parent, key, found)

    def mark_text(
        self,
        element: Any,
        where: str,
        inside: Any,
        key: str,
        found: dict[tuple[str, str], Mention],
    ) -> None:
        """Look through the text of an element, or through its tail."""
        text = getattr(element, where) or ""
        if not text.strip():
            return
        section, marks = section_of(inside), []
        for match, entry in self.uses(text, inside):
            known = (entry.words, section)
            if known not in found:
                found[known] = Mention(f"{key}-ix{len(found)}")
                entry.mentions.append(found[known])
                marks.append((*match.span(), found[known].place))
            found[known].count += 1
            found[known].heading |= inside.tag in ("h1", "h2", "h3")
            found[known].defined |= inside.tag == "strong" and match[0] == text
        wrap(element, where, text, marks)

    def uses(self, text: str, inside: Any) -> Iterator[tuple[re.Match[str], Entry]]:
        """The words in a text; in code the names of classes."""
        if any(e.tag in ("pre", "code") for e in (inside, *inside.iterancestors())):
            for match in re.finditer(r"\w+", text):
                if entry := self.by_code.get(match[0].lower()):
                    yield match, entry
        else:
            for match in self.pattern.finditer(text):
                yield match, self.by_form[one_form(match[1])]

    def page(self) -> str:
        """The index as a page of the book."""
        page = E.DIV({"class": "index-columns"})
        letter = ""
        for entry in self.entries:
            first = sort_key(entry.words)[0].upper()
            if first != letter:
                letter = first
                page.append(E.P({"class": "index-letter"}, letter))
            links = E.SPAN({"class": "pages"})
            for place, look in entry.places():
                links.append(E.A({"class": look, "href": f"#{place}"}, page_of(place)))
            page.append(E.P({"class": "entry"}, entry.words, " ", links))
        return html.tostring(page, encoding="unicode")


# What may stand between the words of a form: "Tukey's loss", "log-loss".
BETWEEN = r"(?:’s)?[\s\u2013-]+"


def one_form(words: str) -> str:
    return re.sub(BETWEEN, " ", words).lower()


def sort_key(words: str) -> str:
    return re.sub(r"\W", "", words.replace("ε", "epsilon")).lower()


def wrap(
    element: Any, where: str, text: str, marks: list[tuple[int, int, str]]
) -> None:
    """Put parts of the text of an element, or of its tail, in spans with an id."""
    if not marks:
        return
    ends = [start for start, _, _ in marks[1:]] + [len(text)]
    spans = []
    for (start, stop, place), end in zip(marks, ends, strict=True):
        span = E.SPAN({"id": place}, text[start:stop])
        span.tail = text[stop:end]
        spans.append(span)
    setattr(element, where, text[: marks[0][0]])
    parent = element if where == "text" else element.getparent()
    at = 0 if where == "text" else parent.index(element) + 1
    parent[at:at] = spans


# Formulas, pictures, controls, numbers of sections, code out of its place.
CLOSED_CLASSES = ("katex", "section-number", "codes")
CLOSED_TAGS = ("svg", "select", "button", "label")


def is_closed(element: Any) -> bool:
    """Whether an element holds no running text."""
    return any(
        e.tag in CLOSED_TAGS or any(has_class(e, name) for name in CLOSED_CLASSES)
        for e in (element, *element.iterancestors())
    )


def section_of(element: Any) -> str:
    """The id of the section of a chapter; what is within a section belongs to it."""
    around = [e.get("id") for e in element.iterancestors("section")]
    return "".join(around[-2:-1] or around)
