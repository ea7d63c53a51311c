"""
A service under load for minutes, whose dependency is killed and restarted: does anything grow, get lost or stay behind?

    python benchmarks/soak.py --minutes 10          # needs the groups `engines`; Linux

Three processes. `dependency` answers on a socket, and is killed (SIGKILL) and started again by turns. `service` is a
FastAPI application, served by uvicorn; each request asks the dependency by httpx, with a policy of one budget, an
attempt's own timeout, the default log and Prometheus counter, callbacks, a block and a generator. This process is 50
clients, each of which sends the next request when it has its answer, and looks at the service once a second: memory,
open files, tasks, threads.

What must hold, or the exit code is 1: every request is answered, by 200 or by 503; the memory of the last third is that
of the second, by a few percent; files and tasks are as many in the end as at the start; retries are no more than the
budget's `floor + ratio x successes`; and the counter of Prometheus has counted each of them.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

FLOOR, RATIO = 20, 0.1
CLIENTS = 50
DOWN_AFTER, DOWN_FOR = 20.0, 4.0
# By how much the memory of the last third may be above that of the second: allocators breathe.
MOST_GROWTH = 0.05


def dependency(port: int) -> None:
    """
    Answers after some milliseconds; one in a hundred answers is a 503.
    """
    from fastapi import FastAPI, Response

    app = FastAPI()
    served = iter(range(10**12))

    @app.get("/")
    async def answer() -> Response:
        await asyncio.sleep(0.005)
        return Response("stock: 7", status_code=503 if next(served) % 100 == 0 else 200)

    serve(app, port)


def service(port: int, upstream: int) -> None:
    """
    Asks the dependency, with retries; tells how it is, at /health.
    """
    import httpx
    import prometheus_client
    from fastapi import FastAPI, HTTPException

    from anew import RetryBudget, RetryError, retry
    from anew.transient import transient

    logging.basicConfig(filename=os.devnull)  # formatted, and not kept
    app, limits = FastAPI(), httpx.Limits(keepalive_expiry=2)
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{upstream}", timeout=1.0, limits=limits)
    budget = RetryBudget(floor=FLOOR, ratio=RATIO)
    told: Counter[str] = Counter()
    policy = retry(
        times=3,
        delay=0.05,
        timeout=2.0,
        on=transient(),
        budget=budget,
        on_retry=lambda num, exc: told.update(["retries"]),
        on_success=lambda num: told.update(["successes"]),
        on_failure=lambda error: told.update([error.reason]),
    )

    async def ask() -> str:
        response = await client.get("/")
        told.update(["asked"])
        return response.raise_for_status().text

    fetch = policy(ask)

    @policy
    async def stream() -> Any:
        yield await ask()

    async def block() -> str:
        async for attempt in policy:
            async with attempt:
                return await ask()
        raise AssertionError

    @app.get("/health")
    async def health() -> dict[str, Any]:
        metrics = prometheus_client.generate_latest().decode().splitlines()
        counted = [float(line.rpartition(" ")[2]) for line in metrics if line.startswith("anew_retries_total{")]
        return {**told, **process(), "tasks": len(asyncio.all_tasks()), "counted": sum(counted)}

    @app.get("/{kind}")
    async def answer(kind: str) -> str:
        try:
            if kind == "stream":
                return "".join([item async for item in stream()])
            return await (block() if kind == "block" else fetch())
        except RetryError as error:
            raise HTTPException(503, error.reason) from error

    serve(app, port)


def process() -> dict[str, int]:
    """
    What the system says of this process: memory in KiB, open files, threads.
    """
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    files = len(list(Path("/proc/self/fd").iterdir()))
    return {"memory": int(status["VmRSS"].split()[0]), "files": files, "threads": int(status["Threads"])}


def serve(app: Any, port: int) -> None:
    """
    Serve an application until SIGTERM.
    """
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", backlog=512, timeout_keep_alive=60)


class Child:
    """
    One of the two servers: started, and found to answer.
    """

    def __init__(self, *args: object) -> None:
        self.command = [sys.executable, __file__, *map(str, args)]
        self.port = args[1]
        self.process = subprocess.Popen(self.command)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.process = subprocess.Popen(self.command)

    async def answers(self) -> None:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
        raise SystemExit(f"{self.command} does not answer")


async def soak(minutes: float) -> int:
    """
    Run it all, print what was seen, and return the exit code.
    """
    import httpx

    ports = [free_port(), free_port()]
    below, above = Child("dependency", ports[0]), Child("service", ports[1], ports[0])
    answers: Counter[str] = Counter()
    seen: list[dict[str, Any]] = []
    try:
        await asyncio.gather(below.answers(), above.answers())
        limits = httpx.Limits(max_connections=CLIENTS + 1, max_keepalive_connections=CLIENTS + 1)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports[1]}", timeout=30, limits=limits) as client:
            start = await health(client)
            end = time.monotonic() + 60 * minutes
            killed = asyncio.create_task(outages(below, end))
            look = asyncio.create_task(watch(client, seen, end))
            await asyncio.gather(*(load(client, answers, number, end) for number in range(CLIENTS)))
            deaths = await killed
            await look
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports[1]}", timeout=30) as client:
            await asyncio.sleep(3)
            await client.get("/fetch")  # with this, the service closes what it has not used for a while
            last = await health(client)
    finally:
        below.kill()
        above.process.send_signal(signal.SIGTERM)
        above.process.wait()
    return report(minutes, deaths, answers, start, seen, last)


async def load(client: Any, answers: Counter[str], number: int, end: float) -> None:
    """
    One client: a request after the other.
    """
    kind = ("fetch", "block", "stream")[number % 3]
    while time.monotonic() < end:
        begin = time.monotonic()
        try:
            response = await client.get(f"/{kind}")
            answers[str(response.status_code)] += 1
        except Exception as exc:
            now = time.monotonic()
            told = f"{kind}: {chain(exc)}, after {now - begin:.3f} s, {end - now:.1f} s before the end"
            answers[told] += 1
        await asyncio.sleep(0.05)


def chain(exc: BaseException | None) -> str:
    """
    What an exception and those behind it say.
    """
    told: list[str] = []
    while exc is not None:
        told.append(repr(exc))
        exc = exc.__cause__ or exc.__context__
    return " from ".join(told)


async def outages(child: Child, end: float) -> int:
    """
    Kill the dependency and start it again, by turns; return how often.
    """
    deaths = 0
    while time.monotonic() + DOWN_AFTER + DOWN_FOR < end:
        await asyncio.sleep(DOWN_AFTER - DOWN_FOR)
        child.kill()
        deaths += 1
        await asyncio.sleep(DOWN_FOR)
        child.restart()
    await asyncio.sleep(max(0.0, end - time.monotonic()))
    return deaths


async def watch(client: Any, seen: list[dict[str, Any]], end: float) -> None:
    """
    Look at the service once a second.
    """
    while time.monotonic() < end:
        seen.append(await health(client))
        await asyncio.sleep(1)


async def health(client: Any) -> dict[str, Any]:
    """
    Ask the service how it is.
    """
    answer = await client.get("/health")
    return Counter(answer.json())


def free_port() -> int:
    """
    Find a port that nobody listens on.
    """
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def report(
    minutes: float, deaths: int, answers: Counter[str], start: Any, seen: list[dict[str, Any]], last: Any
) -> int:
    """
    Print what was seen beside what must hold.
    """
    third = len(seen) // 3
    middle, late = (median(one["memory"] for one in part) for part in (seen[third : 2 * third], seen[2 * third :]))
    allowed = FLOOR + RATIO * last["successes"]
    rows = [
        ("requests answered by 200", answers["200"], answers["200"] > 0),
        ("requests answered by 503", answers["503"], True),
        (
            "requests that got no answer",
            answers.total() - answers["200"] - answers["503"],
            set(answers) <= {"200", "503"},
        ),
        ("outages of the dependency", deaths, deaths > 0),
        ("retries", last["retries"], last["retries"] > 0),
        ("retries that the budget allows", int(allowed), last["retries"] <= allowed),
        ("retries that Prometheus counted", int(last["counted"]), last["counted"] == last["retries"]),
        ("given up for want of budget", last["budget"], True),
        ("memory in the second third, MiB", f"{middle / 1024:.1f}", True),
        ("memory in the last third, MiB", f"{late / 1024:.1f}", late <= middle * (1 + MOST_GROWTH)),
        (
            "open files at the start, in the end",
            f"{start['files']}, {last['files']}",
            last["files"] <= start["files"] + 2,
        ),
        ("tasks at the start, in the end", f"{start['tasks']}, {last['tasks']}", last["tasks"] <= start["tasks"]),
        (
            "threads at the start, in the end",
            f"{start['threads']}, {last['threads']}",
            last["threads"] <= start["threads"],
        ),
    ]
    failures = {what: count for what, count in answers.items() if what not in {"200", "503"}}
    print(f"{minutes:g} minutes, {CLIENTS} clients, Python {sys.version.split()[0]}\n")
    for what, figure, holds in rows:
        print(f"{what:38} {figure:>12} {'' if holds else '  <- does not hold'}")
    if failures:
        print(failures)
    return 0 if all(holds for _, _, holds in rows) else 1


def main() -> int:
    """
    Be one of the three processes.
    """
    if sys.argv[1:2] == ["dependency"]:
        dependency(int(sys.argv[2]))
    elif sys.argv[1:2] == ["service"]:
        service(*map(int, sys.argv[2:4]))
    else:
        parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--minutes", type=float, default=10.0)
        return asyncio.run(soak(parser.parse_args().minutes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
