"""Random acts of W&B's own client (PyPI `weave`), whose reads are compared with a plain model of what was done.

    acts.py SEED ACTS ENTITY/PROJECT        one line of JSON on stdout

Against an empty project; the caller sets what `client.py` asks for. A seed does the same acts each time. What the client
reads and the model does not say is in "differences", with the act that was done last and both values as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime
import functools
import itertools
import json
import logging
import os
import random
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

sys.dont_write_bytecode = True  # nothing next to this file
os.environ["WEAVE_CAPTURE_CODE"] = "false"  # an op's code would bring the model, whose calls wait for that code

import client as reader  # noqa: E402, before `weave`: it sets the switches
import weave  # noqa: E402
from scenario import PROJECT, client, field, literal  # noqa: E402

SEED, ACTS = int(sys.argv[1]), int(sys.argv[2])
RANDOM, NUMBERS = random.Random(SEED), itertools.count()
# Of all kinds, with two numbers that are one as floats.
VALUES = [0, 1, 2, 7, -3, 2.5, "2", "b", "größe", "", True, False, None, [1], [2], {"k": 1}, 2**53, 2**53 + 1]
WORDS, EMOJIS, THREADS = ["a", "ab", "größe", "日本", "Ab"], "👍👎", ["thread-1", "thread-2"]
MODELS = ["acts-model-a", "acts-model-b"]  # without a price of anybody else
OBJECTS: list[Any] = [{"a": 1}, {"a": {"b": [1, None, "größe"]}}, [1, 2], "text"]
DATASETS, ROWS = ["rows-1", "rows-2"], [[{"q": "1"}], [{"q": "1"}, {"q": "日本"}], [{"q": "2", "n": 2.5}]]
LONG_AGO = datetime.datetime(2022, 1, 1, tzinfo=datetime.timezone.utc)
DIFFERENCES: list[dict[str, Any]] = []
NOW: dict[str, Any] = {"act": 0, "kind": "init"}


def likely(chance: float) -> bool:
    return RANDOM.random() < chance


def some(things: Iterable[Any], most: int) -> list[Any]:
    return RANDOM.sample(every := list(things), min(RANDOM.randint(1, most), len(every)))


def equal(what: str, is_: Any, expected: Any) -> None:
    """Notes a difference, once. As texts, because `True == 1`."""
    is_, expected = (json.dumps(value, sort_keys=True, ensure_ascii=False, default=str) for value in (is_, expected))
    if is_ != expected and (what, is_) not in [(each["what"], each["is"]) for each in DIFFERENCES]:
        DIFFERENCES.append(NOW | {"what": what, "is": is_, "expected": expected})


# The model: calls, feedback, prices, and versions of objects.


@dataclasses.dataclass(eq=False)
class Known:
    """A call. Its ids and times are those that the client gave it."""

    op: str
    inputs: dict[str, Any]
    attributes: dict[str, Any]
    thread: str | None
    output: Any = None
    parent: Known | None = None
    name: str | None = None
    call: Any = None  # the client's, once it is made
    error: str | None = None
    is_deleted: bool = False
    usage: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    counts: dict[str, int] = dataclasses.field(default_factory=dict)  # empty until it ends
    children: list[Known] = dataclasses.field(default_factory=list)
    n: int = dataclasses.field(default_factory=lambda: next(NUMBERS))

    def end(self, output: Any, error: str | None) -> None:
        """The client adds up what the children that have ended count; only a call without any counts its own tokens."""
        self.output, self.error = None if error else output, error
        self.counts = {"success": int(not error), "error": int(bool(error))}
        if not self.children and isinstance(self.output, dict) and "usage" in self.output:
            self.usage = {self.output["model"]: {"requests": 1, **self.output["usage"]}}
        for child in self.children:
            usages = [(usage, self.usage.setdefault(model, {})) for model, usage in child.usage.items()]
            for of_child, own in [(child.counts, self.counts), *usages]:
                own.update({name: own.get(name, 0) + count for name, count in of_child.items()})

    def costs(self) -> dict[str, Any]:
        found = {}
        for model, usage in self.usage.items():
            prices = [price for price in PRICES if price["model"] == model]
            # The newest of its time, else the newest.
            in_time = [price for price in prices if price["date"] <= self.call.started_at] or prices
            for price in sorted(in_time, key=lambda price: price["date"])[-1:]:
                totals = {f"{word}_tokens_total_cost": usage[f"{word}_tokens"] * price[word] for word in ("prompt", "completion")}
                found[model] = {"requests": usage["requests"], "prompt_tokens": usage["prompt_tokens"], **totals}
        return found

    def shown(self) -> dict[str, Any]:
        """The call as queries see it."""
        call, status = self.call, "error" if self.error else "descendant_error" if self.counts.get("error") else "success"
        of_weave = {"status": "running"}
        if self.counts:
            of_weave = {"status": status, "latency_ms": (call.ended_at - call.started_at) // datetime.timedelta(milliseconds=1)}
        return {"id": call.id, "trace_id": call.trace_id, "parent_id": self.parent and self.parent.call.id, "inputs": self.inputs,
                "output": self.output, "exception": self.error, "thread_id": self.thread, "turn_id": call.turn_id,
                "display_name": self.name, "attributes": self.attributes, "started_at": call.started_at.timestamp(),
                "summary": {"usage": self.usage, "status_counts": self.counts, "weave": of_weave},
                "feedback": [each for each in FEEDBACK if each["of"] is self]}


PLANS: dict[int, Known] = {}  # what ops are to do
KNOWN: list[Known] = []
OPEN: list[Known] = []
RENAMED: list[Known] = []  # since the last flush
FEEDBACK: list[dict[str, Any]] = []
PRICES: list[dict[str, Any]] = []
VERSIONS: dict[str, list[dict[str, Any]]] = {}
ALIASES: dict[tuple[str, str], dict[str, Any]] = {}


def flush() -> None:
    client().flush()
    RENAMED.clear()


def there() -> list[Known]:
    return [known for known in KNOWN if not known.is_deleted]


def latest(name: str) -> dict[str, Any] | None:
    return max((each for each in VERSIONS.get(name, []) if each["is_there"]), key=lambda each: each["published"], default=None)


# Ops, which do what is planned for them.


@contextlib.contextmanager
def around(plan: Known) -> Iterator[None]:
    with weave.attributes(plan.attributes), weave.thread(plan.thread) if plan.thread else contextlib.nullcontext():
        yield


@weave.op
def alpha(node: int, x: Any, word: str, raises: bool, catches: bool) -> Any:
    PLANS[node].call = weave.require_current_call()
    for child in PLANS[node].children:
        with contextlib.suppress(*[ValueError] * catches), around(child):
            alpha(**child.inputs)
    if raises:
        raise ValueError(f"no {node}.")
    return PLANS[node].output


@weave.op
async def later(node: int, x: Any, word: str, raises: bool, catches: bool) -> Any:
    PLANS[node].call = weave.require_current_call()
    for result in await asyncio.gather(*map(run, PLANS[node].children), return_exceptions=True):
        if isinstance(result, BaseException) and not catches:
            raise result
    if raises:
        raise ValueError(f"no {node}.")
    return PLANS[node].output


@weave.op(eager_call_start=True)
def eager(**inputs: Any) -> None:
    """Only called by hand; its start is sent at once."""


async def run(plan: Known) -> Any:
    with around(plan):
        return alpha(**plan.inputs) if plan.op == "alpha" else await later(**plan.inputs)


def some_output() -> Any:
    value, tokens = RANDOM.choice(VALUES), [RANDOM.randint(1, 20) for _ in range(2)]
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    return RANDOM.choice([value, {"y": value, "list": [value, RANDOM.choice(WORDS)]},
                          {"model": RANDOM.choice(MODELS), "usage": usage, "y": value}])


def some_attributes(chance: float) -> dict[str, Any]:
    every = {"env": RANDOM.choice(WORDS), "rate": RANDOM.choice(VALUES), "deep": {"k": RANDOM.choice(VALUES)}}
    # A copy: the client shows a list that it has seen before as a text.
    return {name: json.loads(json.dumps(every[name])) for name in every if likely(chance)}


def planned(depth: int, ops: list[str]) -> Known:
    plan = Known(RANDOM.choice(ops), {}, some_attributes(0.2), RANDOM.choice(THREADS) if likely(0.2) else None, some_output())
    plan.inputs = {"node": plan.n, "x": RANDOM.choice(VALUES), "word": RANDOM.choice(WORDS), "raises": likely(0.15)}
    plan.inputs["catches"] = likely(0.5)
    # No async op runs in one that is not.
    plan.children = [planned(depth - 1, ["alpha", plan.op]) for _ in range(RANDOM.randint(0, 3) if depth else 0)]
    PLANS[plan.n] = plan
    return plan


def learn(plan: Known, parent: Known | None, attributes: dict[str, Any], thread: str | None) -> None:
    """What the plan has done, by the model."""
    plan.parent, plan.attributes, plan.thread = parent, attributes | plan.attributes, plan.thread or thread
    KNOWN.append(plan)
    children, plan.children, error = plan.children, [], None
    for child in children:
        learn(child, plan, plan.attributes, plan.thread)
        plan.children.append(child)
        error = error or (None if plan.inputs["catches"] else child.error)
        if error and plan.op == "alpha":
            break
    plan.end(plan.output, error or (f"no {plan.n}." if plan.inputs["raises"] else None))


# Acts.


def call_op() -> None:
    plan = planned(RANDOM.randint(0, 3), ["alpha", "later"])
    with contextlib.suppress(ValueError):
        asyncio.run(run(plan))
    learn(plan, None, {}, None)


def by_hand(op: str, how: Callable[..., Any], **options: Any) -> Known:
    """Makes a call, which has the thread around it, but not the attributes."""
    known = Known(op, {}, some_attributes(0.6), RANDOM.choice([None, *THREADS]), None, RANDOM.choice([None, *OPEN]),
                  RANDOM.choice([None, "by hand"]))
    known.inputs = {"node": known.n, "x": RANDOM.choice(VALUES)} if likely(0.8) else {"node": known.n}
    options |= {"parent": known.parent and known.parent.call, "attributes": known.attributes, "display_name": known.name}
    with weave.attributes({"around": True}), weave.thread(known.thread):
        known.call = how(eager if op == "eager" else op, known.inputs, use_stack=False, **options)
    KNOWN.append(known)
    if known.parent:
        known.parent.children.append(known)
    return known


def open_and_end() -> None:
    for _ in range(RANDOM.randint(1, 4)):
        started_at = LONG_AGO + datetime.timedelta(days=RANDOM.randint(0, 2)) if likely(0.3) else None
        OPEN.append(by_hand(RANDOM.choice(["eager", "by-hand"]), client().create_call, started_at=started_at))
    RANDOM.shuffle(OPEN)
    # `flush` waits for those that are not eager.
    for known in [known for known in OPEN if known.op != "eager" or likely(0.4)]:
        OPEN.remove(known)
        output, error = (None, f"no {known.n}.") if likely(0.2) else (some_output(), None)
        client().fail_call(known.call, ValueError(error)) if error else client().finish_call(known.call, output)
        known.end(output, error)


def log_call() -> None:
    output, error = (None, "no log.") if likely(0.2) else (some_output(), None)
    log = functools.partial(weave.log_call, output=output, exception=error and ValueError(error))
    by_hand("logged", log).end(output, error)


def rename() -> None:
    for known in some(there(), 2):
        if known in RENAMED or known.name:
            flush()  # names are sent by several threads, and that of a start counts when it arrives
        known.name = RANDOM.choice([None, "one", "größer"])
        known.call.set_display_name(known.name)
        RENAMED.append(known)


def delete_calls() -> None:
    flush()  # what has not been sent is not deleted
    gone = some(there(), 2)
    client().delete_calls([known.call.id for known in gone])
    for known in gone:
        known.is_deleted = True
        gone += [child for child in known.children if not child.is_deleted]  # nothing is found below what was deleted before
    FEEDBACK[:] = [each for each in FEEDBACK if not each["of"].is_deleted]


def feedback() -> None:
    if FEEDBACK and likely(0.2):
        flush()  # feedback is sent later than its removal is
        gone = FEEDBACK.pop(RANDOM.randrange(len(FEEDBACK)))
        return gone["of"].call.feedback.purge(gone["id"])
    for known in some(there(), 3):
        to, emoji, note, mark = known.call.feedback, RANDOM.choice(EMOJIS), RANDOM.choice(WORDS), {"value": RANDOM.randint(0, 5)}
        type_, payload, add = RANDOM.choice([("wandb.reaction.1", {"emoji": emoji}, lambda: to.add_reaction(emoji)),
                                             ("wandb.note.1", {"note": note}, lambda: to.add_note(note)),
                                             ("mark", mark, lambda: to.add("mark", mark))])
        FEEDBACK.append({"id": add(), "of": known, "feedback_type": type_, "payload": payload})


def publish() -> None:
    """A value that was there is its old version again, and the latest one."""
    name, value, rows = RANDOM.choice(["settings", "prompt", *DATASETS]), RANDOM.choice(OBJECTS), RANDOM.choice(ROWS)
    what, of_name, old = value, VERSIONS.setdefault(name, []), latest(name)
    if name in DATASETS and old and likely(0.6):
        value, what = old["value"] + rows, weave.ref(f"{name}:latest").get().add_rows(rows)
    elif name in DATASETS:
        value, what = rows, weave.Dataset(name=name, rows=rows)
    ref = weave.publish(what, name=name)
    if not (same := [version for version in of_name if version["value"] == value]):
        of_name.append({"value": value, "digest": ref.digest, "tags": set()})
    version = (same or of_name)[-1]
    equal(f"digest of {name}: {value}", ref.digest, version["digest"])
    version |= {"published": next(NUMBERS), "is_there": True}


def label() -> None:
    """Tags and names a version, or takes that away, or deletes the version."""
    live = [(name, version) for name in VERSIONS for version in VERSIONS[name] if version["is_there"]]
    for name, version in some(live, 2):
        tag, alias, is_deleted = RANDOM.choice(["good", "größe"]), RANDOM.choice(["live", "old"]), likely(0.3)
        ref = weave.ref(f"{name}:{version['digest']}")
        if not is_deleted and likely(0.6):
            client().add_tags(ref, [tag])
            client().set_aliases(ref, alias)
            version["tags"].add(tag)
            ALIASES[name, alias] = version
            continue
        # A version is deleted without labels: whether they stay is nowhere said.
        for each in sorted(version["tags"]) if is_deleted else [tag]:
            client().remove_tags(ref, [each])
            version["tags"].discard(each)
        for each in ["live", "old"] if is_deleted else [alias]:
            client().remove_aliases(ref, each)
            ALIASES.pop((name, each), None)
        if is_deleted:
            client().delete_object_version(ref)
            version["is_there"] = False


def price() -> None:
    if PRICES and likely(0.3):
        return client().purge_costs(PRICES.pop(RANDOM.randrange(len(PRICES)))["id"])
    now, old = datetime.datetime.now(datetime.timezone.utc), LONG_AGO + datetime.timedelta(days=1, seconds=next(NUMBERS))
    date, model = RANDOM.choice([now, now.replace(year=2035), old]), RANDOM.choice(MODELS)
    prompt, completion = RANDOM.choice([0.5, 3.0]), RANDOM.choice([0.25, 2.0])
    made = client().add_cost(model, prompt, completion, effective_date=date)
    price_id = next(id_ for id_ in made.ids[0] if id_ != model)
    PRICES.append({"id": price_id, "model": model, "prompt": prompt, "completion": completion, "date": date})


# Queries, and what they mean.


def at(value: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(value, list):
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def kind(value: Any) -> int:
    return next(n for n, types in enumerate([bool, (int, float), str, (list, dict), object]) if isinstance(value, types))


def compared(operator: str, value: Any, than: Any) -> float:
    if value is None or than is None:
        return 0.5
    if operator == "$contains":
        return than in (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    if {kind(value), kind(than)} == {1, 2}:  # a text is a number where it is compared with one
        with contextlib.suppress(ValueError):
            value, than = float(value), float(than)
    if operator == "$gt":
        return value > than if kind(value) == kind(than) else 0.5
    return kind(value) == kind(than) and value == than


def holds(expression: dict[str, Any], call: dict[str, Any]) -> float:
    """SQL's truth, as a number: a comparison with a missing value is neither true nor false, which is 0.5 here."""
    ((operator, of),) = expression.items()
    if operator in ("$and", "$or", "$not"):
        truths = [holds(each, call) for each in of]
        return min(truths) if operator == "$and" else max(truths) if operator == "$or" else 1 - max(truths)
    asked, than = (of["input"], of["substr"]) if operator == "$contains" else of
    path, values = asked["$getField"], [at(call, asked["$getField"])]
    if path.startswith("feedback."):  # one of its type is enough, and none is an empty text
        type_, rest = path.removeprefix("feedback.[").split("].")
        values = [at(each, rest) for each in call["feedback"] if each["feedback_type"] == type_] or [""]
    if operator == "$eq" and than["$literal"] is None:
        return values in ([None], [""]) if path.startswith("feedback.") else values == [None]
    thans = [each["$literal"] for each in (than if operator == "$in" else [than])]
    return max(compared(operator, value, than) for value in values for than in thans)


