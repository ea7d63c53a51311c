// Runs pytest in Pyodide, in Node: node pyodide.mjs FOLDER-OF-PYODIDE FOLDER-OF-PACKAGES ROOT ARGUMENTS...
// Without runPythonAsync(): there, all Python code runs in a task of the one event loop.
const [pyodide, packages, root, ...arguments_] = process.argv.slice(2);
const { loadPyodide } = await import(`${pyodide}/pyodide.mjs`);
const python = await loadPyodide({ env: { HOME: "/" } });
for (const [place, folder] of [["/site-packages", packages], ["/project", root]]) {
  python.FS.mkdirTree(place);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, place);
}
python.FS.chdir("/project");
python.globals.set("arguments", python.toPy(arguments_));
const code = python.runPython(`
import sys
sys.path[:0] = ["/site-packages"]
sys.dont_write_bytecode = True
import pytest
int(pytest.main(["-p", "no:cacheprovider", *arguments]))
`);
// And one program in the event loop, with waits that are waited.
await python.runPythonAsync(`
import time
from anew import retry
failures = [OSError(), OSError()]
policy = retry(delay=0.05, jitter=False)
@policy
async def fetch():
    if failures:
        raise failures.pop()
    return "done"
start = time.monotonic()
assert "done" == await fetch()
assert time.monotonic() - start >= 0.149
async for attempt in policy:
    async with attempt:
        if attempt.num == 1:
            raise OSError
assert 2 == attempt.num
print("in the event loop: passed")
`);
process.exit(code);
