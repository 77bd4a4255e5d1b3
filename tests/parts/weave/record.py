"""Records calls and objects with W&B's own client (PyPI `weave`) as its users do, and reads back what it recorded.

    record.py ENTITY/PROJECT        one line of JSON on stdout

Whichever version is installed (0.51.59 to 0.54.0 were tried). The caller sets what `client.py` says; from there come the
switches and the refusal of other hosts. Only a crash is a failure here: what was read is for the caller to compare.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Iterator
from typing import Any

sys.dont_write_bytecode = True  # nothing beside this file

import client as reader  # noqa: E402, before `weave`: it sets the switches
import weave  # noqa: E402
from weave.trace.refs import ObjectRef  # noqa: E402

TEXT = 'Grüße, 日本 😀 "quoted" \\ back\nline'
SETTINGS = {"words": ["größe", "日本"], "rate": 0.5, "whole": 1.0, "large": 1e16, "integer": 9007199254740993, "yes": True,
            "none": None, "a": {"z": [], "b": {}}}
FAILURE = ValueError(f"no: {TEXT}")
# From 0.52 on a call is sent once it has ended, except those of such an op: their start goes at once, alone.
try:
    eager = weave.op(eager_call_start=True)
except TypeError:
    eager = weave.op


@weave.op
def inner(word: str, times: int = 2) -> str:
    return word * times


@weave.op
def outer(word: str) -> dict[str, Any]:
    return {"twice": inner(word), "thrice": inner(word, times=3)}


@weave.op
def fails(settings: dict[str, Any]) -> None:
    raise FAILURE


@weave.op
def fails_within(word: str) -> str:
    try:
        return str(fails({"of": word}))
    except ValueError:
        return "caught"


@weave.op
def counts(upto: int) -> Iterator[int]:
    yield from range(upto)


@weave.op
async def later(word: str) -> str:
    await asyncio.sleep(0.01)
    return inner(word)


@eager
def open_at_flush(word: str) -> str:
    weave.get_client().flush()
    return word


class Greeter(weave.Model):
    prompt: weave.StringPrompt
    mark: str = "!"

    @weave.op
    def predict(self, name: str) -> str:
        return self.prompt.format(name=name) + self.mark


def recorded(call: Any) -> dict[str, Any]:
    """A call as it was read. An object among the inputs is shown as its reference."""
    answer = reader.shown(call)
    refs = {name: getattr(value, "ref", None) for name, value in dict(call.inputs).items()}
    answer["inputs"] |= {name: reader.plain(ref) for name, ref in refs.items() if isinstance(ref, ObjectRef)}
    answer["weave"] = bool(answer["attributes"].pop("weave", None))
    # All versions send it as JSON: type, message, traceback.
    says = reader.attempt(lambda: json.loads(call.exception)["message"])
    answer |= {"exception": bool(call.exception), "says": says == FAILURE.args[0]}
    summary = answer.pop("summary") or {}
    answer["status_counts"] = summary.get("status_counts")
    return answer | {name: (summary.get("weave") or {}).get(name) for name in ("status", "latency_ms", "trace_name")}


def write(client: Any) -> dict[str, Any]:
    """What the program itself saw of its calls."""
    answer: dict[str, Any] = {"outer": outer("ab"), "within": fails_within(TEXT), "counts": list(counts(3)),
                              "later": asyncio.run(later("é"))}
    with weave.attributes({"env": "test", "nested": {"größe": 1}}):
        answer["attributes"] = inner(word=TEXT, times=1)
    with weave.thread("thread-1"):
        answer["thread"] = inner("t")
    try:
        fails(SETTINGS)
    except ValueError as error:
        answer["raised"] = error is FAILURE
    answer["by_hand"] = (call := client.create_call("by.hand", {"x": 1}, display_name="By hand", use_stack=False)).id
    client.finish_call(call, {"y": [1, None]})
    answer["open_at_flush"] = open_at_flush("open")
    answer["running"] = client.create_call(open_at_flush, {"word": "still"}, use_stack=False).id
    return answer


def objects(client: Any) -> dict[str, Any]:
    """Published, and read back by all kinds of reference."""
    first = weave.publish(SETTINGS, name="settings")
    second = weave.publish(SETTINGS | {"rate": 0.75}, name="settings")
    again = weave.publish(dict(SETTINGS), name="settings")
    prompt = weave.StringPrompt("Hallo {name}, 日本")
    greeting = weave.publish(prompt, name="greeting")
    model = weave.publish(greeter := Greeter(name="greeter", prompt=prompt), name="greeter")
    predicted = greeter.predict("Ada")
    doomed = weave.publish({"doomed": True}, name="doomed")
    refs = {"first": first, "second": second, "again": again, "greeting": greeting, "model": model, "doomed": doomed, "op": outer.ref}
    client.flush()
    return {
        "digests": {name: ref.digest for name, ref in refs.items()}, "predicted": predicted, "ref": reader.plain(first),
        "op_ref": reader.plain(outer.ref),
        "first": reader.attempt(lambda: reader.plain(first.get())),
        "second": reader.attempt(lambda: reader.plain(second.get())),
        "latest": reader.attempt(lambda: reader.plain(weave.ref("settings:latest").get())),
        "v1": reader.attempt(lambda: reader.plain(weave.ref("settings:v1").get())),
        "key": reader.attempt(lambda: reader.plain(first.with_key("words").with_index(1).get())),
        "through": reader.attempt(lambda: model.with_attr("prompt").with_attr("content").get()),
        "prompt": reader.attempt(lambda: greeting.get().format(name="Ada")),
        "model": reader.attempt(lambda: {"mark": (read := model.get()).mark, "content": read.prompt.content}),
        "code": reader.attempt(lambda: outer.ref.get().get_captured_code()),
        "missing": reader.attempt(lambda: weave.ref("nothing:latest").get()),
        "deleted": reader.attempt(lambda: client.delete_object_version(doomed)),
        "after_delete": reader.attempt(lambda: reader.plain(weave.ref(f"doomed:{doomed.digest}").get())),
        "listed": reader.attempt(lambda: sorted([o.object_id, o.digest, o.version_index, bool(o.is_latest)] for o in client._objects())),
    }


def main(arguments: list[str]) -> None:
    logging.getLogger().addHandler(handler := reader.Problems(level=logging.WARNING))
    logging.getLogger("weave").addHandler(handler)
    # Its messages are on stdout, which is ours.
    out, sys.stdout = sys.stdout, sys.stderr
    client = weave.init(arguments[-1])
    program, published = write(client), objects(client)
    before = time.monotonic()
    client.flush()
    flushed = time.monotonic() - before
    calls = [recorded(call) for call in client.get_calls()]
    of_op = [call.id for call in client.get_calls(filter={"op_names": [reader.plain(inner.ref)]})]
    of_any = [call.id for call in client.get_calls(filter={"op_names": [f"weave:///{arguments[-1]}/op/inner:*"]})]
    weave.finish()
    json.dump({"client": weave.__version__, "program": program, "calls": calls, "of_op": of_op, "of_any": of_any, "objects": published,
               "flush_s": round(flushed, 3), "problems": reader.PROBLEMS, "refused": sorted(set(reader.REFUSED))}, out, ensure_ascii=False)
    out.write("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
