"""What an exception says by itself, and the tables in which the families say it.

Law: no client is imported. A class is known by the name of its package and its own, so users' subclasses count like
what they derive from; of several names that an exception has, the most special one counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["yes", "no", "never", "spent", "inside", "either", "asks"]
"""What one exception says, whatever others in its chain say:

- `yes`: it may be over by the next attempt; `no`: it will not;
- `never`: it will not, wherever in the chain it stands;
- `spent`: somebody further down has retried already, wherever in the chain it stands;
- `inside`: what it wraps counts; `either`: what it wraps counts, and if that is nothing, `yes`;
- `asks`: it may be over when the time that the server named has passed, if it has named one.
"""

Look: TypeAlias = Callable[[BaseException], Kind | None]
"""Looks closer at one exception; `None`: it says nothing, and what it derives from counts, or its status."""

Looks: TypeAlias = dict[tuple[str, str], Look]
"""Packages and names of classes that have to be looked at more closely."""

# Packages, and the names of their classes, each with one of these before it if it does not say `yes`.
_MARKS: dict[str, Kind] = {"!": "never", "*": "spent", ">": "inside", "?": "either"}


def table(rows: dict[str, str], looks: Looks) -> dict[tuple[str, str], Kind | Look]:
    """Return a family's rows by package and class."""
    found: dict[tuple[str, str], Kind | Look] = {}
    for packages, names in rows.items():
        for package in packages.split():
            found |= {(package, name.lstrip("!*>?")): _MARKS.get(name[0], "yes") for name in names.split()}
    for (packages, names), look in looks.items():
        found |= {(package, name): look for package in packages.split() for name in names.split()}
    return found
