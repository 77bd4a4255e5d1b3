"""Writes src/price/table.json from the prices in the Python package genai-prices (MIT), with the service tiers that
litellm (MIT) lists for the same models, and without the aliases on whose price the two disagree. See README.md.

    python generate.py --date 2026-11-10 --litellm litellm-1.109.1-cp310-abi3-manylinux_2_28_x86_64.whl
"""

import argparse
import datetime
import json
import re
import zipfile
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from genai_prices import types
from genai_prices.data import providers

TABLE = Path(__file__).parent.parent / "src/price/table.json"

# genai-prices id -> values of `gen_ai.provider.name`, where they differ. Every other provider goes by its id.
PROVIDERS = {
    "aws": ["aws.bedrock"],
    "azure": ["azure.ai.openai"],
    "github-copilot": ["github_copilot"],
    "google": ["gcp.gemini", "gcp.vertex_ai"],
    "mistral": ["mistral_ai"],
    "moonshotai": ["moonshot_ai"],
    "x-ai": ["x_ai"],
}
# Who else's prices hold where a provider lists none of its own: the source says so, and the service sells these models.
FALLBACKS = {"azure.ai.openai": "openai"}
# The source lists Vertex AI's Claude models under the same provider; the Gemini API does not serve them.
FAMILIES = {"gcp.gemini": ("gemini", "gemma")}

# The price kinds our usage can tell apart ...
RATES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "output_audio_mtok": "output_audio",
}
# ... and those whose absence is no error of ours: tools are billed apart, and no usage says which cached tokens were
# audio. A model with any other kind (pictures, pages, hours, a fee per request) is left
# out: pricing it by its tokens alone would be wrong.
IGNORED = {"web_searches_kcount", "storage_searches_kcount", "cache_audio_read_mtok"}

# `gen_ai.provider.name` -> what litellm calls the provider; it may stand before the name of a model, with a slash.
LITELLM = {
    "openai": ["openai"],
    "azure.ai.openai": ["azure", "azure_ai"],
    "anthropic": ["anthropic"],
    "cohere": ["cohere", "cohere_chat"],
    "deepseek": ["deepseek"],
    "gcp.gemini": ["gemini"],
    "groq": ["groq"],
    "mistral_ai": ["mistral"],
    "moonshot_ai": ["moonshot"],
    "perplexity": ["perplexity"],
    "together": ["together_ai"],
    "x_ai": ["xai"],
}
LITELLM_PRICES = "litellm/model_prices_and_context_window_backup.json"
# What a rate is called there; the length of the prompt comes behind it, and then the tier. A cache write costs what the
# shortest lifetime costs (`_above_12hr` is a longer one).
LITELLM_RATES = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
    "input_audio": "input_cost_per_audio_token",
    "output_audio": "output_cost_per_audio_token",
}

# genai-prices has no service tiers. Of litellm's we take those of a model whose standard rates both sources agree on.
TIERS = {"flex": "_flex", "priority": "_priority", "batch": "_batches"}
TIERED = {"openai"}
# Patience is cheaper than the standard rate and haste is dearer; what is not, or by more than this, is a slip of the source.
CHEAPER = {"flex", "batch"}
TIER_FACTOR = 10

# The numbered revision of a Gemini model.
STABLE = "-001"
# What the provider moves on to its next model.
LATEST = "latest"
# `-2508`, `-2024-08-06`, `-08-2024`: numbers, and a year or a day among them.
DATED = r"(-\d+)*-\d{4,}(-\d+)*"
# What may follow the name of a family, as in src/price/lookup.rs.
REVISIONS = re.compile(r"([-@](\d\d+|v\d+|latest|preview|exp|experimental))*")

