"""Settings of the tests that search for counterexamples, and what was left out."""

import os

import pytest
from hypothesis import settings

# In CI the search is the same every time; on a desk it looks somewhere new.
settings.register_profile(
    "book", max_examples=50, deadline=None, derandomize="CI" in os.environ
)
settings.load_profile("book")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Without a browser half of the site is untried; that must not go unnoticed."""
    skipped = terminalreporter.stats.get("skipped", [])
    left_out = sum("browser" in report.keywords for report in skipped)
    if left_out:
        terminalreporter.section("no Chromium or Chrome here", yellow=True)
        terminalreporter.line(
            f"Left out: {left_out} tests of pages, interactive figures, search and PDF "
            "in a browser. Install one, or set CHROME_PATH."
        )
