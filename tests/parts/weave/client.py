"""Reads the calls of a project with W&B's own client (PyPI `weave`) in the ways its users do.

    client.py ENTITY/PROJECT        one line of JSON on stdout

The caller sets WANDB_API_KEY (40 characters), WANDB_BASE_URL and WF_TRACE_SERVER_URL. Requests to other hosts are
refused here and listed under "refused".
"""

from __future__ import annotations

import datetime
import enum
import json
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any

# Before `weave` is imported: it reads these once.
SWITCHES = {
    "WANDB_ERROR_REPORTING": "false",  # Sentry
    "WANDB_CONFIG_DIR": tempfile.mkdtemp(),  # nobody's settings
    "WEAVE_USE_SERVER_CACHE": "false",  # answers of an earlier server, from disk
    "WEAVE_ENABLE_DISK_FALLBACK": "false",  # no file of dropped calls: a loss must show
    "WEAVE_ENABLE_WAL": "false",
    "WEAVE_PRINT_CALL_LINK": "false",
    "WEAVE_RETRY_MAX_ATTEMPTS": "1",  # a failure is to be seen, not waited for
    "WEAVE_HTTP_TIMEOUT": "10",
    "OTEL_SDK_DISABLED": "true",  # its conversation tracer
}
os.environ.update({name: os.environ.get(name, value) for name, value in SWITCHES.items()})
os.chdir(tempfile.mkdtemp())  # no wandb/settings of the working directory either

REFUSED: list[str] = []
LOCAL = {"127.0.0.1", "localhost", "::1", None, ""}


def stay_home(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuses to look up or connect to anything but this machine; the version check at PyPI has no switch."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in LOCAL:
        REFUSED.append(f"{event} {host} ({threading.current_thread().name})")
        raise OSError(f"refused: {host}")


sys.addaudithook(stay_home)

import weave  # noqa: E402
from weave.trace.refs import Ref  # noqa: E402

PROBLEMS: list[str] = []


class Problems(logging.Handler):
    """The client logs what it cannot send, and goes on: collected, so that a test can ask for none."""

    def emit(self, record: logging.LogRecord) -> None:
        if "refused:" not in record.getMessage():
            PROBLEMS.append(f"{record.levelname} {record.name}: {record.getMessage()}")


def plain(value: Any) -> Any:
    """The client's boxed values, objects and references as JSON."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return json.loads(json.dumps(value))
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if hasattr(value, "items"):
        return {str(key.value if isinstance(key, enum.Enum) else key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)) or type(value).__name__ == "WeaveList":
        return [plain(item) for item in value]
    if callable(getattr(value, "uri", None)) or isinstance(getattr(value, "uri", None), str):
        return str(value.uri if isinstance(value.uri, str) else value.uri())
    if hasattr(value, "_val"):  # WeaveObject
        return {name: plain(item) for name, item in vars(value._val).items() if not name.startswith("_")}
    return {"unknown": type(value).__name__, "repr": repr(value)[:200]}


FIELDS = ("id", "trace_id", "parent_id", "op_name", "display_name", "started_at", "ended_at", "inputs", "output",
          "attributes", "summary", "exception", "thread_id", "turn_id", "wb_user_id")


def shown(call: Any) -> dict[str, Any]:
    return {name: plain(getattr(call, name, None)) for name in FIELDS}


def attempt(read: Callable[[], Any]) -> Any:
    """What could not be read is an answer too: the rest is still worth asking."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {error}"}


def ids(calls: Any) -> list[str]:
    return [call.id for call in calls]


def by_id(client: Any, call_id: str) -> dict[str, Any]:
    """One call, asked for by its id alone, and by the reference the client makes of it."""
    call = client.get_call(call_id)
    ref = Ref.parse_uri(call.ref.uri)
    return {"id": call.id, "trace_id": call.trace_id, "ref": call.ref.uri, "parsed": ref.id,
            "again": client.get_call(ref.id).id, "url": call.ui_url}


