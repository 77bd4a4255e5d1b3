"""The conversation of `conversation.py`, recorded with CoreWeave's SDK (PyPI `coreweave`), which sends to W&B's server.

    forge.py ENTITY/PROJECT        one line of JSON on stdout
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version

sys.dont_write_bytecode = True  # nothing next to this file

from coreweave.forge.agentlens import tracing  # noqa: E402

tracing.init(sys.argv[1])
with tracing.Conversation(agent_name="guide", conversation_id="talk-1", conversation_name="Mountains") as talk:
    for question, answer in (("How high is the Zugspitze?", "2,962 m"), ("And the Watzmann?", "2,713 m")):
        with talk.start_turn(user_message=question) as turn:
            with turn.start_llm(model="gpt-4o-mini", provider_name="openai") as llm:
                llm.record(
                    input_messages=[tracing.Message(role="user", content=question)],
                    output_messages=[tracing.Message(role="assistant", content=answer)],
                    usage=tracing.Usage(input_tokens=12, output_tokens=5),
                    response_model="gpt-4o-mini-2024-07-18",
                )
            with turn.start_tool(name="lookup", arguments=json.dumps({"name": question})) as tool:
                tool.result = answer
tracing.shutdown()
print(json.dumps({"client": version("coreweave")}))
