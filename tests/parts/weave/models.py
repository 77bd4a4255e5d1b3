"""Validates request and answer bodies with W&B's own pydantic models (PyPI `weave` 0.53.13, the last with them).

JSON lines on stdin: {"path": "/v2/e/p/calls/complete", "body": {...}} for what a client sends, or
{"path": "/calls/stream_query", "answer": {...}} for what a server answers (one line of a stream).
One JSON line on stdout for each: {"ok": true, "calls": [...], "ignored": ["batch.0.foo", ...]} or {"ok": false, "error": ...}.
"calls" is the body as W&B's model understood it; "ignored" are the fields it dropped.
"""

from __future__ import annotations

import json
import os
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

os.environ["WANDB_ERROR_REPORTING"] = "false"
warnings.simplefilter("ignore")  # the package says of itself that it will be removed

from pydantic import BaseModel, ValidationError  # noqa: E402
from weave.shared import trace_server_interface as tsi  # noqa: E402

PROJECT = r"/v2/[^/]+/[^/]+"
# path: (what is sent, what is answered)
MODELS: list[tuple[str, type[BaseModel], type[BaseModel]]] = [
    (PROJECT + "/calls/complete", tsi.CallsUpsertCompleteReq, tsi.CallsUpsertCompleteRes),
    (PROJECT + "/call/start", tsi.CallStartV2Req, tsi.CallStartV2Res),
    (PROJECT + "/call/end", tsi.CallEndV2Req, tsi.CallEndV2Res),
    ("/call/start", tsi.CallStartReq, tsi.CallStartRes),
    ("/call/end", tsi.CallEndReq, tsi.CallEndRes),
    ("/call/upsert_batch", tsi.CallCreateBatchReq, tsi.CallCreateBatchRes),
    ("/call/read", tsi.CallReadReq, tsi.CallReadRes),
    ("/call/update", tsi.CallUpdateReq, tsi.CallUpdateRes),
    ("/calls/delete", tsi.CallsDeleteReq, tsi.CallsDeleteRes),
    ("/calls/stream_query", tsi.CallsQueryReq, tsi.CallSchema),
    ("/calls/query_stats", tsi.CallsQueryStatsReq, tsi.CallsQueryStatsRes),
    ("/obj/create", tsi.ObjCreateReq, tsi.ObjCreateRes),
    ("/obj/read", tsi.ObjReadReq, tsi.ObjReadRes),
    ("/table/create", tsi.TableCreateReq, tsi.TableCreateRes),
    ("/table/query", tsi.TableQueryReq, tsi.TableQueryRes),
    ("/refs/read_batch", tsi.RefsReadBatchReq, tsi.RefsReadBatchRes),
    ("/feedback/create", tsi.FeedbackCreateReq, tsi.FeedbackCreateRes),
    ("/feedback/query", tsi.FeedbackQueryReq, tsi.FeedbackQueryRes),
    ("/cost/create", tsi.CostCreateReq, tsi.CostCreateRes),
    ("/cost/query", tsi.CostQueryReq, tsi.CostQueryRes),
]


def lost(sent: Any, understood: Any, path: str = "") -> Iterator[str]:
    """Paths of what was sent and is not in what was understood: models ignore what they do not know."""
    if isinstance(sent, dict) and isinstance(understood, dict):
        for name, value in sent.items():
            here = f"{path}.{name}" if path else str(name)
            if name not in understood:
                # What serialises away when it is null was not lost.
                if value is not None:
                    yield here
            else:
                yield from lost(value, understood[name], here)
    elif isinstance(sent, list) and isinstance(understood, list):
        for index, (left, right) in enumerate(zip(sent, understood)):
            yield from lost(left, right, f"{path}.{index}")


def converted(sent: Any, understood: Any, path: str = "") -> Iterator[str]:
    """Paths where another type was sent: W&B's server forgives `"3"` for 3, a test should not.

    pydantic's own strictness is of no use here: some of these models make it refuse dates as text."""
    if isinstance(sent, dict) and isinstance(understood, dict):
        for name in sent.keys() & understood.keys():
            yield from converted(sent[name], understood[name], f"{path}.{name}" if path else str(name))
    elif isinstance(sent, list) and isinstance(understood, list):
        for index, (left, right) in enumerate(zip(sent, understood)):
            yield from converted(left, right, f"{path}.{index}")
    elif type(sent) is not type(understood) and not {type(sent), type(understood)} <= {int, float}:
        yield path


def check(line: dict[str, Any]) -> dict[str, Any]:
    path = line["path"].removeprefix("/traces")
    found = next((entry for entry in MODELS if re.fullmatch(entry[0], path)), None)
    if found is None:
        return {"ok": False, "error": f"no model for {path}"}
    answered = "answer" in line
    model, value = (found[2], line["answer"]) if answered else (found[1], line["body"])
    try:
        understood = model.model_validate(value)
    except ValidationError as error:
        return {"ok": False, "model": model.__name__, "error": error.errors(include_url=False, include_context=False)}
    dump = understood.model_dump(mode="json", by_alias=True)
    if mistyped := sorted(converted(value, dump)):
        return {"ok": False, "model": model.__name__, "error": f"converted from another type: {', '.join(mistyped)}"}
    calls = dump.get("batch", dump) if isinstance(dump, dict) else dump
    return {"ok": True, "model": model.__name__, "calls": calls if isinstance(calls, list) else [calls],
            "ignored": sorted(lost(value, dump))}


def main() -> None:
    for line in sys.stdin:
        if line.strip():
            try:
                answer = check(json.loads(line))
            except Exception as error:  # noqa: BLE001 - one answer a line, whatever comes in
                answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
