"""Which exceptions are orders: frameworks steer by them, and to retry one is to disobey it.

A queue's "run this task again later", a web framework's "answer 404", a job's time limit, a test's skip: they derive
from `Exception`, and are no failures. docs/orders.md lists the same classes.

Law: nothing of anybody is imported. A class is known by its name, and by the package or the module that has it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

# Not retried, unless `on` names them. A base stands for its subclasses.
ORDERS = {
    "_pytest hypothesis": "Exit UnsatisfiedAssumption",
    "aiohttp pyramid webob werkzeug": "HTTPException",
    "airflow": "AirflowFailException AirflowRescheduleException AirflowSensorTimeout AirflowSkipException"
    " AirflowTaskTerminated AirflowTaskTimeout DagRunTriggerException DownstreamTasksSkipped TaskDeferred",
    "arq": "Retry RetryJob",
    "bdb builtins concurrent unittest": "BdbQuit CancelledError SkipTest StopAsyncIteration StopIteration",
    "billiard celery": "Ignore MaxRetriesExceededError Reject Retry SoftTimeLimitExceeded TaskRevokedError"
    " Terminated TimeLimitExceeded",
    "bottle": "HTTPResponse",
    "cherrypy falcon": "HTTPError HTTPRedirect HTTPStatus InternalRedirect",
    "click typer": "Abort Exit",
    "dagster": "Failure RetryRequested",
    "dash shiny": "PreventUpdate SilentCancelOutputException SilentException",
    "distributed": "CancelledError FutureCancelledError FuturesCancelledError Reschedule",
    "django ninja rest_framework": "APIException BadRequest Http404 HttpError PermissionDenied RequestAborted"
    " SuspiciousOperation",
    "dramatiq": "Retry Shutdown SkipMessage TimeLimitExceeded",
    "fastapi litestar starlette": "ClientDisconnect HTTPException WebSocketDisconnect WebSocketException",
    "faststream": "IgnoredException",
    "flytekit": "IgnoreOutputs",
    "huey": "CancelExecution RetryTask TaskTimeout",
    "langgraph": "GraphBubbleUp",
    "locust": "InterruptTaskSet RescheduleTask RescheduleTaskImmediately StopTest StopUser",
    "param": "Skip",
    "prefect": "Abort CancelledRun Pause PausedRun",
    "procrastinate": "JobAborted JobRetry",
    "pydantic_ai": "ApprovalRequired CallDeferred ModelRetry SkipModelRequest SkipToolExecution SkipToolValidation",
    "ray": "AsyncioActorExit TaskCancelledError",
    "robot": "ExecutionPassed FatalError SkipExecution",
    "rq": "BaseTimeoutException JobTimeoutException StopRequested",
    "sanic": "SanicException",
    "scrapy": "CloseSpider DontCloseSpider DropItem IgnoreRequest StopDownload",
    "taskiq": "NoResultError ScheduledTaskCancelledError TaskRejectedError",
    "temporalio": "AsyncActivityCancelledError CancelledError",
    "tornado.gen tornado.web": "Finish HTTPError Return",  # tornado.httpclient's HTTPError is a failure
    "twisted": "CancelledError",
}
_ORDERS = {(place, name) for places, names in ORDERS.items() for place in places.split() for name in names.split()}

# Never retried, whatever else such a class derives from.
_EXITS = (GeneratorExit, KeyboardInterrupt, SystemExit)
_CANCELLATIONS = {
    ("asyncio", "CancelledError"),
    ("gevent", "Timeout"),
    ("greenlet", "GreenletExit"),
    ("trio", "Cancelled"),
}


def _kind(typ: type[BaseException]) -> str | None:
    if issubclass(typ, _EXITS) or not issubclass(typ, Exception):
        return "exit"
    if typ.__module__ == "builtins" and not issubclass(typ, (StopIteration, StopAsyncIteration)):
        return None  # as most failures are
    modules = [(str(getattr(cls, "__module__", "")), cls.__name__) for cls in typ.__mro__]
    names = {*modules, *((module.partition(".")[0], name) for module, name in modules)}
    return "exit" if names & _CANCELLATIONS else "order" if names & _ORDERS else None


# `"exit"`: exceptions of this class are never retried. `"order"`: only where `on` names them. The cache is bounded, as
# some libraries make a class for each exception, and nothing stands around it, so that a known class costs little.
order_kind: Callable[[type[BaseException]], str | None] = cast("Any", lru_cache(256)(_kind))


def names(typ: type[BaseException], named: tuple[type[BaseException], ...]) -> bool:
    """Whether `named` has the class, or a base of it below `Exception`."""
    return any(one is not Exception and issubclass(one, Exception) and issubclass(typ, one) for one in named)
