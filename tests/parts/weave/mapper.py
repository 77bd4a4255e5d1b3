"""Maps OTLP traces to calls with W&B's own code (PyPI `weave` 0.52.43, the server's mapping as last published).

    mapper.py FILE...     each file an ExportTraceServiceRequest in protobuf, as posted to /otel/v1/traces

One line of JSON on stdout: {"calls": [{"start": ..., "end": ...}], "agents": [...], "rejected": [...], "projects": [...]}.
"agents" are the rows the same spans become when they are posted to /agents/otel/v1/traces.
W&B's routing (header or resource attributes) is in closed code: "projects" is what the documented attributes say.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

os.environ["WANDB_ERROR_REPORTING"] = "false"
warnings.simplefilter("ignore")

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: E402
from weave.trace_server.opentelemetry.genai_extraction import extract_genai_span  # noqa: E402
from weave.trace_server.opentelemetry.helpers import AttributePathConflictError  # noqa: E402
from weave.trace_server.opentelemetry.python_spans import Resource, Span  # noqa: E402

PROJECT_ID = "entity/project"


def project(resource: Any) -> str:
    attributes = {item.key: item.value.string_value for item in resource.attributes}
    entity, name = attributes.get("wandb.entity"), attributes.get("wandb.project")
    return f"{entity}/{name}" if entity and name else PROJECT_ID


def main(arguments: list[str]) -> None:
    calls: list[dict[str, Any]] = []
    agents: list[dict[str, Any]] = []
    rejected: list[dict[str, str]] = []
    projects: set[str] = set()
    for name in arguments:
        request = ExportTraceServiceRequest()
        request.ParseFromString(Path(name).read_bytes())
        for spans in request.resource_spans:
            project_id = project(spans.resource)
            projects.add(project_id)
            # A conflict in the resource failed the whole request with this version: not caught here either.
            resource = Resource.from_proto(spans.resource)
            for scope in spans.scope_spans:
                for span in scope.spans:
                    # What clickhouse_trace_server_batched._otel_proto_to_calls does, without its database.
                    try:
                        read = Span.from_proto(span, resource)
                    except AttributePathConflictError as error:
                        rejected.append({"span_id": span.span_id.hex(), "name": span.name, "error": str(error)})
                        continue
                    start, end = read.to_call(project_id)
                    calls.append({"start": start.model_dump(mode="json"), "end": end.model_dump(mode="json")})
                    agents.append(extract_genai_span(read, project_id=project_id).model_dump(mode="json"))
    json.dump({"calls": calls, "agents": agents, "rejected": rejected, "projects": sorted(projects)}, sys.stdout)
    print()


if __name__ == "__main__":
    main(sys.argv[1:])
