"""What sockets, TLS and the event loops raise, and who has retried.

Sources: errno, socket, ssl and asyncio of Python's library; getaddrinfo(3); Trio; AnyIO.

Law: a row for what breaks, cannot be made or takes too long. A host that does not exist is no outage.
"""

import _socket
import errno
import re

from ._looks import STATUSES, Kind, Table, args_of, attribute, integer_of, says, text_of

_NETWORK = "EADDRNOTAVAIL EHOSTDOWN EHOSTUNREACH ENETDOWN ENETRESET ENETUNREACH"
_ERRNOS = {getattr(errno, name, 0) for name in f"{_NETWORK} ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT".split()} - {0}
_LOOKUP = "ADDRFAMILY BADFLAGS FAIL FAMILY NODATA NONAME SERVICE SOCKTYPE"
_LASTING = {getattr(_socket, f"EAI_{name}", "") for name in _LOOKUP.split()}
_TUNNEL = re.compile(r"(?:unnel (?:connection )?failed(?::|, response)|HTTP code|returned error:) ([45]\d\d)\b")
_BROKEN = re.compile(
    r"(?i)connection (?:was |is |has been |already |timed out|timeout|refused|reset|closed|lost|broken|dropped)|"
    r"closed the connection|connection has been closed|could not (?:connect to server|receive data|send data)|"
    r"timed out|timeout expired|lost connection|broken pipe|temporary failure in name|(?:host|network) (?:is )?unreach|"
    r"no route|reset by peer|ssl_error_syscall|starting up|shutting down|in recovery mode|too many (?:clients|conn)|"
    r"connection slots|terminating connection|unexpected eof|eof detected|ssh protocol banner|ssh session not active"
)
_WRONG = re.compile(r"(?i)authenticat|password|certificate|does not exist|no pg_hba|permission denied|not known")


def broken(exc: BaseException) -> Kind | None:
    """Return what a text says, for those who have nothing else."""
    return "yes" if says(exc, _BROKEN) and not says(exc, _WRONG) else None


def status_in(exc: BaseException, pattern: re.Pattern[str] = _TUNNEL) -> Kind | None:
    """Return what a status says of which only a text is left, as of a proxy's answer to CONNECT."""
    found = says(exc, pattern)
    return None if found is None else "yes" if int(found[1]) in STATUSES else "never"


def _by_errno(exc: BaseException) -> Kind | None:
    numbers = {integer_of(attribute(exc, "errno"))} - {None}
    several = text_of(args_of(exc)[0])
    if several.startswith("Multiple exceptions: "):  # asyncio's, for the addresses of a host
        numbers.update(int(found) for found in re.findall(r"\[Errno (\d+)\]", several))
    if numbers:
        return "yes" if numbers <= _ERRNOS else None
    return status_in(exc) or ("inside" if type(exc) is OSError else None)  # AnyIO's and Trio's: all attempts failed


TABLE: Table = {
    "builtins socket ssl _socket _cffi_ssl": "ConnectionError TimeoutError herror SSLEOFError SSLSyscallError "
    "SSLZeroReturnError !SSLError >BaseExceptionGroup",
    "asyncio trio anyio": "IncompleteReadError BrokenResourceError TooSlowError",
    "anew tenacity retrying": "*RetryError",
    "builtins: OSError": _by_errno,
    "socket _socket: gaierror": lambda exc: "never" if attribute(exc, "errno") in _LASTING else "yes",
}
