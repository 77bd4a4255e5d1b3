"""What a user of W&B's own client (PyPI `weave`) does in a day, step by step, each step read back through the client.

    scenario.py [STEP...] ENTITY/PROJECT        one line of JSON on stdout

Whichever version is installed (0.51.59 to 0.54.0 were tried), against an empty project. The caller sets what `client.py`
asks for; from there come the switches and the refusal of other hosts. All steps are done unless some are named, and one
that fails does not stop the others. "steps" has {"step": NAME, "ok": true}, {"step": NAME, "ok": false, "error": ...} or {"step": NAME, "skipped": WHY} for each.
"""

from __future__ import annotations

import asyncio
import datetime
import importlib
import importlib.metadata
import importlib.util
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True  # nothing next to this file

import client as reader  # noqa: E402, before `weave`: it sets the switches

# With its default, 0.52 does not trace `openai`: importing it there makes `patch_openai` do nothing.
if importlib.metadata.version("weave").startswith("0.52."):
    os.environ.setdefault("WEAVE_USE_OTEL_V2", "false")

import weave  # noqa: E402

PROJECT = sys.argv[-1]
SECONDS = int(os.environ.get("SCENARIO_SECONDS", "30"))  # of a step, at most
MODEL = "scenario-model"  # has no price until a step adds one
ROWS = [{"question": "1 + 1", "target": "2"}, {"question": "2 + 2", "target": "5"}]
SETTINGS = {"words": ["größe", "日本"], "rate": 0.5, "a": {"none": None}}
MADE: set[str] = set()  # ids of all calls of this process and its child
DELETED: set[str] = set()


class Skipped(Exception):
    """The version or the environment lacks what the step needs."""


class TooLong(BaseException):
    """Not an `Exception`: the client goes on after those."""


def client() -> Any:
    return weave.get_client()


def again(call: Any, **options: Any) -> Any:
    """The call as the server has it."""
    client().flush()
    return client().get_call(call.id, **options)


def found(**options: Any) -> list[str]:
    """The ids of the calls that match, in the order of the answer."""
    client().flush()
    return [call.id for call in client().get_calls(**options)]


def status(call: Any) -> str:
    return call.summary["weave"]["status"]


def equal(is_: Any, expected: Any) -> None:
    assert is_ == expected, f"is {is_!r}, not {expected!r}"


def field(path: str) -> dict[str, str]:
    return {"$getField": path}


def literal(value: Any) -> dict[str, Any]:
    return {"$literal": value}


def query(expression: dict[str, Any]) -> Any:
    """A query in the form that the version takes."""
    for module in ("weave.trace_server.interface.query", "weave.shared.interface.query"):
        try:
            return importlib.import_module(module).Query(**{"$expr": expression})
        except ImportError:
            continue
    return {"$expr": expression}


def needs(name: str, of: Any = None) -> Any:
    """A function that not all versions have."""
    function = getattr(client() if of is None else of, name, None)
    if function is None:
        raise Skipped(f"{weave.__version__} has no {name}")
    return function


# Ops.


@weave.op
def double(word: str, times: int = 2) -> str:
    return word * times


@weave.op
def outer(word: str) -> dict[str, Any]:
    return {"twice": double(word), "thrice": double(word, times=3)}


@weave.op
def fails(word: str) -> None:
    raise ValueError(f"no {word}")


@weave.op
def fails_within(word: str) -> None:
    fails(word)


@weave.op
def catches(word: str) -> str:
    try:
        fails(word)
    except ValueError:
        return "caught"
    return "not reached"


@weave.op
def counts(upto: int) -> Iterator[int]:
    yield from range(upto)


@weave.op
async def later(word: str) -> str:
    await asyncio.sleep(0.01)
    return double(word)


@weave.op
def same(value: Any) -> Any:
    return value


@weave.op
def answers(question: str) -> dict[str, Any]:
    """An answer in OpenAI's form: the client takes the usage from it."""
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return {"model": MODEL, "usage": usage, "text": question}


@weave.op
def correct(target: str, output: str) -> dict[str, bool]:
    return {"right": target == output}


