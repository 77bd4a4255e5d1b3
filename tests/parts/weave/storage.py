"""Asks the storage of W&B's server, as last published (PyPI `weave` 0.52.43), whether it takes a call.

JSON lines on stdin, each a complete call; one JSON line on stdout for each: {"ok": true} or {"ok": false, "error": ...}.
The rows' own models check what the request models do not: ids, lengths of names, accounts. Project and account ids are
turned into internal ones by closed code: the project's is put in here, an account's is checked as it comes.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import Any

os.environ["WANDB_ERROR_REPORTING"] = "false"
warnings.simplefilter("ignore")

from weave.trace_server.clickhouse_schema import CallCompleteCHInsertable  # noqa: E402

PROJECT = "UHJvamVjdEludGVybmFsSWQ6MQ=="  # ProjectInternalId:1
SAME = ("id", "trace_id", "parent_id", "thread_id", "turn_id", "op_name", "display_name", "started_at", "ended_at",
        "exception", "wb_user_id")


def check(call: dict[str, Any]) -> dict[str, Any]:
    try:
        CallCompleteCHInsertable(
            project_id=PROJECT,
            attributes_dump=json.dumps(call["attributes"]),
            inputs_dump=json.dumps(call["inputs"]),
            output_dump=json.dumps(call["output"]),
            summary_dump=json.dumps(call["summary"]),
            **{name: call.get(name) for name in SAME},
        )
    except Exception as error:  # noqa: BLE001 - whatever it raises would fail the request
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}
    return {"ok": True}


for line in sys.stdin:
    print(json.dumps(check(json.loads(line))), flush=True)
