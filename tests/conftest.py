"""What tests share: how long they search, a browser, a server, what was left out."""

import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import settings

from tools import pdf
from tools.site import DEFAULT_HTML

# In CI the search is the same every time; on a desk it looks somewhere new.
# `make fuzz` asks for many cases more.
settings.register_profile(
    "book",
    max_examples=int(os.environ.get("FUZZ_CASES", "20")),
    deadline=None,
    derandomize="CI" in os.environ,
)
settings.load_profile("book")


Shared = Callable[[str, Callable[[Path], Path]], Path]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """Gives what is slow to make once, whichever of several processes asks first."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def get(name: str, make: Callable[[Path], Path]) -> Path:
        answer = root / f"{name}.path"
        try:
            (root / name).mkdir()  # by one process only
        except FileExistsError:
            for _ in range(6000):  # ten minutes, should that process have died
                if answer.exists():
                    break
                threading.Event().wait(0.1)
        else:
            made = ""
            try:
                made = str(make(root / name))
            finally:
                part = answer.with_suffix(".part")
                part.write_text(made)
                part.rename(answer)  # nobody reads half of it
        if not (made := answer.read_text()):
            pytest.skip(f"another test says why there is no {name}")
        return Path(made)

    return get


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    path = pdf.find_browser()
    if path is None:
        pytest.skip("browser tests are left out: no Chromium here (or set CHROME_PATH)")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    flags += ["--in-process-gpu"]  # an eighth less to do, where no GPU is
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=path, args=flags)
        yield instance
        instance.close()


@pytest.fixture(scope="session")
def built() -> Path:
    if not (DEFAULT_HTML / "_static" / "search-index.js").exists():
        pytest.skip("no built book in _build/html: make book builds it")
    return DEFAULT_HTML


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """A test prints its findings, not its requests."""


@pytest.fixture(scope="session")
def serve() -> Iterator[object]:
    """Gives the address of a folder, served on this machine."""
    servers: dict[Path, ThreadingHTTPServer] = {}

    def address(folder: Path) -> str:
        if folder not in servers:
            handler = partial(Quiet, directory=str(folder))
            servers[folder] = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            threading.Thread(target=servers[folder].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[folder].server_port}/"

    yield address
    for server in servers.values():
        server.shutdown()
        server.server_close()


# What a skipped test says, and what to tell whoever runs the suite.
LEFT_OUT = {
    "no Chromium here": "tests of pages, interactive figures, search and PDF in a "
    "browser. Install Chromium or Chrome, or set CHROME_PATH.",
    "no runtime to be had": "chapters in the reader's browser. They need a network "
    "once, or make live.",
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Without a browser half of the site is untried; that must not go unnoticed."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, meaning in LEFT_OUT.items():
        if count := sum(reason in str(report.longrepr) for report in skipped):
            terminalreporter.section(reason, yellow=True)
            terminalreporter.line(f"Left out: {count} {meaning}")
