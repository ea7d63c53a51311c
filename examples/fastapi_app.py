"""A service whose dependency goes down and comes back: FastAPI, httpx, metrics, structured logs and a budget.

    DEPENDENCY=http://localhost:8001 uvicorn examples.fastapi_app:app  # as a service
    python examples/fastapi_app.py  # the story, in this process

The retry stands around the call of the dependency, not around the route: what a route raises on purpose, an
`HTTPException`, is an answer and no failure, and what it has done already is not done twice.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

import httpx
import prometheus_client
import structlog
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from anew import RetryBudget, RetryError, retry
from anew.instrumentation import PrometheusHook, StructlogHook, set_on_retry_hooks
from anew.transient import transient

stock = RetryBudget(name="stock")  # at module level: one for each process, shared by all requests
GAUGE = prometheus_client.Gauge("retry_budget_tokens", "What is left for retries", ["budget"])
GAUGE.labels("stock").set_function(lambda: stock.available)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Set up what belongs to a process: logs, hooks, and one client for all requests."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    set_on_retry_hooks([StructlogHook(), PrometheusHook()])
    async with httpx.AsyncClient(base_url=os.environ["DEPENDENCY"], timeout=1, trust_env=False) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


# Short waits, because a user waits too: what takes longer than three seconds is an answer 503.
@retry(times=4, delay=0.1, timeout=3, on=transient(), budget=stock)
async def fetch_stock(client: httpx.AsyncClient, item: int) -> int:
    """Ask the dependency."""
    return int((await client.get(f"/stock/{item}")).raise_for_status().text)


async def in_stock(request: Request, item: int) -> int:
    """Give routes the number, as a dependency of theirs."""
    return await fetch_stock(request.app.state.client, item)


@app.get("/items/{item}")
async def read(item: int, number: Annotated[int, Depends(in_stock)]) -> dict[str, int]:
    """Answer from what the dependency has said."""
    if number == 0:
        raise HTTPException(404, "sold out")
    return {"item": item, "stock": number}


@app.exception_handler(RetryError)
async def unavailable(_: Request, error: RetryError) -> JSONResponse:
    """Say that it is not our fault, and when to come again."""
    return JSONResponse({"reason": error.reason}, 503, {"Retry-After": "5"})


@app.get("/metrics")
def metrics() -> Response:
    """Show what Prometheus collects."""
    return Response(prometheus_client.generate_latest(), media_type="text/plain")


# The story.

STOCK = """if True:
    import sys
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Stock(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(str(int(self.path.rpartition("/")[2]) % 10).encode())

        def log_message(self, *_):
            pass

    sys.stdin.readline()
    ThreadingHTTPServer.request_queue_size = 100
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Stock)
    print("up", flush=True)
    server.serve_forever()
"""


@contextmanager
def dependency(port: int) -> Iterator[Callable[[], None]]:
    """Run the dependency, which listens when it is told to, and is killed at the end."""
    command = [sys.executable, "-c", STOCK, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        told, answer = process.stdin, process.stdout

        def listen() -> None:
            told.write("\n")
            told.flush()
            answer.readline()

        yield listen
        process.kill()


async def story(port: int) -> None:
    """Call the service while its dependency is up, is killed, and comes back."""
    transport: Any = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service", timeout=30) as user,
    ):

        async def ask(what: str, calls: int = 20) -> None:
            answers = await asyncio.gather(*(user.get(f"/items/{number}") for number in range(1, calls + 1)))
            codes = [answer.status_code for answer in answers]
            counts = ", ".join(f"{codes.count(code)} x {code}" for code in sorted(set(codes)))
            print(f"{what:12} {counts}; {stock.available:.1f} tokens left")

        with dependency(port) as listen:
            listen()
            await ask("up:")
        await ask("down:")
        with dependency(port) as listen:
            listen()
            await ask("back:")
        with dependency(port) as listen:
            # Those who ask during a restart are answered, as long as successes have paid for it.
            before = stock.available
            asking = asyncio.create_task(ask("restarting:", 1))
            while stock.available > before - 1:  # noqa: ASYNC110 - nobody tells when a token is taken
                await asyncio.sleep(0.01)
            listen()
            await asking

        for line in (await user.get("/metrics")).text.splitlines():
            if line.startswith(("anew_retries_total", "anew_give_ups_total", "retry_budget_tokens")):
                print(line)


def main() -> None:
    """Run the story on a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ["DEPENDENCY"] = f"http://127.0.0.1:{port}"
    asyncio.run(story(port))


if __name__ == "__main__":
    main()
