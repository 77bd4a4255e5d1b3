"""A conversation recorded with W&B's own SDK for conversations (PyPI `weave`), which sends spans.

    conversation.py ENTITY/PROJECT        one line of JSON on stdout
"""

from __future__ import annotations

import json
import os
import sys

sys.dont_write_bytecode = True  # nothing next to this file
os.environ["OTEL_SDK_DISABLED"] = "false"

import client  # noqa: E402, before `weave`: it sets the switches

import weave  # noqa: E402
from weave.conversation import Message, Usage, start_conversation  # noqa: E402

out, sys.stdout = sys.stdout, sys.stderr
weave.init(sys.argv[1])
with start_conversation(agent_name="guide", model="gpt-4o-mini", conversation_id="talk-1", conversation_name="Mountains") as talk:
    for question, answer in (("How high is the Zugspitze?", "2,962 m"), ("And the Watzmann?", "2,713 m")):
        with talk.start_turn(user_message=question) as turn:
            with turn.start_llm(model="gpt-4o-mini", provider_name="openai") as llm:
                llm.record(
                    input_messages=[Message(role="user", content=question)],
                    output_messages=[Message(role="assistant", content=answer)],
                    usage=Usage(input_tokens=12, output_tokens=5),
                    response_model="gpt-4o-mini-2024-07-18",
                )
            with turn.start_tool(name="lookup", arguments=json.dumps({"name": question})) as tool:
                tool.result = answer
weave.finish()
out.write(json.dumps({"client": weave.__version__, "refused": client.REFUSED}) + "\n")
