"""A real S3 server for tests: SeaweedFS, on free ports, over a folder that is gone afterwards."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

WEED = Path(sys.executable).parent / "weed"
BUCKET = "tiers"
START_DEADLINE_S = 60.0
VOLUME_MB = 256
PAUSE_S = 0.05


class Seaweed:
    """One server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ports = free_ports(8)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports[0]}"

    @property
    def url(self) -> str:
        return f"s3://{BUCKET}/all"

    @property
    def options(self) -> dict[str, str]:
        return {
            "endpoint": self.endpoint,
            "access_key_id": "any",
            "secret_access_key": "any",
            "region": "us-east-1",
            "virtual_hosted_style_request": "false",
            "allow_http": "true",
        }

    def start(self) -> None:
        s3, s3_rpc, filer, filer_rpc, master, master_rpc, volume, volume_rpc = self._ports
        self.folder.mkdir(exist_ok=True)
        options = (
            f"-dir={self.folder} -ip=127.0.0.1 -ip.bind=127.0.0.1 -s3 -s3.port={s3} -s3.port.grpc={s3_rpc} "
            f"-filer.port={filer} -filer.port.grpc={filer_rpc} -master.port={master} -master.port.grpc={master_rpc} "
            f"-volume.port={volume} -volume.port.grpc={volume_rpc} -volume.max=30 -volume.fileSizeLimitMB=1024 "
            f"-master.volumeSizeLimitMB={VOLUME_MB} -master.telemetry=false -s3.iam=false "
            "-s3.port.iceberg=0 -s3.port.lance=0"
        )
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(WEED), "-logtostderr", "server", *options.split()], stdout=log, stderr=log
            )
        self._until_it_answers()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    @contextmanager
    def silent(self) -> Iterator[None]:
        """It answers nobody. To start it anew would take it twenty seconds."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def make_bucket(self) -> None:
        self._ask_until_done(Request(f"{self.endpoint}/{BUCKET}", method="PUT"))

    def make_room(self) -> None:
        """Else the first object waits until this is done."""
        self._ask_until_done(Request(f"http://127.0.0.1:{self._ports[4]}/vol/grow?count=3&collection={BUCKET}"))

    def _ask_until_done(self, request: Request) -> None:
        """The server answers before its parts have found each other."""
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            try:
                with urlopen(request, timeout=10):
                    return
            except (URLError, OSError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE_S)

    def _until_it_answers(self) -> None:
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline:
            try:
                with urlopen(self.endpoint + "/healthz", timeout=1):
                    return
            except (URLError, OSError):
                assert self._process is not None
                if self._process.poll() is not None:
                    break
                time.sleep(PAUSE_S)
        raise AssertionError(f"SeaweedFS did not start:\n{(self.folder / 'log').read_text()[-3000:]}")


@contextmanager
def seaweed(folder: Path) -> Iterator[Seaweed]:
    server = Seaweed(folder)
    try:
        server.start()
        server.make_bucket()
        server.make_room()
        yield server
    finally:
        server.stop()


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        listeners = [held.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]
