"""Settings of the tests that search for counterexamples."""

import os

from hypothesis import settings

# In CI the search is the same every time; on a desk it looks somewhere new.
settings.register_profile(
    "book", max_examples=50, deadline=None, derandomize="CI" in os.environ
)
settings.load_profile("book")