@weave.op
def long_enough(output: str) -> dict[str, Any]:
    return {"yes": len(output) > 3, "length": len(output)}


class Adds(weave.Model):
    prefix: str = ""

    @weave.op
    def predict(self, question: str) -> str:
        left, right = question.split(" + ")
        return f"{self.prefix}{int(left) + int(right)}"


# The steps, in this order.


def init() -> None:
    made = weave.init(PROJECT)
    equal(f"{made.entity}/{made.project}", PROJECT)
    equal(found(), [])
    create = type(made).create_call

    def counted(self: Any, *arguments: Any, **options: Any) -> Any:
        call = create(self, *arguments, **options)
        MADE.add(call.id)
        return call

    type(made).create_call = counted


def nested_op() -> None:
    result, call = outer.call("ab")
    equal(result, {"twice": "abab", "thrice": "ababab"})
    read = again(call)
    equal((read.parent_id, status(read), dict(read.inputs), dict(read.output)), (None, "success", {"word": "ab"}, result))
    children = list(read.children())
    equal([child.output for child in children], ["abab", "ababab"])
    equal({(child.parent_id, child.trace_id) for child in children}, {(read.id, read.trace_id)})
    assert read.started_at <= children[0].started_at <= children[0].ended_at <= read.ended_at, "times of the child"


def failing_op() -> None:
    _, call = fails_within.call("way")
    read = again(call)
    equal((status(read), read.output), ("error", None))
    assert "no way" in read.exception, read.exception
    child = next(iter(read.children()))
    equal(status(child), "error")
    assert "ValueError" in child.exception and "no way" in child.exception, child.exception


def error_caught_by_parent() -> None:
    read = again(catches.call("way")[1])
    equal((status(read), read.output, read.exception), ("descendant_error", "caught", None))
    equal([status(child) for child in read.children()], ["error"])


def generator_op() -> None:
    equal(list(counts(3)), [0, 1, 2])
    client().flush()
    (read,) = client().get_calls(filter={"op_names": [f"weave:///{PROJECT}/op/counts:*"]})
    equal((status(read), read.inputs["upto"]), ("success", 3))
    # Without an accumulator the client sends no output.
    assert read.output is None or list(read.output) == [0, 1, 2], read.output


def async_op() -> None:
    result, call = asyncio.run(later.call("é"))
    read = again(call)
    equal((result, read.output, [child.output for child in read.children()]), ("éé", "éé", ["éé"]))


def attributes() -> None:
    with weave.attributes({"env": "test", "nested": {"größe": 1}}):
        _, call = double.call("a")
    read = again(call)
    equal((read.attributes["env"], read.attributes["nested"]["größe"]), ("test", 1))
    equal(found(query={"$expr": {"$eq": [field("attributes.env"), literal("test")]}}), [call.id])


class OpenAi(BaseHTTPRequestHandler):
    """OpenAI's chat completions, always the same one."""

    USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}

    def do_POST(self) -> None:  # noqa: N802
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        base = {"id": "chat-1", "created": 1, "model": asked["model"]}
        if not asked.get("stream"):
            message = {"role": "assistant", "content": "Hallo 日本"}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            answer = base | {"object": "chat.completion", "choices": [choice], "usage": self.USAGE}
            return self.send("application/json", json.dumps(answer))
        base |= {"object": "chat.completion.chunk"}
        deltas = [({"role": "assistant", "content": "Hallo"}, None), ({"content": " 日本"}, None), ({}, "stop")]
        chunks = [base | {"choices": [{"index": 0, "delta": delta, "finish_reason": end}]} for delta, end in deltas]
        chunks.append(base | {"choices": [], "usage": self.USAGE})
        self.send("text/event-stream", "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n")

    def send(self, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def asks_openai(stream: bool) -> None:
    try:
        import openai
    except ImportError as error:
        raise Skipped(f"openai: {error}") from error
    try:
        from weave.integrations.patch import patch_openai
        patch_openai()
    except ImportError:
        pass  # 0.51 does it in `init`
    server = ThreadingHTTPServer(("127.0.0.1", 0), OpenAi)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    model = f"{MODEL}-{'stream' if stream else 'call'}"

    @weave.op
    def chat() -> str:
        api = openai.OpenAI(api_key="none", base_url=f"http://127.0.0.1:{server.server_port}/v1", max_retries=0)
        options = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
        answer = api.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}], **options)
        if not stream:
            return answer.choices[0].message.content
        return "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)

    try:
        result, call = chat.call()
    finally:
        server.shutdown()
    equal((result, call.exception), ("Hallo 日本", None))
    asked = list(again(call).children())
    equal([(child.func_name, status(child)) for child in asked], [("openai.chat.completions.create", "success")])
    usage = asked[0].summary["usage"][model]
    equal({name: usage[name] for name in OpenAi.USAGE} | {"requests": usage["requests"]}, OpenAi.USAGE | {"requests": 1})
    equal(asked[0].output["choices"][0]["message"]["content"], "Hallo 日本")
    equal(again(call).summary["usage"][model]["total_tokens"], 9)  # summed up in the parent