FIELDS: dict[str, list[Any]] = {
    **dict.fromkeys(["inputs.x", "output.y", "output.list.0", "attributes.rate", "attributes.deep.k", "output"], VALUES),
    **dict.fromkeys(["inputs.word", "attributes.env", "feedback.[wandb.note.1].payload.note", "output.list.1"], WORDS),
    **dict.fromkeys(["summary.usage.acts-model-a.prompt_tokens", "feedback.[mark].payload.value"], [1, 3, 12]),
    "summary.weave.status": ["success", "error", "running", "descendant_error"], "thread_id": THREADS,
    "display_name": ["one", "by hand"], "parent_id": [""],
}
SORTS = [*(path for path in FIELDS if "feedback" not in path), "started_at", "summary.weave.latency_ms"]


def some_query(depth: int) -> dict[str, Any]:
    if depth and likely(0.5):
        inner = [some_query(depth - 1) for _ in range(2)]
        return RANDOM.choice([{"$and": inner}, {"$or": inner}, {"$not": inner[:1]}])
    path = RANDOM.choice(list(FIELDS))
    values = [value for value in FIELDS[path] if kind(value) < 3]
    one, other, any_ = (literal(RANDOM.choice(of)) for of in (values, values, [*FIELDS[path], None]))
    known = RANDOM.choice(KNOWN)
    began = known.call.started_at.timestamp() + 5e-7  # half a microsecond: it is no call's
    return RANDOM.choice([{"$eq": [field(path), any_]}, {"$eq": [field(path), literal(None)]}, {"$gt": [field(path), one]},
                          {"$in": [field(path), [one, other]]}, {"$gt": [field("started_at"), literal(began)]},
                          {"$contains": {"input": field(path), "substr": literal(RANDOM.choice(WORDS))}},
                          {"$contains": {"input": field("exception"), "substr": literal(f"no {known.n}.")}}])


