"""A formula in one line of text, for whoever hears the book instead of seeing it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

RELATIONS = set("=≠<>≤≥≪≫≈≡∼∝∈∉⊂⊆→←↦⇒⇔⟹⟺:≔+−±∣")
LARGE = {"∑", "∏", "∫", "lim", "max", "min", "sup", "inf"}
BRACES = {"⏟", "⏞"}
ACCENTS = {"^": " hat", "~": " tilde", "ˉ": " bar", "‾": " bar", "˙": " dot"}
APPLY = "\u2061"  # between a function and its argument


def spoken(math: str) -> str:
    """The text of a MathML formula: fractions with a slash, indices with _ and ^."""
    text = " ".join(said(ET.fromstring(math)).split())
    return text.replace("( ", "(").replace("^′", "′")


def said(node: ET.Element) -> str:
    name = node.tag.rpartition("}")[2]
    parts = [said(child) for child in node if not child.tag.endswith("annotation")]
    if name == "mfrac":
        return f"{whole(parts[0])}/{whole(parts[1])}"
    if name in ("msqrt", "mroot"):
        index = whole(parts.pop()) if name == "mroot" else ""
        return f"{index}√{whole(''.join(parts))}"
    if name in ("mover", "munder") and parts[1].strip() in (*ACCENTS, *BRACES):
        return parts[0] + ACCENTS.get(parts[1].strip(), "")
    if name in ("msub", "msup", "munder", "mover", "msubsup", "munderover"):
        marks = "^" if name in ("msup", "mover") else "_^"
        raised = zip(marks, parts[1:], strict=False)
        space = " " if parts[0].strip() in LARGE else ""
        return parts[0].rstrip() + "".join(m + whole(p) for m, p in raised) + space
    if name == "mtable":
        return "; ".join(parts)
    if name == "mtr":
        return " ".join(parts)
    if name in ("mspace", "mphantom"):
        return " "
    text = (node.text or "").replace(APPLY, " ") + "".join(parts)
    if name == "mi" and len(text) > 1:  # y log p
        return f" {text}"
    if name == "mo" and text in RELATIONS:
        return f" {text} "
    return text + " " if name == "mo" and text in (",", ";") else text


def whole(text: str) -> str:
    """Brackets around what is more than one name or number."""
    text = text.strip()
    return text if text.isalnum() or len(text) == 1 else f"({text})"
