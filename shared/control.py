"""How `kring` and `/healthz` speak to a running process: JSON lines over a Unix socket only its own user can open.

Operation `health`, which every process answers, gives an object with at least `ready: bool`.
"""

import asyncio
import hashlib
import inspect
import os
import secrets
import stat
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import msgspec
import structlog

from shared.rules import Forbidden, NotFound, Refused, Unauthenticated, Unavailable

Operation = Callable[..., Awaitable[object]]
"""Takes keyword arguments from JSON, gives something that msgspec writes as JSON, and may raise `Refused`."""
LONGEST = 16 * 1024 * 1024
"""Bytes of one line."""
_KINDS = {kind.status: kind for kind in (NotFound, Forbidden, Unauthenticated, Unavailable)}


class _Question(msgspec.Struct, frozen=True):
    op: str
    arguments: dict[str, Any] = {}


class _Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    result: Any = None
    code: str | None = None
    status: int = 200
    parameters: dict[str, Any] = {}


def address(data: Path, process: str) -> Path:
    """The socket of one process of one data folder; short, because a socket's path may have 107 bytes at most.

    Raises `Refused("control-folder-foreign")` when somebody else made the folder it stands in.
    """
    name = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"kring-{os.getuid()}-{name}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Refused("control-folder-foreign", path=str(folder))
    return folder / f"{process}.sock"


@asynccontextmanager
async def serve(data: Path, process: str, operations: Mapping[str, Operation]) -> AsyncGenerator[None, None]:
    """Answer `ask` for as long as the context lasts. The caller owns the process's name: a left-over socket is replaced."""
    answering: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_converse(operations, reader, writer))
        answering.add(task)
        task.add_done_callback(answering.discard)

    path = address(data, process)
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(answer, path, limit=LONGEST)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)


async def ask(data: Path, process: str, op: str, *, timeout: float = 10.0, **arguments: object) -> Any:
    """Ask a running process. Raises what it refused, or `Unavailable("process-away")` when it does not answer in time."""
    question = msgspec.json.encode(_Question(op, arguments)) + b"\n"
    try:
        async with asyncio.timeout(timeout):
            line = await _exchange(address(data, process), question)
        answer = msgspec.json.decode(line, type=_Answer)
    except (OSError, TimeoutError, ValueError):
        raise Unavailable("process-away", process=process) from None
    if answer.code is not None:
        raise _KINDS.get(answer.status, Refused)(answer.code, **answer.parameters)
    return answer.result


async def _exchange(path: Path, question: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path, limit=LONGEST)
    with closing(writer):
        writer.write(question)
        await writer.drain()
        return await reader.readline()


async def _converse(
    operations: Mapping[str, Operation], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    with closing(writer), suppress(OSError, ValueError):
        while line := await reader.readline():
            writer.write(msgspec.json.encode(await _answered(operations, line)) + b"\n")
            await writer.drain()


async def _answered(operations: Mapping[str, Operation], line: bytes) -> _Answer:
    try:
        question = msgspec.json.decode(line, type=_Question)
        operation = operations[question.op]
    except (msgspec.DecodeError, KeyError):
        return _Answer(code="operation-unknown", status=404, parameters={"known": ", ".join(operations)})
    try:
        inspect.signature(operation).bind(**question.arguments)
    except TypeError:
        return _Answer(code="operation-arguments", status=422, parameters={"op": question.op})
    try:
        return _Answer(result=await operation(**question.arguments))
    except Refused as refused:
        return _Answer(code=refused.code, status=refused.status, parameters=dict(refused.parameters))
    except Exception as fault:  # noqa: BLE001  (who asks is told; that the process is away would be wrong)
        reference = secrets.token_hex(6)
        structlog.get_logger().error("an operation failed", op=question.op, reference=reference, exc_info=fault)
        return _Answer(code="unexpected", status=500, parameters={"reference": reference})
