"""
The same decorator in the words of each library: three attempts, no waits. Imports nothing, so that a fresh interpreter
can time it.
"""

import sys

# What shares its import name with another package is installed into a folder of its own: (import name, folder).
APART: dict[str, tuple[str, str]] = {"python-backoff": ("backoff", f"{sys.prefix}/python-backoff")}

SPELLINGS: dict[str, str] = {
    "anew": "library.retry(times=3, delay=0, jitter=False)",
    "stamina": ("library.retry(on=Exception, attempts=3, timeout=None, wait_initial=0, wait_max=0, wait_jitter=0)"),
    "tenacity": "library.retry(stop=library.stop_after_attempt(3))",
    "backoff": ("library.on_exception(library.expo, Exception, max_tries=3, factor=0, jitter=None, logger=None)"),
    "python-backoff": (
        "library.on_exception(library.expo, Exception, max_tries=3, factor=0, jitter=None, logger=None)"
    ),
    "nopanic": "library.retry(attempts=3, backoff=0)",
    "backoffkit": "library.retry(times=3, delay=0, jitter=False)",
}
