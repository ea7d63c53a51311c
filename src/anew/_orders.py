"""Which exceptions are orders: frameworks steer by them, and to retry one is to disobey it.

A queue's "run this task again later", a web framework's "answer 404", a job's time limit, a test's skip: they derive
from `Exception`, and are no failures. docs/orders.md lists the same classes.

Law: nothing of anybody is imported. A class is known by its name, and by the package or the module that has it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

# Not retried, unless `on` names them. A base stands for its subclasses. A row has frameworks of one trade: what is an
# order to one of them is none of the failures of another.
ORDERS = {
    "_pytest hypothesis locust robot unittest": "ExecutionPassed Exit FatalError InterruptTaskSet RescheduleTask"
    " RescheduleTaskImmediately SkipExecution SkipTest StopTest StopUser UnsatisfiedAssumption",
    "aiohttp bottle cherrypy django falcon fastapi litestar ninja pyramid rest_framework sanic starlette webob"
    " werkzeug": "APIException BadRequest ClientDisconnect HTTPError HTTPException HTTPRedirect HTTPResponse HTTPStatus"
    " Http404 HttpError InternalRedirect PermissionDenied RequestAborted SanicException SuspiciousOperation"
    " WebSocketDisconnect WebSocketException",
    "airflow dagster distributed flytekit prefect ray temporalio": "Abort AirflowFailException"
    " AirflowRescheduleException AirflowSensorTimeout AirflowSkipException AirflowTaskTerminated AirflowTaskTimeout"
    " AsyncActivityCancelledError AsyncioActorExit CancelledError CancelledRun DagRunTriggerException"
    " DownstreamTasksSkipped Failure FutureCancelledError FuturesCancelledError IgnoreOutputs Pause PausedRun"
    " Reschedule RetryRequested TaskCancelledError TaskDeferred",
    "arq billiard celery dramatiq faststream huey procrastinate rq taskiq": "BaseTimeoutException CancelExecution"
    " Ignore IgnoredException JobAborted JobRetry JobTimeoutException MaxRetriesExceededError NoResultError Reject"
    " Retry RetryJob RetryTask ScheduledTaskCancelledError Shutdown SkipMessage SoftTimeLimitExceeded StopRequested"
    " TaskRejectedError TaskRevokedError TaskTimeout Terminated TimeLimitExceeded",
    "bdb builtins concurrent twisted": "BdbQuit CancelledError StopAsyncIteration StopIteration",
    "click dash param shiny typer": "Abort Exit PreventUpdate SilentCancelOutputException SilentException Skip",
    "langgraph pydantic_ai": "ApprovalRequired CallDeferred GraphBubbleUp ModelRetry SkipModelRequest SkipToolExecution"
    " SkipToolValidation",
    "scrapy": "CloseSpider DontCloseSpider DropItem IgnoreRequest StopDownload",
    "tornado.gen tornado.web": "Finish HTTPError Return",  # tornado.httpclient's HTTPError is a failure
}
_ORDERS = {f"{place}.{name}" for places, names in ORDERS.items() for place in places.split() for name in names.split()}

# Never retried, whatever else such a class derives from.
_EXITS = (GeneratorExit, KeyboardInterrupt, SystemExit)
_CANCELLATIONS = {"asyncio.CancelledError", "gevent.Timeout", "greenlet.GreenletExit", "trio.Cancelled"}


def _kind(typ: type[BaseException]) -> str | None:
    if issubclass(typ, _EXITS) or not issubclass(typ, Exception):
        return "exit"
    if typ.__module__ == "builtins" and not issubclass(typ, (StopIteration, StopAsyncIteration)):
        return None  # as most failures are
    modules = [(str(getattr(cls, "__module__", "")), cls.__name__) for cls in typ.__mro__]
    names = {f"{place}.{name}" for module, name in modules for place in (module, module.partition(".")[0])}
    return "exit" if names & _CANCELLATIONS else "order" if names & _ORDERS else None


order_kind: Callable[[type[BaseException]], str | None] = cast("Any", lru_cache(256)(_kind))
"""`"exit"`: exceptions of this class are never retried. `"order"`: only where `on` names them.

The cache is bounded, as some libraries make a class for each exception.
"""


def names(typ: type[BaseException], named: tuple[type[BaseException], ...]) -> bool:
    """Whether `named` has the class, or a base of it below `Exception`."""
    return any(one is not Exception and issubclass(one, Exception) and issubclass(typ, one) for one in named)
