"""Loads a real server, as an open board and ill-behaved clients do, and says what the good ones see of it.

    cargo build --release -p spanloom-cli
    python3 tests/load/server.py target/release/spanloom [CALLS]        1,000,000 calls by default

Goals: 99 of 100 acknowledgements within 100 ms while four boards refresh in a loop; no request takes memory or time that its
own size does not pay for.

Last results: 2 cores AMD EPYC, shared with the script itself, Rust 1.95, 2026-11-29:

    1000000 calls in 24 s, 432 MiB
                                                          count      50 %     99 %  longest
    acknowledgements, 0 boards                             2589       1.3      2.3     17.3 ms
    acknowledgements, 1 boards                             2613       1.2      2.7      5.1 ms
    refreshes of 1 boards                                    55     534.5    633.9    633.9 ms
    acknowledgements, 4 boards                             2470       1.1      8.8     16.6 ms
    refreshes of 4 boards                                   103    1139.4   1490.7   1500.2 ms
    a query of 2 MiB, 100,000 fields to sort by             413       0.0 s         +0 MiB
    9 fields to sort by                                     422       0.0 s         +0 MiB
    8 fields to sort by, the first 50 of all                200      12.6 s         +0 MiB
    good requests beside 250 that do not read               881       0.8      3.0     23.8 ms  +523 MiB
    of these, ended by the server after 45 s                250
    12 bodies of 60 MiB on their way, refused of them        10      +130 MiB
"""

import http.client
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

STREAM = "entity=acme&project=chatbot&stream=load"
BOARD = [f"/api/summary?{STREAM}&group=model", f"/api/calls?{STREAM}&limit=50", f"/api/version?{STREAM}", "/api/streams"]
MODELS = ["gpt-4o", "gpt-4o-mini", "gpt-5.6-luna", "claude-opus-4-8"]
START = 1_795_341_600


def call(number: int) -> str:
    """One call, as the exporter sends it, with 600 bytes of content."""
    begun = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(START + number % 86_400))
    model = MODELS[number % len(MODELS)]
    text = f"question {number} " + "about the mountains and the sea " * 9
    return (
        f'{{"project_id":"acme/chatbot","id":"{number:016x}","trace_id":"{number:032x}","op_name":"openai.chat.completions.create",'
        f'"started_at":"{begun}.{number % 1000:03}Z","ended_at":"{begun}.999Z","attributes":{{"stream":"load","tenant":"t{number % 50}",'
        f'"spanloom":{{"operation":"chat","provider":"openai","response_model":"{model}","outcome":"completed"}}}},'
        f'"inputs":{{"model":"{model}","messages":[{{"role":"user","content":"{text}"}}]}},'
        f'"output":{{"choices":[{{"message":{{"role":"assistant","content":"{text}"}}}}]}},'
        f'"summary":{{"usage":{{"{model}":{{"requests":1,"prompt_tokens":{100 + number % 900},"completion_tokens":{number % 200}}}}},'
        f'"cost":{{"total_usd":0.000{number % 9}1,"source":"priced"}},"status_code":"SUCCESS"}}}}'
    )