HIGHEST = 1_000_000_000  # picodollars per token: $1000 per million


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", required=True, type=datetime.date.fromisoformat, help="upload date of the release")
    parser.add_argument("--litellm", required=True, type=Path, help="a wheel of litellm, which need not be installed")
    arguments = parser.parse_args()
    date = arguments.date
    litellm = litellm_prices(arguments.litellm)
    table, unpriced = {}, {}
    for provider in providers:
        for name in PROVIDERS.get(provider.id, [provider.id]):
            entries = [entry for model in priced(provider, date, name) if (entry := entry_of(provider, *model))]
            listing = listed_by(LITELLM.get(name, []), litellm)
            if aliases := disputed(entries, listing):
                unpriced[name] = sorted(aliases)
            entries = [left for entry in entries if (left := without(entry, aliases))]
            for entry in entries:
                if name in TIERED and (found := tiers(entry, listing)):
                    entry["tiers"] = found
            if entries:
                table[name] = sorted(entries, key=lambda entry: entry["model"])
    expected = {name for names in PROVIDERS.values() for name in names} | set(LITELLM)
    if missing := expected - set(table):
        raise SystemExit(f"providers gone from the source: {missing}")
    TABLE.write_text(render(date, table, unpriced, arguments.litellm.name.split("-")[1]))
    models = sum(map(len, table.values()))
    print(f"{TABLE.name}: {models} models, {TABLE.stat().st_size} bytes, prices of {date}")
    for name, aliases in unpriced.items():
        print(f"  without a price at {name}: {', '.join(aliases)}")


def priced(provider, date, name):
    """The provider's models whose price on that date can be told from token counts and the hour, with that price."""
    noon = datetime.datetime.combine(date, datetime.time(12), datetime.timezone.utc)
    for model in provider.models:
        priced_at = [prices_of(model, noon)] + [prices for _, _, prices in hours_of(model)]
        known = all("input_mtok" in prices and prices.keys() <= RATES.keys() | IGNORED for prices in priced_at)
        if known and model.id.startswith(FAMILIES.get(name, "")):
            yield model, base_of(model, noon)


def prices_of(model, time):
    return {key: value for key, value in vars(model.get_prices(time)).items() if value is not None}


def hours_of(model):
    """The hours that have a price of their own, as minutes of the day (UTC), with the prices."""
    for each in model.prices if isinstance(model.prices, list) else []:
        hours = each.constraint
        if isinstance(hours, types.TimeOfDateConstraint):
            if hours.start_time.utcoffset() or hours.end_time.utcoffset():
                raise SystemExit(f"{model.id}: hours that are not UTC")
            prices = {key: value for key, value in vars(each.prices).items() if value is not None}
            yield minute(hours.start_time), minute(hours.end_time), prices


def minute(time):
    return time.hour * 60 + time.minute


