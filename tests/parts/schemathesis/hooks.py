"""What the description does not hold: which data there is, how a search is written, and that nothing may be deleted."""

import json
import os
from random import Random
from urllib.parse import urlencode
from urllib.request import urlopen
from zlib import crc32

import schemathesis

NOWHERE = "no-such-entity"
FILTERS = ["model", "op", "provider", "status", "outcome", "user", "thread", "name"]
FIELDS = ["model", "op", "provider", "user", "thread", "conversation", "name", "stream", "otel.team", "no.such.attribute"]
VALUES = ['""', "gpt*", "*", "u-1", '"a b"', "(u-1 OR u-2)", "(a)"]
NUMBERS = {
    "latency": ["2", "500ms", "1m"],
    "first_chunk": ["1s"],
    "cost": ["0.01", "$1"],
    "input": ["100"],
    "output": ["2k"],
    "tokens": ["1M", "0"],
}
WORDS = ["umbrella", "Bonn", "42", "zürich", "😀", '"an umbrella"', r'"\""', "é*", "a-b"]
MOST_CELLS = 20_000
STATES = ["status:error", "status:(success OR running)", "outcome:completed", 'outcome:""']


def term(chance, has_words):
    number = chance.choice(sorted(NUMBERS))
    amounts = NUMBERS[number]
    kinds = [
        lambda: f"{chance.choice(FIELDS)}:{chance.choice(VALUES)}",
        lambda: chance.choice(STATES),
        lambda: f"has:{chance.choice([*FIELDS, *NUMBERS, 'status', 'outcome'])}",
        lambda: f"{number}:{chance.choice(['', '>', '>=', '<', '<='])}{chance.choice(amounts)}",
        lambda: f"{number}:{amounts[0]}..{amounts[0]}",
    ]
    words = [lambda: chance.choice(WORDS)] if has_words else []
    return chance.choice(["", "-"]) + chance.choice(kinds + words)()


def search(chance, has_words):
    return " ".join(term(chance, has_words) for _ in range(chance.randrange(5)))


def read(path, **query):
    with urlopen(f"{os.environ['SPANLOOM_BASE_URL']}/api/{path}?{urlencode(query)}", timeout=10) as answer:
        return json.load(answer)


def stored():
    """Returns each stream, with ids of calls, traces and conversations, and values of properties."""
    found = []
    for stream in read("streams")["streams"]:
        place = {name: stream[name] for name in ("entity", "project", "stream")}
        calls = read("calls", **place, limit=500)["calls"]
        values = {name: read("values", **place, of=name, limit=3)["values"] for name in FILTERS}
        values = {name: [value["value"] for value in some] or [""] for name, some in values.items()}
        ids = {
            "/api/call": [call["id"] for call in calls],
            "/api/trace": [call["trace_id"] for call in calls],
            "/api/conversation": values["thread"],
        }
        found.append((place, ids, values))
    return found


STORED = stored()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Lets a deletion find nothing, and three of four questions something."""
    if case.path == "/api/query":
        ask(case)
        return
    if case.path == "/api/boards":
        save(case)
        return
    query = case.query
    if not isinstance(query, dict):
        return
    # The same question is changed in the same way each time, so that failures can be reproduced.
    chance = Random(crc32(json.dumps(query, sort_keys=True, default=str).encode()))
    is_deletion = case.method.upper() == "DELETE"
    # The description cannot state which texts are searches, so that any is one for the generator.
    if isinstance(query.get("q"), str):
        # A place without calls has no attributes, and a deletion by one is refused.
        query["q"] = chance.choice(STATES) if is_deletion else search(chance, True)
    # In a forbidden question, the end of the range may be what is wrong.
    if allowed(case):
        order(query)
    if is_deletion:
        if "entity" in query:
            query["entity"] = NOWHERE
        return
    if not STORED or chance.random() < 0.25:
        return
    place, ids, values = chance.choice(STORED)
    for name, value in place.items():
        if isinstance(query.get(name), str):
            query[name] = value
    known = ids.get(case.path)
    if known and isinstance(query.get("id"), str) and query["id"]:
        query["id"] = chance.choice(known)
    if allowed(case):
        narrow(query, values, chance)


def allowed(case):
    """Returns whether the description allows the question."""
    return bool(case.meta and case.meta.generation.mode.is_positive)


def ask(case):
    """Does the same for a question that is a body."""
    body = case.body
    if not isinstance(body, dict):
        return
    is_allowed = allowed(case)
    chance = Random(crc32(json.dumps(body, sort_keys=True, default=str).encode()))
    if isinstance(body.get("q"), str):
        body["q"] = search(chance, True)
    views = body.get("views")
    for view in views if isinstance(views, list) else []:
        if not isinstance(view, dict):
            continue
        # The content is searched by the question and not by its views.
        if isinstance(view.get("q"), str):
            view["q"] = search(chance, False)
        if is_allowed:
            bound(view, MOST_CELLS // len(views))
    if is_allowed:
        order(body)
    if not STORED or chance.random() < 0.25:
        return
    place, _, _ = chance.choice(STORED)
    for name, value in place.items():
        if isinstance(body.get(name), str):
            body[name] = value
    if is_allowed and chance.random() < 0.7:
        for name in ("from", "to"):
            body.pop(name, None)


def save(case):
    """Gives an allowed board what the description cannot state: a title that is not blank, and no base without an id."""
    body = case.body
    if not isinstance(body, dict) or not allowed(case):
        return
    board = body["board"]
    if not board["title"].strip():
        board["title"] = "Costs"
    if body.get("id") is None:
        body.pop("base", None)
    whole(body, "base")
    whole(board, "columns")
    for panel in board["panels"]:
        whole(panel, "limit")


def whole(body, *names):
    """Writes numbers as integers: to a schema, 12.0 is one, which the server refuses."""
    for name in names:
        if isinstance(body.get(name), float):
            body[name] = int(body[name])


def bound(view, most):
    """Lowers the limit of a view with many bins of time: the description cannot state a sum of products."""
    whole(view, "bins", "limit", "offset")
    bins, limit = view.get("bins"), view.get("limit") or 12
    if bins and bins * limit > most:
        view["limit"] = most // bins


def order(query):
    """Leaves a range open that ends before it begins: the description cannot relate two parameters."""
    try:
        is_empty = float(query["from"]) >= float(query["to"])
    except (KeyError, TypeError, ValueError):
        return
    if is_empty:
        del query["to"]


def narrow(query, values, chance):
    """Leaves at most one filter, with a value that calls have, and no range of time in most questions."""
    filters = [name for name in FILTERS if name in query]
    kept = chance.choice(filters) if filters else None
    for name in filters:
        if name == kept:
            query[name] = [chance.choice(values[name])]
        else:
            del query[name]
    if chance.random() < 0.7:
        for name in ("from", "to", "attr"):
            query.pop(name, None)