class Server:
    def __init__(self, program: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        arguments = [program, "serve", "--listen", f"127.0.0.1:{self.port}", "--otlp-http", "off", "--otlp-grpc", "off", "--db", str(folder / "load.db")]
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
        while not self.answers():
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            return self.get(self.connection(), "/health") is not None
        except OSError:
            return False

    def connection(self, timeout: float = 120) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def get(self, connection: http.client.HTTPConnection, path: str) -> bytes:
        connection.request("GET", path)
        return connection.getresponse().read()

    def post(self, connection: http.client.HTTPConnection, path: str, body: bytes) -> tuple[int, bytes]:
        connection.request("POST", path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def record(self, connection: http.client.HTTPConnection, first: int, count: int) -> float:
        """Seconds until the acknowledgement."""
        body = ('{"batch":[' + ",".join(call(number) for number in range(first, first + count)) + "]}").encode()
        begun = time.monotonic()
        status, answer = self.post(connection, "/v2/acme/chatbot/calls/complete", body)
        assert status == 200, answer
        return time.monotonic() - begun

    def memory(self, peak: bool = False) -> float:
        """MiB."""
        name = "VmHWM:" if peak else "VmRSS:"
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

    def forget_peak(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")


def show(what: str, seconds: list[float], more: str = "") -> None:
    ordered = sorted(seconds)
    at = lambda share: 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]  # noqa: E731
    print(f"    {what:<52} {len(ordered):>6}  {at(0.5):>8.1f} {at(0.99):>8.1f} {at(1):>8.1f} ms  {more}", flush=True)


def acknowledgements(server: Server, first: int, seconds: float) -> list[float]:
    """One client, one call at a time."""
    connection, times = server.connection(), []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        times.append(server.record(connection, first + len(times), 1))
        time.sleep(0.01)
    return times


def boards(server: Server, count: int, stop: threading.Event) -> list[float]:
    """So many boards that refresh in a loop; how long each refresh took."""
    times: list[float] = []

    def board() -> None:
        connection = server.connection()
        while not stop.is_set():
            begun = time.monotonic()
            for path in BOARD:
                server.get(connection, path)
            times.append(time.monotonic() - begun)

    for _ in range(count):
        threading.Thread(target=board, daemon=True).start()
    return times


def looked_at(server: Server, calls: int, seconds: float) -> int:
    """Acknowledgements alone, and while boards are open; the next free number of a call."""
    for count in (0, 1, 4):
        stop = threading.Event()
        refreshes = boards(server, count, stop)
        times = acknowledgements(server, calls, seconds)
        stop.set()
        calls += len(times)
        show(f"acknowledgements, {count} boards", times)
        if refreshes:
            show(f"refreshes of {count} boards", refreshes)
        time.sleep(2)
    return calls


def queried(server: Server) -> None:
    connection = server.connection(600)
    for what, body in [
        ("a query of 2 MiB, 100,000 fields to sort by", {"sort_by": [{"field": "inputs"}] * 100_000}),
        ("9 fields to sort by", {"sort_by": [{"field": "inputs"}] * 9, "limit": 50}),
        ("8 fields to sort by, the first 50 of all", {"sort_by": [{"field": "inputs"}] * 8, "limit": 50}),
    ]:
        before = server.memory()
        server.forget_peak()
        begun = time.monotonic()
        status, _ = server.post(connection, "/calls/stream_query", json.dumps({"project_id": "acme/chatbot"} | body).encode())
        connection = server.connection(600)
        print(f"    {what:<52} {status:>6}  {time.monotonic() - begun:>8.1f} s   {server.memory(peak=True) - before:>+8.0f} MiB", flush=True)


def unread(server: Server) -> None:
    """256 clients that ask for everything and read nothing."""
    before = server.memory()
    server.forget_peak()
    body = b'{"project_id": "acme/chatbot"}'
    head = f"POST /calls/stream_query HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    silent = []
    for _ in range(250):
        silent.append(one := socket.create_connection(("127.0.0.1", server.port)))
        one.sendall(head + body)
    times = []
    end = time.monotonic() + 45
    while time.monotonic() < end:
        begun = time.monotonic()
        server.get(server.connection(), "/health")
        times.append(time.monotonic() - begun)
        time.sleep(0.05)
    show("good requests beside 250 that do not read", times, f"{server.memory(peak=True) - before:+.0f} MiB")
    ended = 0
    for one in silent:
        one.settimeout(5)
        try:
            while one.recv(1 << 20):
                pass
            ended += 1
        except OSError:
            ended += isinstance(sys.exc_info()[1], ConnectionError)
        one.close()
    print(f"    {'of these, ended by the server after 45 s':<52} {ended:>6}", flush=True)


def in_flight(server: Server) -> None:
    """Bodies of 60 MiB, of which 59 are sent."""
    before = server.memory()
    server.forget_peak()
    size, piece = 60 << 20, b" " * (1 << 20)
    head = f"POST /v2/acme/chatbot/calls/complete HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: {size}\r\n\r\n".encode()
    refused, large = 0, []
    for _ in range(12):
        large.append(one := socket.create_connection(("127.0.0.1", server.port)))
        try:
            one.sendall(head)
            for _ in range(59):
                one.sendall(piece)
        except OSError:
            refused += 1
    connection = server.connection()
    print(f"    {'12 bodies of 60 MiB on their way, refused of them':<52} {refused:>6}  {server.memory(peak=True) - before:>+8.0f} MiB", flush=True)
    server.get(connection, "/health")
    for one in large:
        one.close()


def main(arguments: list[str]) -> None:
    program, calls = arguments[0], int(arguments[1]) if len(arguments) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, Path(folder))
        connection, begun = server.connection(), time.monotonic()
        for first in range(0, calls, 1_000):
            server.record(connection, first, min(1_000, calls - first))
        print(f"    {calls} calls in {time.monotonic() - begun:.0f} s, {server.memory():.0f} MiB", flush=True)
        print(f"    {'':<52} {'count':>6}  {'50 %':>8} {'99 %':>8} {'longest':>8}", flush=True)
        looked_at(server, calls, 30)
        queried(server)
        unread(server)
        in_flight(server)
        server.process.terminate()
        server.process.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
