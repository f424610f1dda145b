"""Fetch what the site serves, and finish what Sphinx built.

python -m tools.site fetch              fonts, KaTeX, search into site/vendor/
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
from pathlib import Path
from urllib.parse import unquote, urljoin

import yaml

from tools import notices, runtime, search
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
    "minisearch@7.2.0": (
        "cb3b8126a3ea65d6b387787294f0792b0ea4a40b70f8f37688066a5638e0218a",
        r"package/(LICENSE\.txt|dist/umd/index\.js)$",
        "minisearch",
    ),
    "stemmer@2.0.1": (
        "e94a3698cc7c6efcd2a9f29e94868c64c03416e86a1eea355bb3e5b059608900",
        r"package/(license|index\.js)$",
        "stemmer",
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
        print(f"what the site serves of others stands in {VENDOR.relative_to(ROOT)}")
        return
    shutil.rmtree(VENDOR, ignore_errors=True)
    for package, (sha256, pattern, folder) in PACKAGES.items():
        with tempfile.TemporaryDirectory() as scratch:
            tarball = npm_package(package, sha256, Path(scratch))
            unpack(tarball, pattern, VENDOR / folder)
    use_woff2_only(VENDOR / "katex" / "katex.min.css")
    make_script(VENDOR / "stemmer" / "index.js", "stemmer")
    done.write_text(wanted)


def use_woff2_only(css: Path) -> None:
    """Every browser that can show the site reads woff2; name no other file."""
    text = css.read_text()
    css.write_text(re.sub(r',url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)', "", text))


def make_script(module: Path, name: str) -> None:
    """A page opened from a disk may load scripts and no modules."""
    text = module.read_text(encoding="utf8")
    text = text.replace(f"export function {name}(", f"function {name}(")
    text = f"globalThis.{name} = (() => {{\n{text}\nreturn {name}\n}})()\n"
    module.write_text(text, encoding="utf8")


# --------------------------------------------------------------- finish


def finish(html: Path) -> None:
    """Complete a built site in place; running it again changes nothing."""
    if not (html / "index.html").exists():
        sys.exit(f"no built site in {html}: run jupyter-book build first")
    copy_static(html / "_static")
    join_styles(html / "_static")
    pages = sorted(p for p in html.rglob("*.html") if "_static" not in p.parts)
    search.write_index(html, pages)
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


# Not named in a page: other scripts load them when they are wanted.
LOADED = (
    "minisearch/umd/index.js",
    "stemmer/index.js",
    "search-engine.js",
    "search-index.js",
    "search.js",
    "live-worker.js",
    "previews.js",
)
LINK = r'(?:href|src)="([^"]+)"'


def remove_unused(html: Path, pages: list[Path]) -> None:
    """Leave out what no page links: files of extensions, pictures of earlier builds."""
    used = {html / "_static" / name for name in LOADED}
    used |= {html / "_static" / asset.name for asset in (ROOT / "assets").iterdir()}
    for page in pages:
        used |= linked_files(page)
    for css in [f for f in used if f.suffix == ".css"]:
        used |= linked_files(css)
    keep_folder = {folder for f in used for folder in f.parents}
    files = [*(html / "_static").rglob("*"), *(html / "_images").rglob("*")]
    for file in sorted(files):
        licence = file.parent.name == "licences" or (
            file.stem.upper() == "LICENSE" and file.parent in keep_folder
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
