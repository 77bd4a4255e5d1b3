"""Makes the same calls with one instrumentation: calls.py KIND OTLP_URL. The model server is in OPENAI_BASE_URL.

A plain answer, a stream, a tool loop of two calls, and an error: five calls in all.
"""

import json
import os
import sys
import time
from types import SimpleNamespace

from opentelemetry import trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

KIND, OTLP = sys.argv[1:3]
MODEL = "gpt-4o-mini"
# The model server answers with a 404 there.
NOWHERE = os.environ["OPENAI_BASE_URL"] + "/nowhere"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def providers():
    resource = Resource.create({"service.name": KIND})
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{OTLP}/v1/traces")))
    loggers = LoggerProvider(resource=resource)
    loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=f"{OTLP}/v1/logs")))
    trace.set_tracer_provider(tracers)
    set_logger_provider(loggers)
    return tracers, loggers


def event_providers():
    """Before OpenTelemetry 1.38 events had a provider of their own."""
    try:
        from opentelemetry.sdk._events import EventLoggerProvider
    except ImportError:
        return {"logger_provider": loggers}
    return {"event_logger_provider": EventLoggerProvider(loggers)}


def client():
    """The client, instrumented."""
    if KIND == "openinference":
        from openinference.instrumentation.openai import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=tracers)
    elif KIND == "openllmetry":
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=tracers)
    elif KIND == "openai_v2":
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=tracers, **event_providers())
    elif KIND == "langfuse":
        from langfuse import Langfuse

        # Its own exporter fails at an address where nothing listens; the provider has ours too.
        Langfuse(public_key="pk-lf-0", secret_key="sk-lf-0", base_url="http://127.0.0.1:9", tracer_provider=tracers)
        from langfuse.openai import OpenAI

        return OpenAI
    elif KIND == "logfire":
        import logfire

        logfire.configure(
            send_to_logfire=False,
            console=False,
            service_name=KIND,
            additional_span_processors=[BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{OTLP}/v1/traces"))],
        )
        logfire.instrument_openai()
    from openai import OpenAI

    return OpenAI


def calls(client):
    create = client(max_retries=0).chat.completions.create
    create(model=MODEL, messages=[{"role": "user", "content": "What is 2+2?"}])
    stream = create(
        model=MODEL,
        messages=[{"role": "user", "content": "hello world"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    for _ in stream:
        pass
    messages = [{"role": "user", "content": "What is the weather in Husum?"}]
    asked = create(model=MODEL, messages=messages, tools=[WEATHER]).choices[0].message
    messages.append(asked.model_dump(exclude_none=True))
    for call in asked.tool_calls:
        result = json.dumps({"temperature": 12, "sky": "cloudy"})
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    create(model=MODEL, messages=messages, tools=[WEATHER])
    try:
        elsewhere = client(max_retries=0, base_url=NOWHERE)
        elsewhere.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Is anyone there?"}])
    except Exception as error:
        print(type(error).__name__)


def agent():
    """pydantic-ai makes its own tool loop."""
    from pydantic_ai import Agent
    from pydantic_ai.models.instrumented import InstrumentationSettings

    settings = InstrumentationSettings(tracer_provider=tracers)
    Agent.instrument_all(settings)
    model = f"openai-chat:{MODEL}"
    try:
        helper = Agent(model)
    except ValueError:
        # Before version 1.
        model = f"openai:{MODEL}"
        helper = Agent(model)
    helper.run_sync("What is 2+2?")

    async def stream():
        async with helper.run_stream("hello world") as answer:
            async for _ in answer.stream_text():
                pass

    import asyncio

    asyncio.run(stream())
    weather = Agent(model)

    @weather.tool_plain
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return "12 degrees, cloudy"

    weather.run_sync("What is the weather in Husum?")
    try:
        os.environ["OPENAI_BASE_URL"] = NOWHERE
        Agent(model).run_sync("Is anyone there?")
    except Exception as error:
        print(type(error).__name__)


def litellm():
    """LiteLLM's own callback."""
    import litellm as lite
    from litellm.integrations.opentelemetry import OpenTelemetry, OpenTelemetryConfig

    lite.callbacks = [OpenTelemetry(config=OpenTelemetryConfig(exporter="otlp_http", endpoint=f"{OTLP}/v1/traces"))]
    base = os.environ["OPENAI_BASE_URL"]

    def create(base_url=base, **request):
        return lite.completion(**{**request, "model": f"openai/{MODEL}"}, api_base=base_url, num_retries=0)

    class Client:
        def __init__(self, base_url=base, **_):
            completions = lambda **request: create(base_url, **request)
            self.chat = SimpleNamespace(completions=SimpleNamespace(create=completions))

    calls(Client)
    # Its callbacks run on a thread of their own.
    time.sleep(3)


def langchain():
    """LangChain, with the instrumentation of OpenInference or of OpenLLMetry."""
    if KIND == "langchain_openinference":
        from openinference.instrumentation.langchain import LangChainInstrumentor
    else:
        from opentelemetry.instrumentation.langchain import LangchainInstrumentor as LangChainInstrumentor
    LangChainInstrumentor().instrument(tracer_provider=tracers)
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model=MODEL, max_retries=0)
    model.invoke("What is 2+2?")
    for _ in model.stream("hello world", stream_usage=True):
        pass
    messages = [HumanMessage("What is the weather in Husum?")]
    asked = model.bind_tools([WEATHER]).invoke(messages)
    messages.append(asked)
    for call in asked.tool_calls:
        messages.append(ToolMessage("12 degrees, cloudy", tool_call_id=call["id"]))
    model.bind_tools([WEATHER]).invoke(messages)
    try:
        ChatOpenAI(model=MODEL, max_retries=0, base_url=NOWHERE).invoke("Is anyone there?")
    except Exception as error:
        print(type(error).__name__)


def strands():
    """Strands' agents stream every call."""
    from strands import Agent, tool
    from strands.models.openai import OpenAIModel

    def model(base):
        return OpenAIModel(client_args={"base_url": base, "max_retries": 0}, model_id=MODEL)

    @tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return "12 degrees, cloudy"

    good = model(os.environ["OPENAI_BASE_URL"])
    Agent(model=good, callback_handler=None)("What is 2+2?")
    Agent(model=good, callback_handler=None)("hello world")
    Agent(model=good, tools=[get_weather], callback_handler=None)("What is the weather in Husum?")
    try:
        Agent(model=model(NOWHERE), callback_handler=None)("Is anyone there?")
    except Exception as error:
        print(type(error).__name__)


def semantic_kernel():
    """Semantic Kernel has a kernel make the tool loop; the messages of a call are log records of Python's logging."""
    # It reads both when it is imported.
    os.environ["SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS"] = "true"
    os.environ["SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS_SENSITIVE"] = "true"
    import asyncio
    import logging

    from openai import AsyncOpenAI
    from opentelemetry.sdk._logs import LoggingHandler
    from semantic_kernel import Kernel
    from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
    from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion, OpenAIChatPromptExecutionSettings
    from semantic_kernel.contents import ChatHistory
    from semantic_kernel.functions import kernel_function

    messages = logging.getLogger("semantic_kernel.utils.telemetry.model_diagnostics.decorators")
    messages.setLevel(logging.INFO)
    messages.addHandler(LoggingHandler(logger_provider=loggers))

    def model(base):
        return OpenAIChatCompletion(ai_model_id=MODEL, async_client=AsyncOpenAI(base_url=base, max_retries=0))

    def asked(question):
        history = ChatHistory()
        history.add_user_message(question)
        return history

    class Weather:
        @kernel_function(name="get_weather", description="The weather in a city")
        def get_weather(self, city: str) -> str:
            return "12 degrees, cloudy"

    async def all_calls():
        good = model(os.environ["OPENAI_BASE_URL"])
        settings = OpenAIChatPromptExecutionSettings()
        await good.get_chat_message_content(asked("What is 2+2?"), settings)
        async for _ in good.get_streaming_chat_message_content(asked("hello world"), settings):
            pass
        kernel = Kernel()
        kernel.add_plugin(Weather(), plugin_name="weather")
        tools = OpenAIChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())
        await good.get_chat_message_content(asked("What is the weather in Husum?"), tools, kernel=kernel)
        try:
            await model(NOWHERE).get_chat_message_content(asked("Is anyone there?"), settings)
        except Exception as error:
            print(type(error).__name__)

    asyncio.run(all_calls())


def google_adk():
    """Google's Agent Development Kit, through LiteLLM; the agent makes its own tool loop."""
    import asyncio

    from google.adk.agents import LlmAgent
    from google.adk.agents.run_config import RunConfig, StreamingMode
    from google.adk.models.lite_llm import LiteLlm
    from google.adk.runners import InMemoryRunner
    from google.genai import types

    def get_weather(city: str) -> str:
        """The weather in a city."""
        return "12 degrees, cloudy"

    async def ask(question, base=os.environ["OPENAI_BASE_URL"], mode=StreamingMode.NONE, tools=()):
        model = LiteLlm(f"openai/{MODEL}", api_base=base, num_retries=0)
        runner = InMemoryRunner(LlmAgent(name="helper", model=model, tools=list(tools)), app_name="calls")
        session = await runner.session_service.create_session(app_name="calls", user_id="someone")
        async for _ in runner.run_async(
            user_id="someone",
            session_id=session.id,
            new_message=types.UserContent(question),
            run_config=RunConfig(streaming_mode=mode),
        ):
            pass

    async def all_calls():
        await ask("What is 2+2?")
        await ask("hello world", mode=StreamingMode.SSE)
        await ask("What is the weather in Husum?", tools=[get_weather])
        try:
            await ask("Is anyone there?", base=NOWHERE)
        except Exception as error:
            print(type(error).__name__)

    asyncio.run(all_calls())


tracers, loggers = providers()
OWN = {
    "pydantic_ai": agent,
    "litellm": litellm,
    "langchain_openinference": langchain,
    "langchain_openllmetry": langchain,
    "strands": strands,
    "semantic_kernel": semantic_kernel,
    "google_adk": google_adk,
}
if KIND in OWN:
    OWN[KIND]()
else:
    calls(client())
trace.get_tracer_provider().force_flush()
if KIND == "logfire":
    import logfire

    logfire.force_flush()
tracers.force_flush()
loggers.force_flush()
