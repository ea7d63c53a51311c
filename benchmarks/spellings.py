"""
The same decorator in the words of each library: three attempts, no waits. Imports nothing, so that a fresh interpreter
can time it.
"""

SPELLINGS: dict[str, str] = {
    "anew": "library.retry(times=3, delay=0, jitter=False)",
    "stamina": ("library.retry(on=Exception, attempts=3, timeout=None, wait_initial=0, wait_max=0, wait_jitter=0)"),
    "tenacity": "library.retry(stop=library.stop_after_attempt(3))",
    "backoff": ("library.on_exception(library.expo, Exception, max_tries=3, factor=0, jitter=None, logger=None)"),
    "backoffkit": "library.retry(times=3, delay=0, jitter=False)",
}