def openai_call() -> None:
    asks_openai(stream=False)


def openai_stream() -> None:
    asks_openai(stream=True)


def publish_and_get() -> None:
    ref = weave.publish(SETTINGS, name="settings")
    client().flush()
    equal(reader.plain(weave.ref(ref.uri() if callable(ref.uri) else ref.uri).get()), SETTINGS)
    equal(ref.with_key("words").with_index(1).get(), "日本")


def publish_again() -> None:
    refs = [weave.publish({"version": number}, name="versioned") for number in (0, 1, 1)]
    client().flush()
    assert refs[0].digest != refs[1].digest == refs[2].digest, refs
    equal(weave.ref("versioned:latest").get()["version"], 1)
    equal([weave.ref(f"versioned:v{number}").get()["version"] for number in (0, 1)], [0, 1])
    listed = [each for each in client()._objects() if each.object_id == "versioned"]
    latest = [(each.digest, each.version_index) for each in listed if each.is_latest]
    equal(latest, [(refs[1].digest, 1)])


def delete_object() -> None:
    ref = weave.publish({"doomed": True}, name="doomed")
    client().flush()
    client().delete_object_version(ref)
    try:
        value = weave.ref(f"doomed:{ref.digest}").get()
    except Exception:  # noqa: BLE001 - another one in each version
        return
    assert type(value).__name__ == "DeletedRef", f"still there: {value!r}"


def dataset() -> None:
    weave.publish(weave.Dataset(name="sums", rows=ROWS))
    client().flush()
    read = weave.ref("sums:latest").get()
    equal((len(read.rows), [dict(row) for row in read.rows]), (2, ROWS))
    equal(dict(read.rows[1]), ROWS[1])


def dataset_with_added_row() -> None:
    weave.publish(weave.Dataset(name="growing", rows=ROWS))
    client().flush()
    more = weave.ref("growing:latest").get().add_rows([{"question": "3 + 3", "target": "6"}])
    weave.publish(more, name="growing")
    client().flush()
    equal([row["target"] for row in weave.ref("growing:latest").get().rows], ["2", "5", "6"])
    equal([row["target"] for row in weave.ref("growing:v0").get().rows], ["2", "5"])


def long_dataset() -> None:
    """More rows than the client reads at once."""
    rows = [{"number": number} for number in range(1500)]
    weave.publish(weave.Dataset(name="long", rows=rows))
    client().flush()
    equal([row["number"] for row in weave.ref("long:latest").get().rows], list(range(1500)))


def row_as_input() -> None:
    weave.publish(weave.Dataset(name="inputs", rows=ROWS))
    client().flush()
    row = weave.ref("inputs:latest").get().rows[0]
    _, call = same.call(row)
    value = again(call).inputs["value"]
    equal(dict(value), ROWS[0])
    assert "/attr/rows/id/" in reader.plain(value.ref), value.ref
    equal(dict(value.ref.get()), ROWS[0])


