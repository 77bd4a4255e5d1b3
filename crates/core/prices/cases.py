"""Writes tests/cases/prices.json: calls and what genai-prices itself makes of them. See README.md.

    python cases.py
"""

import datetime
import json
import random
from decimal import Decimal
from pathlib import Path

from genai_prices import Usage, calc_price
from genai_prices.data import providers

from generate import FALLBACKS, PROVIDERS, TABLE, priced, rules

CASES = Path(__file__).parent.parent / "tests/cases/prices.json"
# With the strange names, 2,000 in all.
PER_PROVIDER = 76
# What may follow a family's name, and what may follow none.
REVISIONS = ["-001", "-latest", "-preview-05-20"]
STRANGE = "-foo"


def main():
    table = json.loads(TABLE.read_text())
    noon = datetime.datetime.fromisoformat(table["date"] + "T12:00:00+00:00")
    chance = random.Random(table["date"])
    sources = {name: each for each in providers for name in PROVIDERS.get(each.id, [each.id]) if name in table["providers"]}
    cases = []
    for name, provider in sorted(sources.items()):
        sellers = [provider, *(sources[other] for other in [FALLBACKS.get(name)] if other)]
        names_of_sellers = [name, FALLBACKS.get(name, name)]
        known = {
            id(model): all(map(is_exact, prices.values()))
            for seller, seller_name in zip(sellers, names_of_sellers)
            for model, prices in priced(seller, noon.date(), seller_name)
        }
        unpriced = {model for seller in [name, FALLBACKS.get(name)] for model in table["unpriced"].get(seller, [])}
        for model_name in names(sellers, chance):
            if case := case_of(name, provider, model_name, known, noon, chance):
                if model_name in unpriced:
                    case.pop("cost", None)
                cases.append(case)
    lines = ",\n".join(json.dumps(case) for case in cases)
    CASES.write_text(f'{{"date": "{table["date"]}", "cases": [\n{lines}\n]}}\n')
    unknown = sum("cost" not in case for case in cases)
    print(f"{CASES.name}: {len(cases)} cases, {unknown} of them without a price")


def is_exact(price):
    """Whether the table holds the price without rounding it."""
    rates = [price] if isinstance(price, Decimal) else [price.base, *(tier.price for tier in price.tiers)]
    return all(rate * 1_000_000 == int(rate * 1_000_000) for rate in rates)


def names(sellers, chance):
    """Names under which the source knows its models, those we leave out included, and some it should not know."""
    found = set()
    for model in (model for seller in sellers for model in seller.models):
        exact, prefixes, fine_tuned = rules(model.match)
        longer = {chance.choice(sorted(prefixes)) + revision for revision in REVISIONS if prefixes}
        owned = {prefix + "07-18:org::id" for prefix in fine_tuned if prefix.startswith("ft:")}
        # A model of the second seller may be caught by a loose rule of the first; ours are not loose.
        candidates = exact | prefixes | longer | owned
        found |= {name for name in candidates if sellers[0].find_model(name, all_providers=sellers) is model}
    picked = chance.sample(sorted(found), min(PER_PROVIDER, len(found)))
    return picked + [name + STRANGE for name in picked[:3] if not name.startswith("ft:")]


def case_of(name, provider, model_name, known, noon, chance):
    """One call. The source's answer is the expected one, unless we know less on purpose: then no cost is expected."""
    tokens = {"input": chance.choice([1, 999, 150_000, 199_999, 200_000, 272_001, 1_000_003]) + chance.randrange(50)}
    tokens["output"] = chance.randrange(20_000)
    spare = tokens["input"]
    for part in chance.sample(["cache_read", "cache_write", "cache_write_1h"], chance.randrange(3)):
        tokens[part] = chance.randrange(spare // 2 + 1)
        spare -= tokens[part]
    minute = chance.randrange(24 * 60)
    time = noon.replace(hour=minute // 60, minute=minute % 60)
    case = {"provider": name, "model": model_name, "minute": minute, "tokens": tokens}
    try:
        one = Usage(input_tokens=1, output_tokens=1)
        found = calc_price(one, model_name, provider_id=provider.id, genai_request_timestamp=time)
    except LookupError:
        return case
    if id(found.model) not in known or model_name.endswith(STRANGE):
        return case
    if not known[id(found.model)]:
        return None
    if found.model_price.cache_write_1h_mtok is None:
        tokens.pop("cache_write_1h", None)
    if getattr(found.model_price, "output_mtok") is None or "embed" in found.model.id:
        tokens["output"] = 0
    cached = "cache_read" in tokens
    if not cached and found.model_price.input_audio_mtok is not None:
        tokens["audio_input"] = chance.randrange(spare + 1)
    if found.model_price.output_audio_mtok is not None:
        tokens["audio_output"] = chance.randrange(tokens["output"] + 1)
    case["cost"] = cost(found, tokens, provider, model_name, time)
    return case


def cost(found, tokens, provider, model_name, time):
    """Input and output in picodollars, by the source's own arithmetic."""
    usage = Usage(
        input_tokens=tokens["input"],
        output_tokens=tokens["output"],
        cache_read_tokens=tokens.get("cache_read"),
        cache_write_tokens=tokens.get("cache_write", 0) + tokens.get("cache_write_1h", 0),
        **({"cache_write_1h_tokens": tokens["cache_write_1h"]} if "cache_write_1h" in tokens else {}),
        input_audio_tokens=tokens.get("audio_input"),
        output_audio_tokens=tokens.get("audio_output"),
        **({"cache_audio_read_tokens": 0} if "audio_input" in tokens else {}),
    )
    price = calc_price(usage, model_name, provider_id=provider.id, genai_request_timestamp=time)
    parts = {"input": price.input_price * 10**12, "output": price.output_price * 10**12}
    assert found.model is price.model and all(part == int(part) for part in parts.values())
    return {side: int(part) for side, part in parts.items()}


if __name__ == "__main__":
    main()
