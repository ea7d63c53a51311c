"""What the package exports, and that it says it is typed."""

_INIT = "__init__.py"
_HOOKS_INIT = "instrumentation/__init__.py"

WEAKENINGS = {
    "no py.typed": [("py.typed", "", "")],
    "Options is not exported": [
        (
            _INIT,
            "from ._options import Options\n",
            "from typing import Any\n\nOptions: Any = type('Options', (dict,), {})\n",
        )
    ],
    "Attempt is not exported": [
        (
            _INIT,
            "from ._blocks import Attempt\n",
            "from typing import Any\n\nfrom . import _blocks\n\nAttempt: Any = _blocks.Attempt\n",
        )
    ],
    "Attempt is exported by accident": [(_INIT, '["Attempt", ', "[")],
    "Budget is not exported": [
        (_INIT, "import Budget, RetryBudget\n", "import RetryBudget\n"),
        (_INIT, "__all__ = [", "from typing import Any\n\nBudget: Any = type('Budget', (), {})\n__all__ = ["),
    ],
    "the ready hooks are unknown to checkers": [
        (_HOOKS_INIT, "PrometheusHook, StructlogHook\n", "PrometheusHook\nfrom typing import Any as StructlogHook\n")
    ],
}
