"""
In a fresh interpreter: what importing a library and decorating one function of each of the four kinds costs, beyond
`typing` and `functools`, which nearly every program has imported anyway.

Prints the milliseconds of `import typing, functools`, those of the library, and the heavy modules it brought along.
"""

import sys
from time import perf_counter

from spellings import SPELLINGS

HEAVY = ("asyncio", "inspect", "dataclasses", "logging", "datetime", "typing_extensions")

FUNCTIONS = """
@{spelling}
def function(): pass

@{spelling}
async def coroutine(): pass

@{spelling}
def generator(): yield

@{spelling}
async def async_generator(): yield
"""


def main(name: str) -> None:
    source = f"import {name} as library\n" + FUNCTIONS.format(spelling=SPELLINGS[name])
    usual = compile("import typing, functools", "usual", "exec")
    code = compile(source, name, "exec")
    start = perf_counter()
    exec(usual, {})
    between = perf_counter()
    before = set(sys.modules)
    exec(code, {})
    end = perf_counter()
    heavy = [module for module in HEAVY if module in sys.modules and module not in before]
    print((between - start) * 1000, (end - between) * 1000, ",".join(heavy) or "-")


main(sys.argv[1])
