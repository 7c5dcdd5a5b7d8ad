"""Envoy's external processing over gRPC: headers and body of each request come here, and may be changed or refused.

With `request_body_mode: BUFFERED` (or BUFFERED_PARTIAL) the body comes whole; answers are not sent here at all, so
streamed ones pass untouched.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc
from envoy.config.core.v3 import base_pb2
from envoy.service.ext_proc.v3 import external_processor_pb2 as messages
from envoy.service.ext_proc.v3 import external_processor_pb2_grpc as service
from envoy.type.v3 import http_status_pb2

from stillhunt.errors import ServiceError
from stillhunt.gateway.answers import ACTION_HEADER, Refusal
from stillhunt.gateway.calls import Call, header_map, last_of
from stillhunt.gateway.carrying import carry_out
from stillhunt.gateway.guard import Guard
from stillhunt.gateway.own_headers import is_own

LONGEST_MESSAGE = 64 * 2**20
"""Bytes of a message at the most. Envoy's own buffer limit bounds a body long before. One beyond `max_body` is not
read, but it must arrive, or Envoy would let the request pass unasked and uncounted."""


class Processor(service.ExternalProcessorServicer):  # type: ignore[misc]  # the package has no types
    """Judges each request once its body is there, or at once if it has none."""

    def __init__(self, guard: Guard) -> None:
        """Decide with a guard."""
        self._guard = guard

    async def Process(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:  # noqa: N802  by contract
        """Answer each message about one HTTP request."""
        del context
        path, headers = "", dict[str, str]()
        async for message in requests:
            kind = message.WhichOneof("request")
            if kind == "request_headers":
                headers = _headers(message.request_headers.headers)
                path = headers.pop(":path", "")
                call = Call(path, headers, last_of(headers.get("x-forwarded-for")), b"")
                if message.request_headers.end_of_stream and call.dialect is not None:
                    answer = await self._answer(call, "request_headers")
                else:
                    answer = _passes("request_headers", None)
                yield _cleared(answer, headers)
            elif kind == "request_body":
                body = message.request_body
                peer, fits = last_of(headers.get("x-forwarded-for")), len(body.body) <= self._guard.settings.max_body
                # It does not end the request if Envoy has cut it off, and neither if trailers follow.
                call = Call(path, headers, peer, body.body if fits else None, whole=body.end_of_stream)
                if call.dialect is None:
                    yield _passes("request_body", None)
                else:
                    yield await self._answer(call, "request_body")
            elif kind in _EMPTY:
                yield messages.ProcessingResponse(**{kind: _EMPTY[kind]()})
            else:  # a newer Envoy may know more kinds, and nothing here answers them
                self._guard.counting.failed("unknown_message")

    async def _answer(self, call: Call, kind: str) -> Any:
        decision = await self._guard.judge(call)
        body, refused = await carry_out(decision, call, self._guard)
        if refused is not None:
            return _refused(refused)
        return _passes(kind, decision.action.name if decision.action else "allow", body)


async def start(guard: Guard, address: str) -> tuple[Any, int]:
    """Start a gRPC server, and return it with the port that it listens at.

    Args:
        guard: Decides.
        address: Host and port; port 0 takes a free one.

    Raises:
        ServiceError: Nothing can listen there.
    """
    most = LONGEST_MESSAGE
    # Without the last, a second service at one port would take a part of Envoy's questions, and nobody would be told.
    options = [
        ("grpc.max_receive_message_length", most), ("grpc.max_send_message_length", most), ("grpc.so_reuseport", 0)
    ]  # fmt: skip
    server = grpc.aio.server(options=options)
    service.add_ExternalProcessorServicer_to_server(Processor(guard), server)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError:
        port = 0
    if not port:
        raise ServiceError(f"The service cannot listen at {address}: give another --host or --grpc-port.")
    await server.start()
    return server, port


_EMPTY = {
    "response_headers": messages.HeadersResponse,
    "response_body": messages.BodyResponse,
    "request_trailers": messages.TrailersResponse,
    "response_trailers": messages.TrailersResponse,
}


def _headers(given: Any) -> dict[str, str]:
    """Read Envoy's headers, whose values are bytes in newer versions and text in older ones."""
    return header_map((h.key.encode(), h.raw_value or h.value.encode()) for h in given.headers)


def _passes(kind: str, action: str | None, body: bytes | None = None) -> Any:
    common = messages.CommonResponse()
    if action is not None:
        common.header_mutation.set_headers.append(_header(ACTION_HEADER, action))
    if body is not None:
        common.body_mutation.body = body
        common.header_mutation.set_headers.append(_header("content-length", str(len(body))))
    response = messages.HeadersResponse if kind == "request_headers" else messages.BodyResponse
    return messages.ProcessingResponse(**{kind: response(response=common)})


def _cleared(answer: Any, headers: Mapping[str, str]) -> Any:
    """Take out what a client sent in the gateway's name: Envoy removes first and sets then, whatever the order here."""
    if answer.HasField("request_headers"):
        removed = answer.request_headers.response.header_mutation.remove_headers
        removed.extend(name for name in headers if is_own(name))
    return answer


def _refused(told: Refusal) -> Any:
    headers = messages.HeaderMutation(set_headers=[_header(name, value) for name, value in told.headers.items()])
    answer = messages.ImmediateResponse(
        status=http_status_pb2.HttpStatus(code=told.status), headers=headers, body=told.body, details=told.code
    )
    return messages.ProcessingResponse(immediate_response=answer)


def _header(name: str, value: str) -> Any:
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(key=name, raw_value=value.encode()),
        append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
    )
