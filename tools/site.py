"""Fetch what the site serves, and finish what Sphinx built.

python -m tools.site fetch              fonts and KaTeX into site/vendor/
python -m tools.site finish [HTML]      sitemap, search index, clean-up
python -m tools.site weigh [HTML]       what the first view of each page costs
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import shutil
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin

import yaml

from tools import notices, runtime
from tools.npm import npm_package, unpack

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "site" / "vendor"
STATIC_SOURCES = [ROOT / "assets", ROOT / "site" / "static", VENDOR]
DEFAULT_HTML = ROOT / "_build" / "html"

# ---------------------------------------------------------------- fetch

PAPER_FILES = r"package/files/.*-(latin|latin-ext|greek)-[467]00-.*\.woff2$"

# npm package -> (sha256 of its tarball, files wanted, folder in site/vendor).
PACKAGES = {
    "katex@0.19.1": (
        "24da5a599eb2fcede2e270b99a6ff48bca816beecc95feeb84e8cccbd1bb34fd",
        r"package/(LICENSE|dist/katex\.min\.(css|js)|dist/fonts/.*\.woff2)$",
        "katex",
    ),
    "@fontsource-variable/source-serif-4@5.3.0": (
        "4a19d3a6fda1a977f15a0ee1e60e5f53df2e6ae77f46f1ed54c7fc52d015e85a",
        r"package/files/.*-(latin|greek)-wght-(normal|italic)\.woff2$",
        "fonts/source-serif-4",
    ),
    "@fontsource-variable/source-sans-3@5.3.0": (
        "115c2d5a38a05d52c77ba02e4d939644bae30585a30a2e4657a3be2c99d5c7dc",
        r"package/files/.*-(latin|greek)-wght-normal\.woff2$",
        "fonts/source-sans-3",
    ),
    "@fontsource-variable/source-code-pro@5.3.0": (
        "ad0ce660b35cd54214f105c7b85db16238e360afa800ca7c4aeae439c53cc517",
        r"package/files/.*-(latin|greek)-wght-normal\.woff2$",
        "fonts/source-code-pro",
    ),
    # For paper, where a variable font would be drawn glyph by glyph (tools.pdf).
    "@fontsource/source-serif-4@5.3.1": (
        "54b7898afa20cf4b2d807bbf2b5a2f865e28a83db8a5fcc563dafce5ecb5e7c8",
        PAPER_FILES,
        "paper",
    ),
    "@fontsource/source-sans-3@5.3.1": (
        "b598201d980b3512805bbea186aab8ef91590d59990e6a13c90e030b6ff37881",
        PAPER_FILES,
        "paper",
    ),
    "@fontsource/source-code-pro@5.3.1": (
        "52ff8925aa275d3d28b745760ab78e9ac11276a477c909f1a8e703e0902afcc4",
        PAPER_FILES,
        "paper",
    ),
}


def fetch() -> None:
    """Get every package of PACKAGES from npm, check its hash, unpack what is used."""
    done = VENDOR / "packages.json"
    wanted = json.dumps(PACKAGES, indent=1)
    if done.exists() and done.read_text() == wanted:
        print(f"fonts and KaTeX stand in {VENDOR.relative_to(ROOT)}")
        return
    shutil.rmtree(VENDOR, ignore_errors=True)
    for package, (sha256, pattern, folder) in PACKAGES.items():
        with tempfile.TemporaryDirectory() as scratch:
            tarball = npm_package(package, sha256, Path(scratch))
            unpack(tarball, pattern, VENDOR / folder)
    use_woff2_only(VENDOR / "katex" / "katex.min.css")
    done.write_text(wanted)


def use_woff2_only(css: Path) -> None:
    """Every browser that can show the site reads woff2; name no other file."""
    text = css.read_text()
    css.write_text(re.sub(r',url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)', "", text))


# --------------------------------------------------------------- finish


def finish(html: Path) -> None:
    """Complete a built site in place; running it again changes nothing."""
    if not (html / "index.html").exists():
        sys.exit(f"no built site in {html}: run jupyter-book build first")
    copy_static(html / "_static")
    join_styles(html / "_static")
    pages = sorted(p for p in html.rglob("*.html") if "_static" not in p.parts)
    write_search_index(html, pages)
    write_sitemap(html, pages)
    remove_unused(html, pages)
    if runtime.is_complete():
        runtime.install(html / "_static")


def copy_static(target: Path) -> None:
    """Sphinx copies these only when a document changed; the site wants them fresh."""
    for source in STATIC_SOURCES:
        if not source.exists():
            sys.exit(f"{source} is missing: run python -m tools.site fetch")
        shutil.copytree(source, target, dirs_exist_ok=True)
    licences = target / "licences"
    shutil.copytree(notices.LICENCES, licences, dirs_exist_ok=True)
    for name in ("LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, licences / f"{name}.txt")


def join_styles(static: Path) -> None:
    """One style sheet, as a page waits for each; ours decides, so it comes last."""
    katex = (static / "katex" / "katex.min.css").read_text(encoding="utf8")
    katex = katex.replace("url(fonts/", "url(katex/fonts/")
    book = static / "book.css"
    book.write_text(katex + "\n" + book.read_text(encoding="utf8"), encoding="utf8")


class PageText(HTMLParser):
    """The sections of a page: (id, heading, text), without code and controls."""

    SKIP = frozenset(
        {"script", "style", "svg", "math", "select", "button", "summary", "pre"}
    )
    VOID = frozenset({"img", "br", "hr", "input", "link", "meta", "col", "wbr"})

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[list[str]] = []
        self.ids = [""]
        self.stack: list[str] = []
        self.in_article = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "article":
            self.in_article = True
        if not self.in_article or tag in self.VOID:
            return
        hidden = attributes.get("class") in ("headerlink", "katex-html")
        self.stack.append("skip" if tag in self.SKIP or hidden else tag)
        if tag == "section":
            self.ids.append(attributes.get("id") or "")
        elif tag in ("h1", "h2", "h3"):
            self.sections.append([self.ids[-1], "", ""])

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self.in_article = False
        if not self.in_article or tag in self.VOID or not self.stack:
            return
        self.stack.pop()
        if tag == "section":
            self.ids.pop()

    def handle_data(self, data: str) -> None:
        if not self.in_article or not self.sections or "skip" in self.stack:
            return
        in_heading = any(tag in ("h1", "h2", "h3") for tag in self.stack)
        self.sections[-1][1 if in_heading else 2] += data


def write_search_index(html: Path, pages: list[Path]) -> None:
    """One script with the text of every section.

    A script, not JSON, because a page opened from a disk may load scripts only.
    """
    entries = []
    for page in pages:
        parser = PageText()
        parser.feed(page.read_text(encoding="utf8"))
        url = page.relative_to(html).as_posix()
        title = " ".join(parser.sections[0][1].split()) if parser.sections else ""
        for ident, heading, text in parser.sections:
            words = " ".join(text.split())
            entries.append([url, ident, title, " ".join(heading.split()), words])
    data = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    target = html / "_static" / "search-index.js"
    target.write_text(f"window.BOOK_INDEX={data};\n", encoding="utf8")


def write_sitemap(html: Path, pages: list[Path]) -> None:
    """Every page for search engines, with the day of its last change.

    There is no robots.txt: below the path of a project nobody reads one.
    """
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
    base = config["html"]["baseurl"]
    lines = []
    for page in pages:
        name = page.relative_to(html).as_posix()
        if name in ("404.html", "search.html"):
            continue
        address = urljoin(base, "" if name == "index.html" else name)
        day = re.search(r'"dateModified": "([\d-]+)"', page.read_text(encoding="utf8"))
        modified = f"<lastmod>{day[1]}</lastmod>" if day else ""
        lines.append(f"<url><loc>{address}</loc>{modified}</url>\n")
    (html / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{''.join(lines)}</urlset>\n"
    )


LINK = r'(?:href|src)="([^"]+)"'


def remove_unused(html: Path, pages: list[Path]) -> None:
    """Leave out what no page links: files of extensions, pictures of earlier builds."""
    loaded = ("search.js", "search-index.js", "live-worker.js")  # by other scripts
    used = {html / "_static" / name for name in loaded}
    used |= {html / "_static" / asset.name for asset in (ROOT / "assets").iterdir()}
    for page in pages:
        used |= linked_files(page)
    for css in [f for f in used if f.suffix == ".css"]:
        used |= linked_files(css)
    keep_folder = {folder for f in used for folder in f.parents}
    files = [*(html / "_static").rglob("*"), *(html / "_images").rglob("*")]
    for file in sorted(files):
        licence = file.parent.name == "licences" or (
            file.name == "LICENSE" and file.parent in keep_folder
        )
        if file.is_file() and file not in used and not licence:
            file.unlink()
    for folder in sorted((html / "_static").rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    for name in (".buildinfo", ".buildinfo.bak", "robots.txt"):
        (html / name).unlink(missing_ok=True)


def linked_files(file: Path) -> set[Path]:
    """Files of the site that a page or a style sheet refers to."""
    pattern = r"url\([\"']?([^\"')]+)" if file.suffix == ".css" else LINK
    paths = re.findall(pattern, file.read_text(encoding="utf8"))
    candidates = {
        (file.parent / unquote(re.split("[#?]", p)[0])).resolve() for p in paths
    }
    return {candidate for candidate in candidates if candidate.is_file()}


# ---------------------------------------------------------------- weigh


def weigh(html: Path) -> None:
    """Print the gzipped size of what a browser loads at once for each page."""
    for page in sorted(html.rglob("*.html")):
        if "_static" in page.parts:
            continue
        print(f"{first_view(page) / 1000:7.0f} kB  {page.relative_to(html)}")


# Fonts are asked for by style sheets, as a page uses them; these are the usual ones.
TEXT_FONTS = "fonts/*/*-latin-*.woff2"
MATH_FONTS = "katex/fonts/KaTeX_[MSA][aiM]*-[RI][et]*.woff2"


def first_view(page: Path) -> int:
    """Page, styles, scripts, fonts, and images that are not lazy, over gzip."""
    text = page.read_text(encoding="utf8")
    tags = re.findall(r"<(?:link|script|img)\b[^>]*>", text)
    links = []
    for tag in tags:
        loads = re.search(r'rel="(stylesheet|preload|icon)"', tag) or "src=" in tag
        address = re.search(r'(?:href|src)="([^"]+)"', tag)
        if loads and address and 'loading="lazy"' not in tag:
            links.append((page.parent / address[1]).resolve())
    files = {page, *(link for link in links if link.is_file())}
    fonts = [TEXT_FONTS, *([MATH_FONTS] if 'class="katex"' in text else [])]
    for css in [file for file in files if file.suffix == ".css"]:
        files |= {font for pattern in fonts for font in css.parent.glob(pattern)}
    return sum(compressed_size(file) for file in sorted(files))


def compressed_size(file: Path) -> int:
    data = file.read_bytes()
    packed = file.suffix in (".woff2", ".png", ".webp", ".jpg")
    return len(data) if packed else len(gzip.compress(data, mtime=0))


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.site", description=__doc__)
    parser.add_argument("verb", choices=["fetch", "finish", "weigh"])
    parser.add_argument("html", nargs="?", type=Path, default=DEFAULT_HTML)
    arguments = parser.parse_args()
    if arguments.verb == "fetch":
        fetch()
    elif arguments.verb == "finish":
        finish(arguments.html.resolve())
    else:
        weigh(arguments.html.resolve())


if __name__ == "__main__":
    main()
