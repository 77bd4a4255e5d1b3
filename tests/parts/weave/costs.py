"""Reckons the cost of calls with W&B's own query and price file (PyPI `weave` 0.52.43), in ClickHouse's own engine, which
PyPI `chdb-core` runs inside this process.

JSON lines on stdin: {"id": ..., "started_at": RFC 3339, "summary": {...}}, as stored; one JSON line on stdout:
{ID: {"costs": {MODEL: {...}}}}, what W&B's server adds to the summary when a call is read with `include_costs`.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

os.environ["WANDB_ERROR_REPORTING"] = "false"
warnings.simplefilter("ignore")

import weave.trace_server.token_costs as costs  # noqa: E402
from chdb.session import Session  # noqa: E402
from weave.trace_server.orm import ParamBuilder  # noqa: E402

PROJECT = "UHJvamVjdEludGVybmFsSWQ6MQ=="  # ProjectInternalId:1
PRICES = Path(costs.__file__).parent / "costs" / "cost_checkpoint.json"


def literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def rows(table: str, lines: list[dict[str, Any]]) -> str:
    return f"INSERT INTO {table} FORMAT JSONEachRow " + "\n".join(map(json.dumps, lines))


def prices() -> list[dict[str, Any]]:
    """As costs/insert_costs.py puts them into the table."""
    return [
        {"id": f"{model}-{number}", "pricing_level": "default", "pricing_level_id": "default",
         "provider_id": price["provider"], "llm_id": model, "effective_date": price["created_at"],
         "prompt_token_cost": price["input"], "completion_token_cost": price["output"],
         "cache_read_input_token_cost": price.get("cache_read_input", 0),
         "cache_creation_input_token_cost": price.get("cache_creation_input", 0),
         "prompt_token_cost_unit": "USD", "completion_token_cost_unit": "USD", "created_by": "system",
         "created_at": price["created_at"]}
        for model, history in json.loads(PRICES.read_text()).items() for number, price in enumerate(history)
    ]


def main() -> None:
    calls = [json.loads(line) for line in sys.stdin if line.strip()]
    session = Session(tempfile.mkdtemp())
    session.query("CREATE DATABASE w ENGINE = Atomic")
    session.query("USE w")
    session.query("CREATE TABLE all_calls (id String, started_at DateTime64(6), summary_dump String) ENGINE = Memory")
    # The columns of migrations 006 and 027.
    kinds = {"string": "String", "float": "Float64", "datetime": "DateTime64(3)"}
    columns = ", ".join(f"{column.name} {kinds[column.type]}" for column in costs.LLM_TOKEN_PRICES_COLUMNS)
    session.query(f"CREATE TABLE llm_token_prices ({columns}) ENGINE = Memory")
    session.query(rows("llm_token_prices", prices()))
    session.query(rows("all_calls", [
        {"id": call["id"], "summary_dump": json.dumps(call["summary"]),
         "started_at": datetime.datetime.fromisoformat(call["started_at"]).strftime("%Y-%m-%d %H:%M:%S.%f")}
        for call in calls
    ]))
    parameters = ParamBuilder()
    query = "WITH " + costs.cost_query(parameters, "all_calls", PROJECT, ["id", "summary_dump"], [])
    values = parameters.get_params()
    query = re.sub(r"\{(\w+):\w+\}", lambda name: literal(values[name[1]]), query)
    answer = session.query(query, "JSONEachRow").bytes().decode()
    found = [json.loads(line) for line in answer.splitlines()]
    print(json.dumps({row["id"]: json.loads(row["summary_dump"]).get("weave", {}) for row in found}))


main()