def base_of(model, noon):
    """The prices at the hours that have none of their own."""
    taken = list(hours_of(model))
    for minutes in range(0, 24 * 60, 30):
        held = any(start <= minutes < end if start <= end else minutes >= start or minutes < end for start, end, _ in taken)
        if not held:
            return prices_of(model, noon.replace(hour=minutes // 60, minute=minutes % 60))
    raise SystemExit(f"{model.id}: every hour has a price of its own")


def entry_of(provider, model, prices):
    names, prefixes, fine_tuned = rules(model.match)
    names = {name for name in names | {model.id.lower()} if provider.find_model(name) is model}
    title = model.id if model.id.lower() in names else min(names | fine_tuned | prefixes)
    entry = {
        "model": title,
        "names": sorted(names - {title.lower()}),
        "prefixes": sorted(prefixes),
        "fine_tuned": sorted(fine_tuned),
        "price": rates(model, prices, 0),
        "hours": [
            {"from": start, "until": end, "price": rates(model, special, 0)} for start, end, special in hours_of(model)
        ],
        "long_context": [{"over": start, "price": rates(model, prices, start + 1)} for start in starts(prices)],
    }
    return {key: value for key, value in entry.items() if value}


def rules(clause):
    """Match rules of the source as (exact names, families, beginnings of the names of fine-tuned models)."""
    names, prefixes, fine_tuned = set(), set(), set()
    match clause:
        case types.ClauseOr() | types.ClauseAnd():
            for part in getattr(clause, "or_", None) or clause.and_:
                for ours, theirs in zip((names, prefixes, fine_tuned), rules(part)):
                    ours |= theirs
        case types.ClauseEquals(equals=text) | types.ClauseEndsWith(ends_with=text):
            names.add(text.lower())
        case types.ClauseStartsWith(starts_with=text) if re.search(r"(^|[.])ft[-:]", text):
            fine_tuned.add(text.lower())
        case types.ClauseStartsWith(starts_with=text) if found := re.fullmatch(r"(.+?)(@|-20\d\d)", text.lower()):
            names.add(found[1])  # only dates follow, and the lookup knows dates
        case types.ClauseStartsWith(starts_with=text):
            prefixes.add(text.lower().removesuffix("-"))
        case types.ClauseContains(contains=text) if text.endswith("-0"):
            names.add(text.lower().removesuffix("-0") + STABLE)
        case types.ClauseContains(contains=text):
            prefixes.add(text.lower())
        case types.ClauseRegex(regex=regex):
            names |= named_by(regex)
    return names, prefixes, fine_tuned


def named_by(regex):
    """What a regular expression of the source names. Its dates need no rule of ours: the lookup knows dates."""
    if regex.startswith("^(?!"):
        return set()  # "all but text to speech": such an ending passes no rule of ours
    literal = re.fullmatch(r"\^((?:[^\\\[\](){}*+?|^$.]|\\[^\w])+)\$", regex)
    if literal:
        return {re.sub(r"\\(.)", r"\1", literal[1]).lower()}
    found = re.fullmatch(r"\^(.+?)(?:(-\\d)|(?:-|\[-@\])\\d\{8\}\$|-\\d\{4\}-\\d\{2\}-\\d\{2\}\$)", regex)
    name = found and re.sub(r"\\(.)", r"\1", found[1])
    if not name or re.search(r"[\\\[\](){}*+?|^$]", name):
        print(f"  a match rule that names nothing: {regex}")
        return set()
    return {name + STABLE} if found[2] else set()


def starts(prices):
    return sorted({tier.start for price in prices.values() for tier in getattr(price, "tiers", [])})


def rates(model, prices, input_tokens):
    found = {}
    for key, rate in RATES.items():
        # An embedding has no output tokens to price, whatever the source lists for them.
        if key in prices and not (key == "output_mtok" and "embed" in model.id):
            found[rate] = picodollars(model, price_at(prices[key], input_tokens))
    return found


def price_at(price, input_tokens):
    if isinstance(price, Decimal):
        return price
    return next((tier.price for tier in reversed(price.tiers) if input_tokens > tier.start), price.base)


def picodollars(model, per_million):
    picos = per_million * 1_000_000
    # Rounded to millionths of a dollar per million tokens: the source has $0.0833333333333333 and $0.18000000000000002.
    whole = int(picos.to_integral_value())
    if (picos and not whole) or not 0 <= whole <= HIGHEST:
        raise SystemExit(f"{model.id}: ${per_million} per million tokens is no price")
    return whole


def litellm_prices(wheel):
    """Its price list, with exact decimals."""
    with zipfile.ZipFile(wheel) as archive:
        return json.loads(archive.read(LITELLM_PRICES), parse_float=Decimal, parse_int=Decimal)


def listed_by(sellers, litellm):
    """What it lists for a provider, by the model's name."""
    found = {}
    for key, listed in litellm.items():
        if (seller := listed.get("litellm_provider")) in sellers:
            found.setdefault(key.lower().removeprefix(f"{seller}/"), listed)
    return found


def disputed(entries, listing):
    """The moving aliases for which litellm has another price than the entry they belong to. The source is late to
    follow such an alias to the next model."""
    ours = {name for entry in entries for name in names_of(entry)}
    found = set()
    for name in moving(ours | set(listing)):
        entry = entry_named(name, entries)
        listed = listing.get(name) or listing.get(twin(name))
        if entry and listed and differs(entry, listed):
            found.add(name)
    return found


def names_of(entry):
    """The names it is found by exactly: those listed, and its families with nothing behind them."""
    return {entry["model"].lower(), *entry.get("names", []), *entry.get("prefixes", [])}


def moving(names):
    """Those names that leave the version to the provider: `latest` is a word of them, or there is such a name beside
    them, or another name is the same with a date, which may follow a number (`grok-code-fast-1-0825`)."""

    def moves(name):
        dated = re.compile(re.escape(name) + DATED)
        return LATEST in name.split("-") or twin(name) in names or any(map(dated.fullmatch, names))

    return {name for name in names if moves(name)}


def twin(name):
    """The same alias with `-latest` at its end, or without."""
    shorter = name.removesuffix(f"-{LATEST}")
    return shorter if shorter != name else f"{name}-{LATEST}"


def entry_named(name, entries):
    """The entry that src/price/lookup.rs finds for an alias: by its exact name, else by the longest family."""
    families = []
    for entry in entries:
        if name in (entry["model"].lower(), *entry.get("names", [])):
            return entry
        for prefix in entry.get("prefixes", []):
            if name.startswith(prefix) and REVISIONS.fullmatch(name, len(prefix)):
                families.append((len(prefix), entry))
    return max(families, key=lambda family: family[0], default=(0, None))[1]


def differs(entry, listed):
    """Whether a standard rate that both list is not the same."""
    levels = [(entry["price"], "")]
    for level in entry.get("long_context", []):
        levels.append((level["price"], above(level)))
    for rates, suffix in levels:
        for rate, picos in rates.items():
            dollars = listed.get(LITELLM_RATES[rate] + suffix)
            if dollars is not None and dollars * 10**12 != picos:
                return True
    return False


def without(entry, names):
    """The entry less those names; `None` when it has no other."""
    left = [name for name in entry.get("names", []) if name not in names]
    title = entry["model"]
    if title.lower() in names:
        title = next(iter(left or entry.get("prefixes") or entry.get("fine_tuned") or []), None)
    left = [name for name in left if name != title]
    return title and {key: value for key, value in {**entry, "model": title, "names": left}.items() if value}


def tiers(entry, listing):
    """The service tiers of a model. A tier is taken whole, with a figure for each of our standard rates, or not."""
    listed = listing.get(entry["model"])
    if not listed:
        return {}
    if listed_levels(entry, listed, "") != levels_of(entry):
        return {}
    found = {tier: listed_levels(entry, listed, suffix) for tier, suffix in TIERS.items()}
    return {tier: levels for tier, levels in found.items() if levels and plausible(tier, levels, entry)}


def levels_of(entry):
    return {key: entry[key] for key in ("price", "long_context") if key in entry}


def listed_levels(entry, listed, suffix):
    """What litellm lists in the place of each of the entry's rates; `None` when one is not listed."""
    price = listed_rates(entry["price"], listed, suffix)
    long_context = []
    for level in entry.get("long_context", []):
        price_above = listed_rates(level["price"], listed, above(level) + suffix)
        long_context.append({"over": level["over"], "price": price_above})
    if price is None or any(level["price"] is None for level in long_context):
        return None
    return {"price": price, **({"long_context": long_context} if long_context else {})}


def above(level):
    """What litellm calls the prices of such prompts. The source writes "200,000 and more" as "over 199,999"."""
    return f"_above_{-(-level['over'] // 1000)}k_tokens"


def listed_rates(standard, listed, suffix):
    found = {}
    for rate in standard:
        dollars = listed.get(LITELLM_RATES[rate] + suffix)
        if dollars is None:
            return None
        picos = dollars * 10**12
        if picos != int(picos) or not 0 <= picos <= HIGHEST:
            return None
        found[rate] = int(picos)
    return found


def plausible(tier, levels, entry):
    """Whether every rate of a tier is on its side of the standard one, and not out of all proportion to it."""
    pairs = [(levels["price"], entry["price"])]
    for theirs, ours in zip(levels.get("long_context", []), entry.get("long_context", [])):
        pairs.append((theirs["price"], ours["price"]))
    for theirs, ours in pairs:
        for rate, standard in ours.items():
            low, high = sorted((theirs[rate], standard))
            if (theirs[rate] < standard) != (tier in CHEAPER) or high > low * TIER_FACTOR:
                return False
    return True


def render(date, table, unpriced, litellm):
    """One line per model, so that a new price is one changed line."""
    head = {
        "date": date.isoformat(),
        "source": f"genai-prices {version('genai-prices')} (MIT), service tiers litellm {litellm} (MIT)",
        "unit": "picodollars per token",
        "fallbacks": FALLBACKS,
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    aliases = ",\n".join(f"{json.dumps(name)}: {json.dumps(names)}" for name, names in sorted(unpriced.items()))
    lines.append(f'"unpriced": {{\n{aliases}\n}},')
    blocks = []
    for provider, entries in sorted(table.items()):
        body = ",\n".join(json.dumps(entry) for entry in entries)
        blocks.append(f"{json.dumps(provider)}: [\n{body}\n]")
    return "{\n" + "\n".join(lines) + '\n"providers": {\n' + ",\n".join(blocks) + "\n}\n}\n"


if __name__ == "__main__":
    main()