def some_filter() -> tuple[dict[str, Any], Callable[[Known], bool]]:
    calls, threads, op = [known.call for known in some(KNOWN, 4)], some(THREADS, 2), RANDOM.choice(KNOWN).op
    ids, traces = [call.id for call in calls], [call.trace_id for call in calls]
    turns = [call.turn_id for call in calls if call.turn_id] or ["none"]
    every: dict[str, tuple[Any, Callable[[Known], bool]]] = {
        "op_names": ([f"weave:///{PROJECT}/op/{op}:*"], lambda known: known.op == op),
        "trace_ids": (traces, lambda known: known.call.trace_id in traces),
        "parent_ids": (ids, lambda known: known.parent is not None and known.parent.call.id in ids),
        "call_ids": (ids, lambda known: known.call.id in ids),
        "trace_roots_only": (True, lambda known: known.parent is None),
        "thread_ids": (threads, lambda known: known.thread in threads),
        "turn_ids": (turns, lambda known: known.call.turn_id in turns)}
    names = RANDOM.sample(list(every), RANDOM.choice([0, 0, 1, 2]))
    return {name: every[name][0] for name in names}, lambda known: all(every[name][1](known) for name in names)


def in_order(sorts: list[dict[str, str]], left: dict[str, Any], right: dict[str, Any]) -> int:
    """Numbers before texts before lists, which are all alike; what is missing is last in both directions."""
    for sort in sorts:
        values = [at(each, sort["field"]) for each in (left, right)]
        ranks = [[1, 0, 1, 2, 3][kind(value)] for value in values]
        if ranks[0] != ranks[1]:
            return ranks[0] - ranks[1]
        keys = [(kind(value), value if kind(value) < 3 else None) for value in values]
        if keys[0] != keys[1]:
            return 1 if (keys[0] > keys[1]) == (sort["direction"] == "asc") else -1
    return 0