def evaluation() -> None:
    run = weave.Evaluation(name="sums-evaluation", dataset=ROWS, scorers=[correct])
    summary, call = asyncio.run(run.evaluate.call(run, Adds()))
    equal(summary["correct"]["right"], {"true_count": 1, "true_fraction": 0.5})
    read = again(call)
    equal(dict(read.output["correct"]["right"]), {"true_count": 1, "true_fraction": 0.5})
    rows = [child for child in read.children() if child.func_name.endswith("predict_and_score")]
    equal(sorted(row.output["output"] for row in rows), ["2", "4"])
    equal(sorted(row.output["scores"]["correct"]["right"] for row in rows), [False, True])
    equal({name.func_name for row in rows for name in row.children()}, {"Adds.predict", "correct"})
    equal(sorted(row.inputs["example"]["target"] for row in rows), ["2", "5"])
    equal(read.inputs["self"].name, "sums-evaluation")


def evaluation_logger() -> None:
    logger = weave.EvaluationLogger(model="logged_model", dataset="logged_data")
    for row, output in zip(ROWS, ("2", "4"), strict=True):
        prediction = logger.log_prediction(inputs={"question": row["question"]}, output=output)
        prediction.log_score("correctness", output == row["target"])
        prediction.finish()
    logger.log_summary({"accuracy": 0.5})
    read = again(logger._evaluate_call)
    equal(status(read), "success")
    output = reader.plain(read.output)
    assert output["output"]["accuracy"] == 0.5, output
    equal(output["correctness"]["true_count"], 1)
    rows = [child for child in read.children() if child.func_name.endswith("predict_and_score")]
    equal(sorted(row.output["scores"]["correctness"] for row in rows), [False, True])


def score_applied() -> None:
    _, call = double.call("abc")
    client().flush()
    applied = asyncio.run(call.apply_scorer(long_enough))
    equal(applied.result, {"yes": True, "length": 6})
    read = again(call)
    scores = [item for item in read.feedback if item.feedback_type == "wandb.runnable.long_enough"]
    equal([item.payload["output"] for item in scores], [{"yes": True, "length": 6}])
    assert applied.score_call.id in scores[0].call_ref, scores[0].call_ref
    is_long = {"$expr": {"$gt": [{"$convert": {"input": field("feedback.[wandb.runnable.long_enough].payload.output.length"),
                                               "to": "int"}}, literal(5)]}}
    equal(found(query=is_long), [call.id])


def reaction() -> None:
    _, call = double.call("r")
    made = again(call).feedback.add_reaction("👍")
    read = again(call).feedback
    equal([(item.id, item.feedback_type, item.payload["emoji"]) for item in read], [(made, "wandb.reaction.1", "👍")])
    shown = again(call, include_feedback=True).summary["weave"]["feedback"]
    equal([item["payload"]["emoji"] for item in shown], ["👍"])
    assert made in [item.id for item in client().get_feedback(reaction="👍")], "not found by its emoji"


def note() -> None:
    _, call = double.call("n")
    again(call).feedback.add_note("Schöne Antwort, 日本")
    equal([(item.feedback_type, item.payload) for item in again(call).feedback],
          [("wandb.note.1", {"note": "Schöne Antwort, 日本"})])


def custom_feedback() -> None:
    _, call = double.call("f")
    again(call).feedback.add("mark", {"value": 4, "why": {"text": "good"}}, creator="Ada")
    equal([(item.feedback_type, item.payload, item.creator) for item in again(call).feedback],
          [("mark", {"value": 4, "why": {"text": "good"}}, "Ada")])


def feedback_by_type() -> None:
    calls = [double.call("t")[1] for _ in range(3)]
    made = [again(call).feedback.add("kind-a" if call is not calls[2] else "kind-b", {"n": 1}) for call in calls]
    client().flush()
    of_kind = query({"$eq": [field("feedback_type"), literal("kind-a")]})
    equal({item.id for item in client().get_feedback(of_kind)}, set(made[:2]))
    equal(len(client().get_feedback(of_kind, limit=1)), 1)
    equal([item.id for item in client().get_feedback(made[2])], [made[2]])


def feedback_removed() -> None:
    _, call = double.call("p")
    first = again(call).feedback.add_note("goes")
    stays = again(call).feedback.add_note("stays")
    again(call).feedback.purge(first)
    equal([item.id for item in again(call).feedback], [stays])


