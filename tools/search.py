"""The index of the search: the sections of a built site, as a script.

A script, not JSON, because a page opened from a disk may load scripts only. The words
are put in order in the reader's browser, by site/static/search-engine.js.
"""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import yaml

from tools.formula import spoken

SITE = Path(__file__).resolve().parent.parent / "site"
SYNONYMS = SITE / "synonyms.yml"
# {name of a page: {heading: how people ask for it}}
QUESTIONS = SITE / "questions.yml"
LEFT_OUT = ("404.html", "search.html")
# What a page is, by its address; the engine puts chapters before the rest.
KINDS = (
    (r"index\.html", "start"),
    (r"chapters/\d.*", "chapter"),
    (r"chapters/appendix/atlas.*", "atlas"),
    (r"chapters/appendix/glossary.*", "glossary"),
    (r"chapters/appendix/(mathematics|notation).*", "basics"),
    (r"chapters/solutions/.*|chapters/appendix/solutions.*", "solutions"),
    (r"chapters/appendix/api.*", "reference"),
    (r"chapters/appendix/.*", "record"),
)
HEADINGS = ("h1", "h2", "h3")
# A term is bold where it is defined; what is longer is a sentence.
TERM_WORDS = 4
# Of code only names are found that a library gives: classes, calls, keyword arguments.
NAME = re.compile(
    r"\b(?:[A-Z]*[a-z]+[A-Z]\w*|[A-Z]{2,}[a-z]\w*|[a-z]+_\w+(?=\()|[a-z]\w{4,}(?==[^=\s]))"
)
DEFINED = re.compile(r"(?:def|class) (\w+)")
# Tags inside of a line; at any other tag a new word begins.
INLINE = frozenset({"a", "abbr", "b", "code", "em", "i", "s", "span", "strong", "sub"})


class Section:
    """A piece of a page that can be found: what stands where in it."""

    def __init__(self, ident: str) -> None:
        self.ident = ident
        self.parts = {"heading": "", "text": "", "code": ""}
        self.terms: list[str] = []

    def entry(self, own: set[str]) -> list[str]:
        """What the index holds of it; names that the page defines are of no use."""
        text, code = self.parts["text"], self.parts["code"]
        names = sorted(set(NAME.findall(code)) - own)
        heading = squeeze(self.parts["heading"])
        terms = "; ".join(dict.fromkeys(map(squeeze, self.terms)))
        return [self.ident, heading, terms, " ".join(names), squeeze(text)]


class PageText(HTMLParser):
    """The sections of a page; a term of the glossary and an answer of the guide, too.

    An answer says little without its question, so both are its heading.
    """

    SKIP = frozenset({"script", "style", "svg", "select", "button", "summary"})
    VOID = frozenset({"img", "br", "hr", "input", "link", "meta", "col", "wbr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sections: list[Section] = []
        self.ids = [""]
        self.stack: list[str] = []
        self.bold: list[str] | None = None
        self.questions = [""]
        self.in_article = False
        self.feed(re.sub(r"<math.*?</math>", in_words, text, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "article":
            self.in_article = True
        if not self.in_article or tag in self.VOID:
            return
        ident = attributes.get("id") or ""
        hidden = attributes.get("class") in ("headerlink", "katex-html")
        self.stack.append("skip" if tag in self.SKIP or hidden else tag)
        if tag not in INLINE:
            self.handle_data(" ")
        if tag == "section":
            self.ids.append(ident)
        elif tag in HEADINGS:
            self.sections.append(Section(self.ids[-1]))
        elif tag == "dt" and ident.startswith("term-"):
            self.sections.append(Section(ident))
            self.stack[-1] = "term"
        elif tag == "details" and ident.startswith("guide-"):
            self.sections.append(Section(ident))
            self.sections[-1].parts["heading"] = f"{self.questions[-1]} "
            self.questions.append("")
            self.stack[-1] = "answer"
        elif tag == "summary" and "answer" in self.stack[-2:-1]:
            self.stack[-1] = "term"
        elif tag == "strong":
            self.bold = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self.in_article = False
        if not self.in_article or tag in self.VOID or not self.stack:
            return
        left = self.stack.pop()
        if tag not in INLINE:
            self.handle_data(" ")
        if tag == "section":
            self.ids.pop()
        elif left == "answer":
            self.questions.pop()
        elif tag == "strong" and self.bold is not None:
            self.end_bold("".join(self.bold).strip())
            self.bold = None

    def end_bold(self, words: str) -> None:
        if words.endswith("?"):
            self.questions[-1] = words
        elif (
            len(words.split()) <= TERM_WORDS
            and not words.endswith(".")
            and "answer" not in self.stack
        ):
            self.sections[-1].terms.append(words)

    def handle_data(self, data: str) -> None:
        if not self.in_article or not self.sections or "skip" in self.stack:
            return
        if "pre" in self.stack:
            part = "code"
        elif any(tag in (*HEADINGS, "term") for tag in self.stack):
            part = "heading"
        else:
            part = "text"
        self.sections[-1].parts[part] += data
        if self.bold is not None:
            self.bold.append(data)


def in_words(formula: re.Match[str]) -> str:
    return html.escape(spoken(formula[0]))


def squeeze(text: str) -> str:
    return " ".join(text.split())


def kind(address: str) -> str:
    return next((k for form, k in KINDS if re.fullmatch(form, address)), "chapter")


def index(site: Path, pages: list[Path]) -> dict[str, object]:
    """Pages as [address, title, kind, what is said of it], and sections under each.

    A section that people ask for in other words ends with these.
    """
    questions = yaml.safe_load(QUESTIONS.read_text(encoding="utf8"))
    found = []
    for page in pages:
        address = page.relative_to(site).as_posix()
        text = page.read_text(encoding="utf8")
        parts = PageText(text).sections
        own = {n for part in parts for n in DEFINED.findall(part.parts["code"])}
        sections = [part.entry(own) for part in parts]
        if address in LEFT_OUT or not sections:
            continue
        about = re.search(r'<meta name="description" content="([^"]*)">', text)
        name = re.search(r'<meta property="og:title" content="([^"]*)">', text)
        said = html.unescape(f"{name[1]}. {about[1]}") if name and about else ""
        if kind(address) != "solutions":
            for section in sections:
                heading = re.sub(r"^\d+\. ", "", section[1])  # a chapter's number
                asked = questions.get(page.stem, {}).get(heading, [])
                section += ["; ".join(asked)] * bool(asked)
        found.append([address, sections[0][1], kind(address), said, sections])
    synonyms = yaml.safe_load(SYNONYMS.read_text(encoding="utf8"))
    return {"pages": found, "synonyms": synonyms}


def write_index(site: Path, pages: list[Path]) -> None:
    data = json.dumps(index(site, pages), ensure_ascii=False, separators=(",", ":"))
    target = site / "_static" / "search-index.js"
    target.write_text(f"globalThis.BOOK_INDEX={data};\n", encoding="utf8")
