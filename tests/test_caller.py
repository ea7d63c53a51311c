"""Whose line it was: the place of warnings and of log records."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import warnings
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import trio

import anew
from anew import retry
from anew._callables import caller, in_notebook_cell, warn_at_caller


def run_as(module: str, fn: Any) -> Any:
    """Call a function from a frame of another module."""
    namespace: dict[str, Any] = {"__name__": module, "fn": fn}
    exec("def run():\n    return fn()", namespace)  # noqa: S102 - a frame of a module that is not ours
    return namespace["run"]()


def asked() -> tuple[FrameType, int]:
    return caller()


class TestCaller:
    def test_here(self) -> None:
        """
        A function that is nobody's but the caller's is the caller.
        """
        frame, level = asked()

        assert (asked.__code__, 1) == (frame.f_code, level)

    @pytest.mark.parametrize("module", ["anew", "anew._drivers", "contextlib", "functools", "anew.transient._outage"])
    def test_frames_between(self, module: str) -> None:
        """
        Frames of anew, contextlib and functools are not the caller's.
        """
        frame, level = run_as(module, partial(run_as, "anew", caller))

        assert (run_as.__code__, 2) == (frame.f_code, level)

    @pytest.mark.parametrize("module", ["anewest", "contextlib2", "functools_more", "my.anew"])
    def test_names_that_begin_alike(self, module: str) -> None:
        """
        A module whose name begins like one of these is the caller's.
        """
        _, level = run_as(module, caller)

        assert 1 == level

    @pytest.mark.needs("processes")
    def test_no_caller(self) -> None:
        """
        Where there is no caller but anew, the outermost frame counts.
        """
        script = """
__name__ = "anew"
from anew._callables import caller
print(caller()[0].f_code.co_name, caller()[1])
"""
        assert ["<module>", "1"] == python(script).split()


class TestWarning:
    def test_category(self) -> None:
        """
        A warning has the category that is asked for, and the place of the caller.
        """
        with pytest.warns(FutureWarning, match="soon") as heard:
            run_as("anew", partial(warn_at_caller, "soon", category=FutureWarning))

        assert [__file__] == [one.filename for one in heard]

    def test_once(self) -> None:
        """
        A place is warned of once, as filters say.
        """
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("default")
            for _ in range(3):
                warn_at_caller("once")

        assert 1 == len(heard)

    @pytest.mark.parametrize("cause", [None, OSError("reset")], ids=repr)
    def test_as_an_error(self, cause: Exception | None) -> None:
        """
        Turned into an error it is raised from the exception it is about, if there is one.
        """
        with pytest.raises(RuntimeWarning, match="once") as caught:
            warn_at_caller("once", cause)

        assert cause is caught.value.__cause__

    def test_without_warnings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Where nothing can be warned of, there is silence.
        """
        monkeypatch.setitem(sys.modules, "warnings", None)
        warn_at_caller("once")


class TestNotebooks:
    @pytest.mark.parametrize("module", ["IPython.core.interactiveshell", "ipykernel.zmqshell", "ipykernel"])
    def test_cells(self, module: str, run: Any) -> None:
        """
        A cell that a shell runs inside of its loop is known.
        """

        async def main() -> bool:
            answer: bool = run_as(module, partial(run_as, "__main__", in_notebook_cell))
            return answer

        assert run(main()) is True

    def test_tasks(self) -> None:
        """
        What runs in a loop that was started within a cell is no cell, nor is anything else.
        """

        async def main() -> bool:
            return in_notebook_cell()

        assert run_as("IPython.core.interactiveshell", lambda: asyncio.run(main())) is False
        assert run_as("IPython.core.interactiveshell", lambda: trio.run(main)) is False
        assert in_notebook_cell() is False

    def test_no_warning(self) -> None:
        """
        A sync wait in a cell is not warned of, which would be an error here.
        """
        failures = [OSError("reset")]

        @retry
        def fetch() -> str:
            if failures:
                raise failures.pop()
            return "page"

        async def main() -> Any:
            return run_as("IPython.core.interactiveshell", fetch)

        assert "page" == asyncio.run(main())

    @pytest.mark.real_time
    def test_kernels(self, tmp_path: Path) -> None:
        """
        In a real cell of a real kernel there is no warning; in a task that the cell starts, there is.
        """
        pytest.importorskip("ipykernel")
        client = pytest.importorskip("jupyter_client")
        manager, kernel = client.manager.start_new_kernel(kernel_name="python3", cwd=str(tmp_path))
        try:
            source = str(Path(anew.__file__).parent.parent)
            cell = f"""
import sys, asyncio, warnings
sys.path.insert(0, {source!r})
import anew
warnings.simplefilter("always", RuntimeWarning)
def work():
    failures = [OSError("reset")]
    for attempt in anew.retry(delay=0.001):
        with attempt:
            if failures:
                raise failures.pop()
with warnings.catch_warnings(record=True) as heard:
    work()
print("cell", len(heard))
async def task():
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", RuntimeWarning)
        work()
    print("task", len(heard))
await asyncio.create_task(task())
"""
            said: list[str] = []
            kernel.execute_interactive(
                cell, timeout=60, output_hook=lambda message: said.append(message["content"].get("text", ""))
            )
        finally:
            kernel.stop_channels()
            manager.shutdown_kernel(now=True)

        assert {"cell 0", "task 1"} <= {*"".join(said).splitlines()}


def python(script: str) -> str:
    """Run Python with the anew that this test run is about; return what it wrote."""
    source = str(Path(anew.__file__).parent.parent)
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {source!r})\n{script}"]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", timeout=60).stdout
