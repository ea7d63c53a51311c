// The Python of the playground: Pyodide in a worker, so that a wait blocks no page, and the package as it is.
//
// Law: what happens is told while it happens, by one message for each event. Whoever wants a run to end, ends the worker.

let python;

async function begin(pyodide) {
  importScripts(pyodide + "pyodide.js");
  const runtime = await loadPyodide({ indexURL: pyodide });
  const home = "/home/anew";
  const archive = await fetch("anew.zip");
  if (!archive.ok) throw new Error(`anew.zip: ${archive.status}`);
  runtime.FS.mkdirTree(home);
  runtime.unpackArchive(await archive.arrayBuffer(), "zip", { extractDir: home });
  return runtime.runPython(`
import asyncio, sys
sys.path.insert(0, ${JSON.stringify(home)})
import json
import playground
from pyodide.code import eval_code, eval_code_async

def needs_await(code):
    from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
    from inspect import CO_COROUTINE
    return bool(compile(code, "<code>", "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT).co_flags & CO_COROUTINE)

def describe(form):
    return json.dumps(playground.describe(json.loads(form)))

async def evaluate(code, names):
    if needs_await(code):
        return await eval_code_async(code, names)
    # Pyodide's loop counts as running at all times; for plain code there is none, as in a script.
    loop = asyncio.get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return eval_code(code, names)
    finally:
        asyncio._set_running_loop(loop)

async def run(form, code, send):
    await playground.run(json.loads(form), code, lambda event: send(json.dumps(event)), evaluate)

def storm(load, processes, times, budgeted):
    return json.dumps(playground.storm(load, processes, times, budgeted))

playground.warm()
(describe, run, storm, sys.version.split()[0])
`).toJs({ depth: 1 });
}

onmessage = async ({ data: { id, what, ...given } }) => {
  const answer = (value) => postMessage({ id, ...value });
  try {
    if (what === "begin") {
      python = await begin(given.pyodide);
      answer({ result: { python: python[3] } });
      return;
    }
    const [describe, run, storm] = python;
    if (what === "describe") answer({ result: JSON.parse(describe(JSON.stringify(given.form))) });
    if (what === "run") {
      await run(JSON.stringify(given.form), given.code, (event) => answer({ event: JSON.parse(event) }));
      answer({ result: true });
    }
    if (what === "storm") {
      answer({ result: JSON.parse(storm(given.load, given.processes, given.times, given.budgeted)) });
    }
  } catch (error) {
    answer({ error: String(error.message ?? error) });
  }
};
