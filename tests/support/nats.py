"""A real nats-server for a test: throw-away, on a free port of this machine; it can be killed, restarted and robbed of its storage.

async with nats_server() as nats:          # or nats_server(accounts_text)
    nc = await connect(nats.url, seed=None, name="test", inbox_prefix="_INBOX.test")
"""

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

BINARY = Path(sys.executable).parent / "nats-server"


def free_port() -> int:
    """Find a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class NatsServer:
    """One server process and its folder."""

    def __init__(self, folder: Path, accounts: str) -> None:
        self.port = free_port()
        self.storage = folder / "storage"
        self.said = b""
        """What it wrote to its log, once it was killed."""
        self._conf = folder / "nats.conf"
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(accounts)

    @property
    def url(self) -> str:
        """Where clients connect; the same after a restart."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The running process, for signals such as SIGHUP (reload)."""
        assert self._process is not None, "the server does not run"
        return self._process.pid

    def configure(self, accounts: str) -> None:
        """Write the configuration, to be taken at the next start or reload."""
        self._conf.write_text(
            f'listen: "127.0.0.1:{self.port}"\n'
            f'jetstream {{ store_dir: "{self.storage}", sync_interval: always }}\n'
            f"{accounts}\n"
        )

    async def start(self) -> None:
        """Start, and wait until it takes connections."""
        self._process = subprocess.Popen(  # noqa: ASYNC220  (starting takes no time; our own program)
            [BINARY, "-c", self._conf], stderr=subprocess.PIPE
        )
        for _ in range(200):
            if self._process.poll() is not None:
                _, said = self._process.communicate()
                message = f"nats-server stopped: {said.decode()[-2000:]}"
                raise RuntimeError(message)
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            await asyncio.sleep(0.02)
        message = "nats-server does not listen after 4 s"
        raise RuntimeError(message)

    def kill(self) -> None:
        """Kill without notice, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self.said += self._process.communicate()[1] or b""
            self._process = None

    async def restart(self) -> None:
        """Kill and start again on the same port and storage."""
        self.kill()
        await self.start()

    def wipe(self) -> None:
        """Delete the storage (of a killed server)."""
        shutil.rmtree(self.storage, ignore_errors=True)


@contextlib.asynccontextmanager
async def nats_server(accounts: str = "") -> AsyncGenerator[NatsServer]:
    """Run a server with these accounts (configuration text) while the block lasts; without, one open account."""
    with tempfile.TemporaryDirectory(prefix="kring-nats-") as folder:
        server = NatsServer(Path(folder), accounts)
        await server.start()
        try:
            yield server
        finally:
            server.kill()