def costs() -> None:
    since = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
    client().add_cost(MODEL, prompt_token_cost=0.5, completion_token_cost=2, effective_date=since)
    listed = client().query_costs(llm_ids=[MODEL])
    equal([(cost.llm_id, cost.prompt_token_cost, cost.completion_token_cost) for cost in listed], [(MODEL, 0.5, 2)])
    _, call = answers.call("how much")
    try:
        cost = again(call, include_costs=True).summary["weave"]["costs"][MODEL]
        equal((cost["prompt_tokens_total_cost"], cost["completion_tokens_total_cost"]), (5, 10))
        equal((cost["prompt_tokens"], cost["completion_tokens"], cost["requests"]), (10, 5, 1))
    finally:
        client().purge_costs([cost.id for cost in listed])
    equal(list(client().query_costs(llm_ids=[MODEL])), [])


def display_name() -> None:
    _, call = double.call("d")
    again(call).set_display_name("Schöner Name")
    equal(again(call).display_name, "Schöner Name")
    again(call).remove_display_name()
    equal(again(call).display_name, None)


def delete_call() -> None:
    _, call = outer.call("x")
    _, stays = outer.call("y")
    gone = {call.id} | {child.id for child in again(call).children()}
    equal(len(gone), 3)
    DELETED.update(gone)
    again(call).delete()
    equal(found(filter={"call_ids": [*gone, stays.id]}), [stays.id])
    equal(found(filter={"trace_ids": [call.trace_id]}), [])


def threads() -> None:
    with weave.thread("thread-1"):
        turns = [outer.call(word)[1] for word in ("a", "b")]
    with weave.thread("thread-2"):
        double.call("c")
    calls = [again(call) for call in turns]
    equal([(call.thread_id, call.turn_id) for call in calls], [("thread-1", call.id) for call in calls])
    equal(len(found(filter={"thread_ids": ["thread-1"]})), 6)
    equal(len(found(filter={"thread_ids": ["thread-1", "thread-2"]})), 7)
    first = {calls[0].id} | {child.id for child in calls[0].children()}
    equal(set(found(filter={"turn_ids": [calls[0].id]})), first)


def get_threads() -> None:
    """The client has no function of its own for them: its connection has."""
    with weave.thread("thread-listed"):
        turns = [outer.call(word)[1] for word in ("a", "b")]
    client().flush()
    query: Any = {"project_id": PROJECT, "filter": {"thread_ids": ["thread-listed"]}}
    try:
        from weave.trace_server.trace_server_interface import ThreadsQueryReq
        query = ThreadsQueryReq(**query)
    except ImportError:
        pass  # 0.54 takes plain dictionaries
    listed = list(client().server.threads_query_stream(query))
    equal([(each.thread_id, each.turn_count, each.first_turn_id, each.last_turn_id) for each in listed],
          [("thread-listed", 2, turns[0].id, turns[1].id)])


def prompts() -> None:
    weave.publish(weave.StringPrompt("Hallo {name}, 日本"), name="greeting")
    messages = [{"role": "system", "content": "Be {how}."}, {"role": "user", "content": "Hi"}]
    weave.publish(weave.MessagesPrompt(messages), name="talk")
    client().flush()
    equal(weave.ref("greeting:latest").get().format(name="Ada"), "Hallo Ada, 日本")
    read = weave.ref("talk:latest").get().format(how="kind")
    equal([dict(message) for message in read], [{"role": "system", "content": "Be kind."}, messages[1]])


def model_object() -> None:
    weave.publish(Adds(name="adder", prefix="= "), name="adder")
    client().flush()
    read = weave.ref("adder:latest").get()
    equal((read.prefix, read.predict("1 + 2")), ("= ", "= 3"))


def image() -> None:
    try:
        from PIL import Image
    except ImportError as error:
        raise Skipped("no PIL") from error
    picture = Image.new("RGB", (3, 2), (250, 10, 20))
    _, call = same.call(picture)
    read = again(call)
    for value in (read.inputs["value"], read.output):
        equal((value.size, value.getpixel((2, 1))), ((3, 2), (250, 10, 20)))


