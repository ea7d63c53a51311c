"""Retries that keep your types, your tracebacks and your promises: `from anew import retry`."""

from ._any_of import any_of
from ._blocks import Attempt
from ._budget import Budget, RetryBudget
from ._errors import RetryError, TryAgain
from ._modes import is_active, is_testing, set_active, set_testing
from ._options import Options
from ._retry import Retry, retry

__all__ = ["Attempt", "Budget", "Options", "Retry", "RetryBudget", "RetryError", "TryAgain", "any_of", "retry"]
__all__ += ["is_active", "is_testing", "set_active", "set_testing"]

# Tracebacks, pickles and documentation name things where users import them from.
for _name in __all__:
    globals()[_name].__module__ = __name__