# Reads.


def ask_calls() -> None:
    wanted, accepts = some_filter()
    query, limit, offset = some_query(3) if likely(0.7) else None, RANDOM.choice([None, 1, 5]), RANDOM.choice([None, 0, 2])
    sorts = [{"field": name, "direction": RANDOM.choice(["asc", "desc"])} for name in RANDOM.sample(SORTS, 2)] * likely(0.7)
    options = {"filter": wanted, "query": query and {"$expr": query}, "sort_by": sorts or None, "limit": limit, "offset": offset}
    matching = {known.call.id: known.shown() for known in there() if accepts(known)}
    matching = {id_: call for id_, call in matching.items() if not query or holds(query, call) == 1}
    compare = functools.partial(in_order, sorts)
    rows = sorted(matching.values(), key=functools.cmp_to_key(compare))[offset or 0 :][:limit]
    calls = client().get_calls(**options, page_size=RANDOM.choice([3, 1000]))
    ids, asked = [call.id for call in calls], f"get_calls({json.dumps(options, ensure_ascii=False)})"
    if limit or not offset:  # else the client may have a length below 0
        equal(f"len of {asked}", len(calls), len(rows))
    equal(f"number of {asked}", [len(ids), len(set(ids))], [len(rows)] * 2)
    number = {known.call.id: known.n for known in KNOWN}
    if len(rows) == len(matching):
        equal(f"calls of {asked}", sorted(map(number.__getitem__, ids)), sorted(map(number.__getitem__, matching)))
    for place, (id_, row) in enumerate(zip(ids, rows)):
        # What is alike may come in any order.
        if id_ not in matching or compare(matching[id_], row):
            both = matching.get(id_, {"id": id_}), row
            both = [[number[each["id"]], *(at(each, sort["field"]) for sort in sorts)] for each in both]
            return equal(f"call {place} of {asked}", *both)


