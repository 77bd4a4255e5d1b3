"""W&B's reference trace server (PyPI `weave` 0.51.59, the last with it): its own routes, models and SQLite store.

    server.py PORT        serves on 127.0.0.1 until it is killed

Ours is only what W&B keeps in closed code: the ids of projects and accounts, the loop over a batch, the lines of a
stream, and who may come in (everybody).
It knows `call/upsert_batch`, and answers `calls/complete` with 404, as servers older than that endpoint do.
"""

from __future__ import annotations

import base64
import os
import sys
import tempfile
import warnings
from pathlib import Path

os.environ["WANDB_ERROR_REPORTING"] = "false"
warnings.simplefilter("ignore")

import uvicorn  # noqa: E402
from fastapi import APIRouter, FastAPI  # noqa: E402
from fastapi.responses import StreamingResponse  # noqa: E402
from weave.trace_server import trace_server_interface as tsi  # noqa: E402
from weave.trace_server.external_to_internal_trace_server_adapter import (  # noqa: E402
    ExternalTraceServer,
    IdConverter,
)
from weave.trace_server.reference.generate import (  # noqa: E402
    NoopTraceService,
    ServiceDependency,
    generate_routes,
)
from weave.trace_server.sqlite_trace_server import SqliteTraceServer  # noqa: E402
from weave.trace_server.validation import wb_user_id_validator  # noqa: E402


class Ids(IdConverter):
    def ext_to_int_project_id(self, project_id: str) -> str:
        return base64.b64encode(project_id.encode()).decode()

    def int_to_ext_project_id(self, project_id: str) -> str:
        return base64.b64decode(project_id).decode()

    def ext_to_int_run_id(self, run_id: str) -> str:
        return run_id

    int_to_ext_run_id = ext_to_int_run_id

    def ext_to_int_user_id(self, user_id: str) -> str:
        return wb_user_id_validator(user_id) or user_id

    int_to_ext_user_id = ext_to_int_user_id


class Server(ExternalTraceServer):
    """Their adapter, which leaves the batch to the closed part."""

    def call_start_batch(self, req: tsi.CallCreateBatchReq) -> tsi.CallCreateBatchRes:
        parts = {"start": self.call_start, "end": self.call_end}
        return tsi.CallCreateBatchRes(res=[parts[item.mode](item.req) for item in req.batch])


    def feedback_create(self, req: tsi.FeedbackCreateReq) -> tsi.FeedbackCreateRes:
        # The account that the key belongs to.
        req.wb_user_id = req.wb_user_id or base64.b64encode(b"everybody").decode()
        return super().feedback_create(req)


class Service(NoopTraceService):
    def __init__(self) -> None:
        store = SqliteTraceServer(str(Path(tempfile.mkdtemp(dir=".")) / "calls.db"))
        store.setup_tables()
        self.trace_server_interface = Server(store, Ids())


service = Service()
app = FastAPI()


@app.post("/calls/stream_query")
def stream_query(req: tsi.CallsQueryReq) -> StreamingResponse:
    calls = service.trace_server_interface.calls_query_stream(req)
    return StreamingResponse((call.model_dump_json() + "\n" for call in calls), media_type="application/jsonl")


app.include_router(generate_routes(APIRouter(), ServiceDependency(service_factory=lambda _: service)))
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
