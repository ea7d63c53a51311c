"""`set_active`, `set_testing` and their like."""

_MODES = "_modes.py"

_SET_TESTING = "-> AbstractContextManager[list[RetryDetails]]:"

WEAKENINGS = {
    "set_active takes anything": [(_MODES, "def set_active(active: bool)", "def set_active(active: Any)")],
    "set_active takes numbers": [(_MODES, "def set_active(active: bool)", "def set_active(active: int)")],
    "set_active needs nothing": [(_MODES, "def set_active(active: bool)", "def set_active(active: bool = True)")],
    "set_active gives Any": [(_MODES, "(active: bool) -> None:", "(active: bool) -> Any:")],
    "is_active gives Any": [(_MODES, "def is_active() -> bool:", "def is_active() -> Any:")],
    "is_testing gives Any": [(_MODES, "def is_testing() -> bool:", "def is_testing() -> Any:")],
    "is_testing takes something": [(_MODES, "def is_testing() -> bool:", "def is_testing(*_: object) -> bool:")],
    "set_testing takes anything": [(_MODES, "def set_testing(testing: bool", "def set_testing(testing: Any")],
    "set_testing needs nothing": [(_MODES, "def set_testing(testing: bool", "def set_testing(testing: bool = True")],
    "set_testing takes its options by position": [(_MODES, "bool, *, attempts: int", "bool, attempts: int")],
    "set_testing takes any attempts": [(_MODES, "attempts: int = 1", "attempts: Any = 1")],
    "set_testing takes None for attempts": [(_MODES, "attempts: int = 1", "attempts: int | None = 1")],
    "set_testing takes any cap": [(_MODES, "cap: bool = False", "cap: Any = False")],
    "set_testing takes any options": [(_MODES, "cap: bool = False)", "cap: bool = False, **_: object)")],
    "set_testing gives Any": [(_MODES, _SET_TESTING, "-> Any:")],
    "set_testing gives nothing": [(_MODES, _SET_TESTING, "-> None:")],
    "set_testing gives a context of something": [(_MODES, _SET_TESTING, "-> AbstractContextManager[object]:")],
    "set_testing swallows": [(_MODES, _SET_TESTING, "-> AbstractContextManager[list[RetryDetails], bool]:")],
}