def content() -> None:
    made = weave.Content.from_bytes("Grüße\n".encode(), mimetype="text/plain", extension=".txt")
    value = again(same.call(made)[1]).output
    equal((value.data, value.mimetype), ("Grüße\n".encode(), "text/plain"))


def large_file() -> None:
    """Larger than one part of the client's upload."""
    data = bytes(range(256)) * 4096
    value = again(same.call(weave.Content.from_bytes(data, mimetype="application/octet-stream"))[1]).output
    assert value.data == data, f"{len(value.data)} bytes"


def saved_view() -> None:
    view = weave.SavedView("traces", "Slow ones").add_filter("op_name", "contains", "double")
    view.add_columns("id", "inputs.word").sort_by("started_at", "asc").save()
    client().flush()
    try:
        loaded = weave.SavedView.load(reader.plain(view.ref))
    except ValueError as error:
        # Seen in all versions tried, and in 0.51.59 against W&B's own SQLite server too.
        if "definition.query._type" in str(error):
            raise Skipped("the client does not read its own view") from error
        raise
    equal((loaded.label, loaded.view_type), ("Slow ones", "traces"))
    assert "double" in json.dumps(reader.plain(loaded.base.definition.query), default=str), loaded.base.definition
    _, call = double.call("view")
    client().flush()
    assert call.id in [each.id for each in loaded.get_calls()], "the view's calls"


def runs() -> None:
    needs("set_wandb_run_context")(run_id="run-1", step=3)
    try:
        _, call = double.call("run")
    finally:
        client().clear_wandb_run_context()
    read = again(call)
    equal((read.wb_run_id, read.wb_run_step), (f"{PROJECT}/run-1", 3))
    equal(found(filter={"wb_run_ids": [f"{PROJECT}/run-1"]}), [call.id])


def tags() -> None:
    add = needs("add_tags")
    ref = weave.publish({"tagged": 1}, name="tagged")
    client().flush()
    add(ref, ["good", "checked"])
    equal(sorted(client().get_tags(ref)), ["checked", "good"])
    assert {"checked", "good"} <= set(client().list_tags()), "list of tags"
    client().remove_tags(ref, ["good"])
    equal(client().get_tags(ref), ["checked"])


def aliases() -> None:
    set_aliases = needs("set_aliases")
    refs = [weave.publish({"number": number}, name="aliased") for number in (1, 2)]
    client().flush()
    set_aliases(refs[0], "production")
    assert "production" in client().get_aliases(refs[0]), client().get_aliases(refs[0])
    equal(weave.ref("aliased:production").get()["number"], 1)
    set_aliases(refs[1], "production")  # moves
    assert "production" not in client().get_aliases(refs[0]), "still at the first"
    assert "production" in client().list_aliases(), "list of aliases"
    client().remove_aliases(refs[1], "production")
    assert "production" not in client().get_aliases(refs[1]), "not removed"


def log_call() -> None:
    call = needs("log_call", weave)("by.hand", {"x": 1}, {"y": [1, None]}, attributes={"a": 1})
    read = again(call)
    equal((reader.plain(read.inputs), reader.plain(read.output), read.attributes["a"]), ({"x": 1}, {"y": [1, None]}, 1))


def client_side_digests() -> None:
    resolver = needs("project_id_resolver")
    name = "WEAVE_ENABLE_CLIENT_SIDE_DIGESTS"
    os.environ[name] = "true"
    try:
        assert resolver.get_internal_project_id(PROJECT), "the server does not give the project's own id"
        here = weave.publish({"digest": ["größe", 1.0]}, name="digested")
        rows = weave.publish(weave.Dataset(name="digested-rows", rows=ROWS))
        _, call = same.call(weave.Content.from_text("text of a file"))
        equal(again(call).output.data, b"text of a file")
    finally:
        del os.environ[name]
    # The client gives up on them for good once the server's is another.
    os.environ[name] = "true"
    kept = resolver.get_internal_project_id(PROJECT)
    del os.environ[name]
    assert kept, "a digest of the server was another"
    equal(reader.plain(weave.ref(f"digested:{here.digest}").get()), {"digest": ["größe", 1.0]})
    equal([dict(row) for row in weave.ref(f"digested-rows:{rows.digest}").get().rows], ROWS)
    equal(weave.publish({"digest": ["größe", 1.0]}, name="digested").digest, here.digest)


