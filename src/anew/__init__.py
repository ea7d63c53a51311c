"""Retries that keep your types, your tracebacks and your promises: `from anew import retry`."""

from ._any_of import any_of
from ._blocks import Attempt
from ._budget import RetryBudget
from ._errors import RetryError, TryAgain
from ._modes import is_active, is_testing, set_active, set_testing
from ._options import Options
from ._retry import Retry, retry

__all__ = [
    "Attempt",
    "Options",
    "Retry",
    "RetryBudget",
    "RetryError",
    "TryAgain",
    "any_of",
    "is_active",
    "is_testing",
    "retry",
    "set_active",
    "set_testing",
]

# Tracebacks, pickles and documentation name things where users import them from.
for _public in (
    Attempt,
    Retry,
    RetryBudget,
    RetryError,
    TryAgain,
    any_of,
    is_active,
    is_testing,
    retry,
    set_active,
    set_testing,
):
    _public.__module__ = __name__
del _public