def same_call(known: Known, read: Any) -> None:
    shown, summary, costs = known.shown(), reader.plain(read.summary), known.costs()
    of_call = {name: reader.plain(getattr(read, name)) for name in shown.keys() - {"summary", "feedback", "started_at"}}
    of_call["attributes"].pop("weave")  # of the client itself
    if known.error and known.error in (of_call["exception"] or ""):
        of_call["exception"] = known.error  # the rest is the traceback
    feedbacks = [[[each["id"], each["feedback_type"]] for each in of] for of in (summary["weave"]["feedback"], shown["feedback"])]
    found = {model: {name: of.get(name) for name in costs.get(model, of)} for model, of in summary["weave"].get("costs", {}).items()}
    for name, is_, expected in [
        *((name, value, shown[name]) for name, value in of_call.items()), ("op", read.func_name, known.op), ("costs", found, costs),
        ("times", [read.started_at, read.ended_at], [known.call.started_at, known.call.ended_at]), ("feedback", *feedbacks),
        *((name, summary.get(name, {}), shown["summary"][name]) for name in ("usage", "status_counts")),
        ("status", summary["weave"]["status"], shown["summary"]["weave"]["status"]),
    ]:
        equal(f"{name} of call {known.n} ({known.op})", is_, expected)


def ask_call() -> None:
    known = RANDOM.choice(KNOWN)
    try:
        read = client().get_call(known.call.id, include_costs=True, include_feedback=True)
    except ValueError as error:
        return equal(f"call {known.n}", str(error), f"Call not found: {known.call.id}" if known.is_deleted else "found")
    equal(f"call {known.n} is there", True, not known.is_deleted)
    same_call(known, read)
    children = [child.call.id for child in known.children if not child.is_deleted]
    equal(f"children of call {known.n}", sorted(child.id for child in read.children()), sorted(children))
    values = [[each["id"], each["payload"].get("value")] for each in known.shown()["feedback"]]
    equal(f"feedback of call {known.n}", [[each.id, each.payload.get("value")] for each in read.feedback], values)