def calls_by_filter() -> None:
    _, call = outer.call("filter")
    children = [child.id for child in again(call).children()]
    equal(found(filter={"trace_ids": [call.trace_id], "trace_roots_only": True}), [call.id])
    equal(found(filter={"parent_ids": [call.id]}), children)
    name = f"weave:///{PROJECT}/op/double:*"
    equal(found(filter={"op_names": [name], "trace_ids": [call.trace_id]}), children)


def calls_by_query() -> None:
    calls = [double.call("query", times=times)[1].id for times in (1, 2, 3)]
    word = {"$eq": [field("inputs.word"), literal("query")]}
    times = {"$convert": {"input": field("inputs.times"), "to": "int"}}
    equal(set(found(query={"$expr": word})), set(calls))
    equal(set(found(query={"$expr": {"$and": [word, {"$gte": [times, literal(2)]}]}})), set(calls[1:]))
    equal(found(query={"$expr": {"$and": [word, {"$not": [{"$gt": [times, literal(1)]}]}]}}), calls[:1])
    substring = {"$contains": {"input": field("output"), "substr": literal("QUERYQUERYQUERY"), "case_insensitive": True}}
    equal(found(query={"$expr": {"$and": [word, substring]}}), calls[2:])
    equal(set(found(query={"$expr": {"$in": [field("id"), [literal(call) for call in calls[:2]]]}})), set(calls[:2]))


def sort_limit_offset() -> None:
    calls = [double.call("sorted", times=times)[1].id for times in (2, 3, 1)]
    only = {"query": {"$expr": {"$eq": [field("inputs.word"), literal("sorted")]}}}
    up = {"sort_by": [{"field": "inputs.times", "direction": "asc"}]}
    equal(found(**only, **up), [calls[2], calls[0], calls[1]])
    down = {"sort_by": [{"field": "started_at", "direction": "desc"}]}
    equal(found(**only, **down), calls[::-1])
    equal(found(**only, **down, limit=1, offset=1), [calls[1]])
    equal(found(**only, **down, page_size=2), calls[::-1])
    equal((len(client().get_calls(**only)), len(client().get_calls(**only, limit=2))), (3, 2))
    equal([call.id for call in client().get_calls(**only, **down)[1:3]], calls[::-1][1:3])


def columns() -> None:
    _, call = double.call("columns", times=1)
    client().flush()
    (read,) = client().get_calls(filter={"call_ids": [call.id]}, columns=["inputs.word"])
    # All inputs come: W&B's server reads whole columns too.
    equal((read.id, read.inputs["word"], read.output), (call.id, "columns", None))


def expand_columns() -> None:
    ref = weave.publish({"rate": 0.25, "large": "x"}, name="expanded")
    client().flush()
    _, call = same.call(ref.get())
    _, other = same.call({"rate": 0.75})
    client().flush()
    options = {"filter": {"call_ids": [call.id, other.id]}, "expand_columns": ["inputs.value"]}
    values = {each.id: each.inputs["value"]["rate"] for each in client().get_calls(**options)}
    equal(values, {call.id: 0.25, other.id: 0.75})
    rate = {"$convert": {"input": field("inputs.value.rate"), "to": "double"}}
    equal(found(**options, query={"$expr": {"$not": [{"$gt": [rate, literal(0.5)]}]}}), [call.id])


def to_pandas() -> None:
    if importlib.util.find_spec("pandas") is None:
        raise Skipped("no pandas")
    _, call = double.call("frame")
    client().flush()
    frame = client().get_calls(filter={"call_ids": [call.id]}).to_pandas()
    equal((len(frame), list(frame["id"])), (1, [call.id]))


CHILD = """
import json, sys
import client, weave
out, sys.stdout = sys.stdout, sys.stderr
made = weave.init(sys.argv[-1])
try:
    eager = weave.op(eager_call_start=True)
except TypeError:
    eager = weave.op  # older versions send all starts at once

@eager
def open_at_exit(word):
    return word

@weave.op
def ended(word):
    return word

calls = [made.create_call(open_at_exit, {"word": "open"}, use_stack=False), ended.call("ended")[1]]
print(json.dumps([call.id for call in calls]), file=out, flush=True)
"""


