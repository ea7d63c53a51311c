"""Retries that keep your types, your tracebacks and your promises: `from anew import retry`."""

from ._errors import RetryError
from ._retry import Retry, retry
from ._types import Options

__all__ = ["Options", "Retry", "RetryError", "retry"]

# Tracebacks, pickles and documentation name things where users import them from.
for _public in (Retry, RetryError, retry):
    _public.__module__ = __name__
del _public
