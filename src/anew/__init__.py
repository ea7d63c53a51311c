"""Retries that keep your types, your tracebacks and your promises: `from anew import retry`."""

from ._errors import RetryError
from ._retry import Retry, retry
from ._types import Options

__all__ = ["Options", "Retry", "RetryError", "retry"]