def child_with_open_call() -> None:
    client().flush()
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    child = subprocess.run([sys.executable, "-B", "-c", CHILD, PROJECT], env=os.environ | {"PYTHONPATH": path},
                           capture_output=True, text=True, timeout=SECONDS - 5, check=False)
    assert child.returncode == 0, child.stderr[-250:]
    still_open, ended = json.loads(child.stdout)
    MADE.update((still_open, ended))
    read = client().get_call(still_open)
    equal((read.ended_at, status(read), dict(read.inputs)), (None, "running", {"word": "open"}))
    read = client().get_call(ended)
    equal((read.output, status(read)), ("ended", "success"))


def everything() -> None:
    """All calls of all steps, and no others."""
    ids = found(page_size=50)
    equal(len(ids), len(set(ids)))
    missing, strange = MADE - DELETED - set(ids), set(ids) - (MADE - DELETED)
    assert not missing and not strange, f"{len(MADE)} made, {len(ids)} read, missing {missing}, strange {strange}"
    equal(len(client().get_calls()), len(ids))


STEPS: list[Callable[[], None]] = [
    init, nested_op, failing_op, error_caught_by_parent, generator_op, async_op, attributes, openai_call, openai_stream,
    publish_and_get, publish_again, delete_object, dataset, dataset_with_added_row, long_dataset, row_as_input, evaluation,
    evaluation_logger, score_applied, reaction, note, custom_feedback, feedback_by_type, feedback_removed, costs,
    display_name, delete_call, threads, get_threads, prompts, model_object, image, content, large_file, saved_view, runs,
    tags, aliases, log_call, client_side_digests, calls_by_filter, calls_by_query, sort_limit_offset, columns,
    expand_columns, to_pandas, child_with_open_call, everything,
]


def too_long(*_: Any) -> None:
    raise TooLong(f"more than {SECONDS} s")


def attempt(step: Callable[[], None]) -> dict[str, Any]:
    answer: dict[str, Any] = {"step": step.__name__}
    if weave.get_client() is None and step is not init:
        return answer | {"skipped": "init failed"}
    # Once more each second: whatever catches the first must not go on.
    signal.setitimer(signal.ITIMER_REAL, SECONDS, 1)
    try:
        step()
    except Skipped as reason:
        return answer | {"skipped": str(reason)}
    except (Exception, TooLong) as error:  # noqa: BLE001
        signal.setitimer(signal.ITIMER_REAL, 0)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == __file__]
        where = f" (line {frames[-1].lineno}: {frames[-1].line})" if frames else ""
        return answer | {"ok": False, "error": f"{type(error).__name__}: {error}"[:300] + where}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return answer | {"ok": True}


def main() -> None:
    logging.getLogger().addHandler(handler := reader.Problems(level=logging.WARNING))
    logging.getLogger("weave").addHandler(handler)
    # The client's messages are on stdout, which is ours.
    out, sys.stdout = sys.stdout, sys.stderr
    signal.signal(signal.SIGALRM, too_long)
    steps: list[dict[str, Any]] = []

    def end(reason: str) -> None:
        answer = {"client": weave.__version__, "steps": steps, "end": reason, "problems": reader.PROBLEMS, "refused": reader.REFUSED}
        out.write(json.dumps(answer) + "\n")
        out.flush()
        # Threads of the client may still wait for the server.
        os._exit(0)

    wanted = {"init", *(sys.argv[1:-1] or (step.__name__ for step in STEPS))}
    for step in [*(step for step in STEPS if step.__name__ in wanted), weave.finish]:
        # For what does not react to a signal.
        watch = threading.Timer(SECONDS + 10, end, [f"{step.__name__} hangs"])
        watch.daemon = True
        watch.start()
        steps.append(attempt(step))
        watch.cancel()
        print("step:", steps[-1], file=sys.stderr, flush=True)
    end("finished")


if __name__ == "__main__":
    main()
