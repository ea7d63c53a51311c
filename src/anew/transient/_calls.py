"""What remote calls, queues, mail and file transfers raise.

Sources: gRPC's status codes; kafka/errors.py and rdkafka.h; AMQP 0-9-1; RFC 5321 (SMTP), RFC 959 (FTP), RFC 4254 (SSH).

Law: a code decides wherever there is one; of a library's names, those that say that it could not reach the other side.
"""

import re

from ._looks import Kind, Table, args_of, attribute, called, each, integer_of, text_of
from ._sockets import broken

_GRPC = {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED", "DEADLINE_EXCEEDED"}
_KAFKA = re.compile(
    "_TRANSPORT|_ALL_BROKERS_DOWN|_(MSG_)?TIMED_OUT(_QUEUE)?|_QUEUE_FULL|_RESOLVE|_RETRY|_WAIT_C.*|REQUEST_TIMED_OUT|"
    "(PREFERRED_)?LEADER_NOT_AVAILABLE|NOT_(LEADER|COORDINATOR|CONTROLLER|ENOUGH_REPLICAS).*|NETWORK_EXCEPTION|"
    "(BROKER|REPLICA|COORDINATOR)_NOT_AVAILABLE|COORDINATOR_LOAD_IN_PROGRESS|KAFKA_STORAGE_ERROR|THROTTLING.*|UNSTABLE_.*"
)


def _by_grpc(exc: BaseException) -> Kind | None:
    name = text_of(attribute(called(exc, "code"), "name"))
    # That its certificate is wrong is UNAVAILABLE, too.
    return (
        None if not name else "yes" if name in _GRPC and "CERTIFICATE" not in text_of(called(exc, "details")) else "no"
    )


def _by_librdkafka(exc: BaseException) -> Kind:
    error = args_of(exc)[0]
    retriable = bool(_KAFKA.fullmatch(text_of(called(error, "name")))) or called(error, "retriable") is True
    return "yes" if retriable and called(error, "fatal") is not True else "no"


def _by_smtp(exc: BaseException) -> Kind | None:
    codes = [one for answer in each(attribute(exc, "recipients")) for one in each(answer)[:1]]
    codes += [attribute(exc, "smtp_code"), attribute(exc, "code")]
    known = [code for code in map(integer_of, codes) if code is not None and code > 0]
    return None if not known else "yes" if max(known) < 500 else "no"  # noqa: PLR2004 - RFC 5321


TABLE: Table = {
    "grpc grpclib aiokafka": "FutureTimeoutError StreamTerminatedError KafkaTimeoutError",
    "pika aiormq": "ConnectionWrongStateError ?AMQPConnectionError >AMQPConnectorException !AuthenticationError "
    "!IncompatibleProtocolError !ProbableAccessDeniedError !ProbableAuthenticationError !ConnectionCommandInvalid "
    "!ConnectionNotAllowed !ConnectionNotImplemented !ConnectionSyntaxError",
    "nats": "ConnectionClosedError ConnectionReconnectingError NoServersError StaleConnectionError NoRespondersError "
    "NoStreamResponseError OutboundBufferLimitError ServiceUnavailableError",
    "smtplib aiosmtplib ftplib imaplib": "SMTPServerDisconnected error_temp abort",
    "paramiko": "?NoValidConnectionsError !AuthenticationException !BadHostKeyException",
    "grpc: RpcError": _by_grpc,
    "grpclib: GRPCError": lambda exc: "yes" if text_of(attribute(attribute(exc, "status"), "name")) in _GRPC else "no",
    "kafka aiokafka: KafkaError": lambda exc: "yes" if attribute(exc, "retriable") is True else None,
    "cimpl confluent_kafka: KafkaException": _by_librdkafka,
    # The broker was told to close, or had an internal error.
    "pika: ConnectionClosed": lambda exc: "yes" if integer_of(attribute(exc, "reply_code")) in {320, 541} else "no",
    "smtplib aiosmtplib: SMTPException": _by_smtp,
    "paramiko: SSHException": broken,
    # The other side could not connect, or is short of resources.
    "paramiko: ChannelException": lambda exc: "yes" if integer_of(attribute(exc, "code")) in {2, 4} else "no",
}
