"""The bibliography: complete entries, one scheme of keys, nothing cited in vain."""

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from pybtex.database import BibliographyData, Entry, parse_file

from tools.book import CHAPTERS, ROOT

BIBLIOGRAPHY = parse_file(str(ROOT / "references.bib"), bib_format="bibtex")

# Words that do not tell one title from another.
FILLERS = {
    *("a", "an", "the", "every", "and", "by", "for", "from", "in", "of", "on", "to"),
    *("are", "is", "do", "does", "how", "what", "when", "why", "sur", "le"),
}
# Letters that Unicode does not decompose into a letter and an accent.
LETTERS = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "ı": "i"})

VENUES = ("journal", "booktitle", "publisher", "school", "institution", "howpublished")
IDENTIFIERS = ("doi", "eprint", "isbn", "url")
FORMS = {
    "year": r"(1[89]|20)\d\d",
    "doi": r"10\.\d{4,9}/\S+",
    "eprint": r"\d{4}\.\d{4,5}",
    "url": r"https://\S+",
    "pages": r"[A-Z]?e?\d+|(\d+:)?\d+--(\d+:)?\d+",
}

ENTRIES = BIBLIOGRAPHY.entries.values()


def folded(text: str) -> str:
    """Lower-case ASCII letters and digits of a text, accents removed."""
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(LETTERS))
    return re.sub(r"[^a-z0-9]", "", decomposed)


def keys_of(entry: Entry) -> set[str]:
    """First author's surname, year, first telling word of the title.

    Of a hyphenated word the first part may stand for the whole.
    """
    first = (entry.persons.get("author") or entry.persons["editor"])[0]
    start = folded("".join(first.prelast_names + first.last_names))
    start += entry.fields["year"]
    words = re.split(r"\s+|--+", entry.fields["title"])
    word = next(word for word in words if folded(word) not in FILLERS)
    return {start + folded(word), start + folded(word.split("-")[0])}


def cited_keys(text: str) -> set[str]:
    """The keys in all citation roles of a text, without notes such as {p. 3}."""
    roles = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text)
    keys = (key for role in roles for key in role.split(","))
    return {re.sub(r"\{[^}]*\}", "", key).strip() for key in keys}


def is_isbn(isbn: str) -> bool:
    """Whether a 13-digit ISBN ends in the right check digit."""
    digits = isbn.replace("-", "")
    return (
        re.fullmatch(r"97[89]\d{10}", digits) is not None
        and sum(int(d) * (1, 3)[i % 2] for i, d in enumerate(digits)) % 10 == 0
    )


def pages() -> list[Path]:
    return sorted([*CHAPTERS.rglob("*.md"), *CHAPTERS.rglob("*.ipynb")])


def is_complete(entry: Entry) -> bool:
    return bool(
        (entry.persons.get("author") or entry.persons.get("editor"))
        and entry.fields.get("title")
        and entry.fields.get("year")
        and any(name in entry.fields for name in (*IDENTIFIERS, *VENUES))
    )


def malformed(entry: Entry) -> dict[str, str]:
    """The fields of an entry that have not the form they should have."""
    fields = entry.fields
    wrong = {
        name: fields[name]
        for name, form in FORMS.items()
        if name in fields and not re.fullmatch(form, fields[name])
    }
    if "isbn" in fields and not is_isbn(fields["isbn"]):
        wrong["isbn"] = fields["isbn"]
    return wrong


def test_entries_are_complete() -> None:
    assert [entry.key for entry in ENTRIES if not is_complete(entry)] == []


def test_keys_follow_the_scheme() -> None:
    assert [entry.key for entry in ENTRIES if entry.key not in keys_of(entry)] == []


def test_fields_are_well_formed() -> None:
    assert {e.key: wrong for e in ENTRIES if (wrong := malformed(e))} == {}


def test_entries_are_sorted() -> None:
    keys = list(BIBLIOGRAPHY.entries)
    assert keys == sorted(keys)


@pytest.mark.parametrize("name", ["doi", "eprint", "isbn"])
def test_no_work_is_listed_twice(name: str) -> None:
    values = Counter(
        entry.fields[name].lower()
        for entry in BIBLIOGRAPHY.entries.values()
        if name in entry.fields
    )
    assert [value for value, count in values.items() if count > 1] == []


def test_pages_cite_known_works() -> None:
    unknown = {
        path.name: missing
        for path in pages()
        if (missing := cited_keys(path.read_text("utf-8")) - set(BIBLIOGRAPHY.entries))
    }
    assert unknown == {}


# The tests above can fail

WRONG = """
@article{smith2020theory,
  author = {Smith, Ann},
  title = {A theory of everything},
  journal = {Journal},
  year = {2020},
  doi = {https://doi.org/10.1000/182},
}
"""


def test_key_of_particles_accents_and_hyphens() -> None:
    source = WRONG.replace("Smith, Ann", "van der Jørgen-Müller, Ø.")
    source = source.replace("A theory", "On the {V-Net} theory")
    entry = BibliographyData.from_string(source, "bibtex").entries["smith2020theory"]
    start = "vanderjorgenmuller2020"
    assert keys_of(entry) == {f"{start}vnet", f"{start}v"}


def test_a_doi_with_its_resolver_is_refused() -> None:
    entry = BibliographyData.from_string(WRONG, "bibtex").entries["smith2020theory"]
    assert malformed(entry) == {"doi": "https://doi.org/10.1000/182"}


def test_an_entry_without_a_title_is_refused() -> None:
    entry = BibliographyData.from_string(WRONG, "bibtex").entries["smith2020theory"]
    assert is_complete(entry)
    del entry.fields["title"]
    assert not is_complete(entry)


def test_cited_keys_are_found() -> None:
    text = "{cite:t}`a2020x` and {cite}`b2021y, {see}c2022z{p. 3}`; `{cite}` alone"
    assert cited_keys(text) == {"a2020x", "b2021y", "c2022z"}


def test_a_wrong_check_digit_is_refused() -> None:
    assert is_isbn("978-0-387-31073-2")
    assert not is_isbn("978-0-387-31073-3")
