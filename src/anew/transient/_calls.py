"""What remote calls, queues, mail and directories raise.

Sources: gRPC's status codes; kafka/errors.py and rdkafka.h; AMQP 0-9-1; RFC 5321 (SMTP), RFC 959
(FTP), RFC 4511 (LDAP).

Law: a code decides wherever there is one; of a library's names, those that say that it could not reach the other side.
"""

import re

from ._looks import Kind, Looks, args_of, attribute, called, each, integer, text
from ._sockets import broken

_GRPC = {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED", "DEADLINE_EXCEEDED"}
_KAFKA = re.compile(
    "_TRANSPORT|_ALL_BROKERS_DOWN|_(MSG_)?TIMED_OUT(_QUEUE)?|_QUEUE_FULL|_RESOLVE|_RETRY|_WAIT_C.*|REQUEST_TIMED_OUT|"
    "(PREFERRED_)?LEADER_NOT_AVAILABLE|NOT_(LEADER|COORDINATOR|CONTROLLER|ENOUGH_REPLICAS).*|NETWORK_EXCEPTION|"
    "(BROKER|REPLICA|COORDINATOR)_NOT_AVAILABLE|COORDINATOR_LOAD_IN_PROGRESS|KAFKA_STORAGE_ERROR|THROTTLING.*|UNSTABLE_.*"
)
_REPLIES = {320, 541}  # AMQP: the broker was told to close, or had an internal error
_SSH = {2, 4}  # SSH's channels: the other side could not connect, or is short of resources


def _by_grpc(exc: BaseException) -> Kind | None:
    name = text(attribute(called(exc, "code"), "name"))
    # That its certificate is wrong is UNAVAILABLE, too.
    return None if not name else "yes" if name in _GRPC and "CERTIFICATE" not in text(called(exc, "details")) else "no"


def _by_librdkafka(exc: BaseException) -> Kind:
    error = args_of(exc)[0]
    retriable = bool(_KAFKA.fullmatch(text(called(error, "name")))) or called(error, "retriable") is True
    return "yes" if retriable and called(error, "fatal") is not True else "no"


def _by_smtp(exc: BaseException) -> Kind | None:
    codes = [integer(attribute(exc, "smtp_code")), integer(attribute(exc, "code"))]
    codes += [integer(one) for answer in each(attribute(exc, "recipients")) for one in each(answer)[:1]]
    known = [code for code in codes if code is not None and code > 0]
    return None if not known else "yes" if max(known) < 500 else "no"  # noqa: PLR2004 - RFC 5321


ROWS = {
    "grpc grpclib aiokafka": "FutureTimeoutError StreamTerminatedError KafkaTimeoutError",
    "pika aiormq": "ConnectionWrongStateError ?AMQPConnectionError >AMQPConnectorException !AuthenticationError "
    "!IncompatibleProtocolError !ProbableAccessDeniedError !ProbableAuthenticationError !ConnectionCommandInvalid "
    "!ConnectionNotAllowed !ConnectionNotImplemented !ConnectionSyntaxError",
    "amqp kombu": "RecoverableChannelError RecoverableConnectionError ?OperationalError",
    "nats": "ConnectionClosedError ConnectionReconnectingError NoServersError StaleConnectionError NoRespondersError "
    "NoStreamResponseError OutboundBufferLimitError ServiceUnavailableError",
    "smtplib aiosmtplib ftplib imaplib asyncssh": "SMTPServerDisconnected error_temp abort ConnectionLost",
    "paramiko": "?NoValidConnectionsError !AuthenticationException !BadHostKeyException",
    "ldap3": "LDAPResponseTimeoutError LDAPServerPoolExhaustedError LDAPSessionTerminatedByServerError LDAPBusyResult "
    "LDAPUnavailableResult ?LDAPSocketOpenError ?LDAPSocketReceiveError ?LDAPSocketSendError *LDAPMaximumRetriesError",
    "ldap": "BUSY CONNECT_ERROR SERVER_DOWN TIMEOUT UNAVAILABLE",
}
LOOKS: Looks = {
    ("grpc", "RpcError"): _by_grpc,
    ("grpclib", "GRPCError"): lambda exc: "yes" if text(attribute(attribute(exc, "status"), "name")) in _GRPC else "no",
    ("kafka aiokafka", "KafkaError"): lambda exc: "yes" if attribute(exc, "retriable") is True else None,
    ("cimpl confluent_kafka", "KafkaException"): _by_librdkafka,
    ("pika", "ConnectionClosed"): lambda exc: "yes" if integer(attribute(exc, "reply_code")) in _REPLIES else "no",
    ("smtplib aiosmtplib", "SMTPException"): _by_smtp,
    ("paramiko", "SSHException"): broken,
    ("paramiko", "ChannelException"): lambda exc: "yes" if integer(attribute(exc, "code")) in _SSH else "no",
}
