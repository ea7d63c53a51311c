"""
In a fresh interpreter: what importing a library and decorating one function of each of the four kinds costs, beyond
`typing` and `functools`, which nearly every program has imported anyway.

Prints the milliseconds of CPU time of `import typing, functools`, those of the library, the number of modules that it
brought along, and the heavy ones among them.
"""

import sys
from time import process_time

from spellings import APART, SPELLINGS

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
    module, folder = APART.get(name, (name, None))
    if folder is not None:
        sys.path.insert(0, folder)
    source = f"import {module} as library\n" + FUNCTIONS.format(spelling=SPELLINGS[name])
    usual = compile("import typing, functools", "usual", "exec")
    code = compile(source, name, "exec")
    start = process_time()
    exec(usual, {})
    between = process_time()
    before = set(sys.modules)
    exec(code, {})
    end = process_time()
    new = sys.modules.keys() - before
    heavy = [module for module in HEAVY if module in new]
    print((between - start) * 1000, (end - between) * 1000, len(new), ",".join(heavy) or "-")


main(sys.argv[1])