def read(client: Any) -> dict[str, Any]:
    calls = list(client.get_calls(include_costs=True))
    some = calls[0].id if calls else "0"
    models = sorted({model for call in calls for model in (call.summary or {}).get("usage", {})})
    field = lambda path: {"$getField": path}  # noqa: E731
    no_error = {"$expr": {"$eq": [field("exception"), {"$literal": None}]}}
    contains = {"$expr": {"$contains": {"input": field("op_name"), "substr": {"$literal": "OPENAI"}, "case_insensitive": True}}}
    slow = {"$expr": {"$gt": [field("summary.weave.latency_ms"), {"$literal": 100}]}}
    status = {"$expr": {"$eq": [field("summary.weave.status"), {"$literal": "error"}]}}
    many = {"$expr": {"$gte": [{"$convert": {"input": field("output.usage.total_tokens"), "to": "int"}}, {"$literal": 30}]}}
    since = {"$expr": {"$gt": [field("started_at"), {"$literal": calls[len(calls) // 2].started_at.timestamp() if calls else 0}]}}
    return {
        "calls": [shown(call) for call in calls],
        "call": attempt(lambda: shown(client.get_call(some, include_costs=True))),
        "by_id": [attempt(lambda call=call: by_id(client, call.id)) for call in calls],
        "missing": attempt(lambda: shown(client.get_call("ffffffffffffffff"))),
        "models": models,
        "queries": {
            "count": attempt(lambda: len(client.get_calls())),
            "pages_of_2": attempt(lambda: ids(client.get_calls(page_size=2))),
            "limit_3_offset_1": attempt(lambda: ids(client.get_calls(limit=3, offset=1))),
            "count_of_limit_3": attempt(lambda: len(client.get_calls(limit=3))),
            "slice": attempt(lambda: ids(client.get_calls()[1:3])),
            "newest_first": attempt(lambda: ids(client.get_calls(sort_by=[{"field": "started_at", "direction": "desc"}]))),
            "slowest_first": attempt(lambda: ids(client.get_calls(sort_by=[{"field": "summary.weave.latency_ms", "direction": "desc"}]))),
            "roots": attempt(lambda: ids(client.get_calls(filter={"trace_roots_only": True}))),
            "of_trace": attempt(lambda: ids(client.get_calls(filter={"trace_ids": [calls[0].trace_id]}))),
            "of_op": attempt(lambda: ids(client.get_calls(filter={"op_names": [calls[0].op_name]}))),
            "children": attempt(lambda: {c.id: ids(c.children()) for c in calls[-8:]}),
            "columns": attempt(lambda: [shown(c) for c in client.get_calls(columns=["inputs.model", "summary.usage"], limit=1)]),
            "no_error": attempt(lambda: ids(client.get_calls(query=no_error))),
            "op_contains": attempt(lambda: ids(client.get_calls(query=contains))),
            "slower_than_100_ms": attempt(lambda: ids(client.get_calls(query=slow))),
            "status_error": attempt(lambda: ids(client.get_calls(query=status))),
            "from_30_tokens": attempt(lambda: ids(client.get_calls(query=many))),
            "since": attempt(lambda: ids(client.get_calls(query=since))),
            "feedback": attempt(lambda: [(c.summary or {}).get("weave", {}).get("feedback") for c in client.get_calls(include_feedback=True, limit=1)]),
            "sizes": attempt(lambda: [[c.storage_size_bytes, c.total_storage_size_bytes] for c in client.get_calls(
                include_storage_size=True, include_total_storage_size=True, limit=1)]),
            "of_threads": attempt(lambda: {thread: ids(client.get_calls(filter={"thread_ids": [thread]}))
                                           for thread in sorted({call.thread_id for call in calls if call.thread_id})}),
            "usernames": attempt(lambda: [c.wb_username for c in client.get_calls(include_usernames=True, limit=1)]),
        },
    }


def main(arguments: list[str]) -> None:
    logging.getLogger().addHandler(handler := Problems(level=logging.WARNING))
    logging.getLogger("weave").addHandler(handler)
    # Its messages are on stdout, which is ours.
    out, sys.stdout = sys.stdout, sys.stderr
    client = weave.init(arguments[-1])
    answer = read(client)
    weave.finish()
    answer |= {"client": weave.__version__, "project": f"{client.entity}/{client.project}", "problems": PROBLEMS, "refused": REFUSED}
    json.dump(answer, out)
    out.write("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