def ask_feedback_and_prices() -> None:
    emoji, type_, limit, offset = map(RANDOM.choice, (EMOJIS, ["wandb.note.1", "mark"], [1, 3, 100], [0, 2]))
    of_type = {"$expr": {"$eq": [field("feedback_type"), literal(type_)]}}
    for options, accepts in [({"reaction": emoji}, lambda each: each["payload"].get("emoji") == emoji),
                             ({"query": of_type}, lambda each: each["feedback_type"] == type_), ({}, lambda _: True)]:
        expected = [each["id"] for each in FEEDBACK if accepts(each)][offset:][:limit]
        found = client().get_feedback(**options, limit=limit, offset=offset)
        equal(f"get_feedback({options}, limit={limit}, offset={offset})", [each.id for each in found], expected)
    for model in MODELS:
        listed = [[each.id, each.prompt_token_cost, each.completion_token_cost] for each in client().query_costs(llm_ids=[model])]
        expected = [[each["id"], each["prompt"], each["completion"]] for each in PRICES if each["model"] == model]
        equal(f"prices of {model}", sorted(listed), sorted(expected))


def value_of(ref: str) -> Any:
    try:
        value = weave.ref(ref).get()
    except Exception as error:  # noqa: BLE001 - another one in each version
        return "gone" if "404" in str(error) or "deleted" in str(error) else repr(error)
    return [dict(row) for row in value.rows] if isinstance(value, weave.Dataset) else reader.plain(value)


def ask_objects() -> None:
    objects = client()._objects()
    for name, versions in VERSIONS.items():
        newest, n = latest(name), RANDOM.randrange(len(versions))
        version, ref = versions[n], weave.ref(f"{name}:{versions[n]['digest']}")
        equal(f"{name}:latest", value_of(f"{name}:latest"), newest["value"] if newest else "gone")
        for asked in (f"v{n}", version["digest"]):
            equal(f"{name}:{asked}", value_of(f"{name}:{asked}"), version["value"] if version["is_there"] else "gone")
        listed = [[each.version_index, each.digest, bool(each.is_latest)] for each in objects if each.object_id == name]
        expected = [[n, each["digest"], each is newest] for n, each in enumerate(versions) if each["is_there"]]
        equal(f"versions of {name}", sorted(listed), expected)
        if version["is_there"]:
            aliases = [alias for (_, alias), named in ALIASES.items() if named is version] + ["latest"] * (version is newest)
            labels = client().get_tags_and_aliases(ref)
            equal(f"labels of {name}:v{n}", [*map(sorted, labels)], [sorted(version["tags"]), sorted(aliases)])
    for (name, alias), version in ALIASES.items():
        equal(f"{name}:{alias}", value_of(f"{name}:{alias}"), version["value"])
    labels = [{tag for each in itertools.chain(*VERSIONS.values()) for tag in each["tags"]}, {alias for _, alias in ALIASES}]
    equal("tags and aliases", [sorted(client().list_tags()), sorted(client().list_aliases())], [*map(sorted, labels)])


def ask() -> None:
    flush()
    for question in RANDOM.choices([ask_calls, ask_call, ask_feedback_and_prices, ask_objects], [8, 3, 1, 1], k=6 * bool(KNOWN)):
        question()


def ask_everything() -> None:
    flush()
    read = {call.id: call for call in client().get_calls(include_feedback=True, include_costs=True)}
    equal("all calls", sorted(known.n for known in KNOWN if known.call.id in read), sorted(known.n for known in there()))
    for known in [known for known in there() if known.call.id in read]:
        same_call(known, read[known.call.id])
    ask_feedback_and_prices()
    ask_objects()


WEIGHTS: dict[Callable[[], None], int] = {
    call_op: 6, open_and_end: 4, log_call: 2, rename: 4, delete_calls: 1, feedback: 5, publish: 5, label: 5, price: 3, flush: 1, ask: 8,
}


def main() -> None:
    logging.getLogger().addHandler(handler := reader.Problems(level=logging.WARNING))
    logging.getLogger("weave").addHandler(handler)
    # The client's messages are on stdout, which is ours.
    out, sys.stdout = sys.stdout, sys.stderr

    def end(reason: str) -> None:
        answer = {"client": weave.__version__, "seed": SEED, "acts": NOW["act"], "differences": DIFFERENCES,
                  "problems": reader.PROBLEMS, "end": reason}
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()
        # Threads of the client may still wait for the server.
        os._exit(0)

    watch = threading.Timer(110, lambda: end(f"{NOW['kind']} hangs"))
    watch.daemon = True
    watch.start()
    try:
        server = weave.init(PROJECT).server
        for processor in (server.get_call_processor(), server.get_feedback_processor()):
            processor.min_batch_interval = 0.02  # else each flush takes a second
        for n in range(1, ACTS + 1):
            (act,) = RANDOM.choices(list(WEIGHTS), list(WEIGHTS.values()))
            NOW.update(act=n, kind=act.__name__)
            act()
            if n % 30 == 0 or n == ACTS:
                ask_everything()
    except Exception:  # noqa: BLE001
        end(f"{NOW['kind']} failed: {traceback.format_exc()[-1000:]}")
    end("finished")


if __name__ == "__main__":
    main()
