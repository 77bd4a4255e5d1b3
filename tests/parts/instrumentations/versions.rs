//! The instrumentations and their versions.

use super::{Instrumentation, Language};
use Language::{Node, Python, PythonUnpinned};

/// The client, the exporter of spans and log records, and newer certificates than the constraints name, for which several
/// of them ask.
const BASE: &[&str] = &[
    "openai==3.57.0",
    "opentelemetry-exporter-otlp-proto-http==1.45.2",
    "certifi==2026.10.19.post1",
];
/// The same for Strands, which needs older versions.
const STRANDS: &[&str] = &[
    "openai==2.54.0",
    "opentelemetry-api==1.45.1",
    "opentelemetry-sdk==1.45.1",
    "opentelemetry-instrumentation==0.66b1",
    "opentelemetry-proto==1.45.1",
    "opentelemetry-semantic-conventions==0.66b1",
    "opentelemetry-exporter-http-transport==0.66b1",
    "opentelemetry-exporter-otlp-common==0.66b1",
    "opentelemetry-exporter-otlp-proto-common==1.45.1",
    "opentelemetry-exporter-otlp-proto-http==1.45.1",
    "certifi==2026.10.19.post1",
];
/// The same for Semantic Kernel, which needs an older pydantic.
const SEMANTIC_KERNEL: &[&str] = &[
    "openai==3.57.0",
    "opentelemetry-exporter-otlp-proto-http==1.45.2",
    "certifi==2026.10.19.post1",
    "pydantic==2.13.5",
    "pydantic_core==2.46.5",
    "mcp==1.30.0",
    "referencing==0.36.2",
    "websockets==16.1.1",
];
/// The same for Google's ADK, which needs older versions, and for its LiteLLM, which calls mcp without naming it.
const GOOGLE_ADK: &[&str] = &[
    "litellm==1.106.2",
    "openai==2.54.0",
    "opentelemetry-api==1.44.0",
    "opentelemetry-sdk==1.44.0",
    "opentelemetry-proto==1.44.0",
    "opentelemetry-semantic-conventions==0.65b0",
    "opentelemetry-exporter-otlp-proto-common==1.44.0",
    "opentelemetry-exporter-otlp-proto-http==1.44.0",
    "certifi==2026.10.19.post1",
    "tenacity==9.1.4",
    "websockets==15.0.1",
    "filelock==3.32.7",
    "mcp==2.1.1",
];
/// OpenTelemetry for Node; a newer one does not fit the AI SDK's package.
const NODE: &[&str] = &[
    "zod@4.6.7",
    "@opentelemetry/api@1.9.1",
    "@opentelemetry/exporter-trace-otlp-http@0.223.1",
    "@opentelemetry/resources@2.12.1",
    "@opentelemetry/sdk-trace-node@2.12.1",
];
/// What the script needs, in whatever version fits; instrumentations of before 2026 call wrapt 1.
const ANY: &[&str] = &[
    "openai",
    "opentelemetry-exporter-otlp-proto-http",
    "wrapt<2",
];
/// The same for those that need OpenTelemetry's events of before version 1.38, and the client before version 3.
const OLD: &[&str] = &[
    "openai<3",
    "opentelemetry-api==1.36.0",
    "opentelemetry-sdk==1.36.0",
    "opentelemetry-exporter-otlp-proto-http==1.36.0",
    "httpx",
    "wrapt<2",
];

const fn python(
    name: &'static str,
    version: &'static str,
    module: &'static str,
    packages: &'static [&'static str],
    base: &'static [&'static str],
) -> Instrumentation {
    Instrumentation {
        name,
        version,
        language: Python,
        module,
        packages,
        base,
    }
}

/// Returns an earlier version. Its script imports what that of the newest imports.
const fn earlier(
    name: &'static str,
    version: &'static str,
    packages: &'static [&'static str],
    base: &'static [&'static str],
) -> Instrumentation {
    Instrumentation {
        name,
        version,
        language: PythonUnpinned,
        module: "opentelemetry",
        packages,
        base,
    }
}

const fn ai_sdk(version: &'static str, packages: &'static [&'static str]) -> Instrumentation {
    Instrumentation {
        name: "ai_sdk",
        version,
        language: Node,
        module: "ai",
        packages,
        base: NODE,
    }
}

/// The newest version of each that can be installed here.
pub const NEWEST: [Instrumentation; 13] = [
    python(
        "openinference",
        "0.1.66",
        "openinference.instrumentation.openai",
        &["openinference-instrumentation-openai==0.1.66"],
        BASE,
    ),
    python(
        "openllmetry",
        "0.62.4",
        "opentelemetry.instrumentation.openai",
        &["opentelemetry-instrumentation-openai==0.62.4"],
        BASE,
    ),
    // 2.4b0 imports a module that the newest opentelemetry-util-genai, 1.3b0, does not have. It imports httpx without
    // naming it, and calls wrapt 1.
    python(
        "openai_v2",
        "2.3b0",
        "opentelemetry.instrumentation.openai_v2",
        &[
            "opentelemetry-instrumentation-openai-v2==2.3b0",
            "opentelemetry-util-genai==1.3b0",
            "httpx==0.28.1",
            "wrapt==1.17.3",
        ],
        BASE,
    ),
    python(
        "langfuse",
        "5.0.4",
        "langfuse.openai",
        &["langfuse==5.0.4"],
        BASE,
    ),
    python("logfire", "5.4.0", "logfire", &["logfire==5.4.0"], BASE),
    python(
        "pydantic_ai",
        "2.68.0",
        "pydantic_ai",
        &["pydantic-ai-slim[openai]==2.68.0"],
        BASE,
    ),
    python("litellm", "1.109.1", "litellm", &["litellm==1.109.1"], BASE),
    python(
        "langchain_openinference",
        "0.1.80",
        "openinference.instrumentation.langchain",
        &[
            "openinference-instrumentation-langchain==0.1.80",
            "langchain-openai==1.7.4",
        ],
        BASE,
    ),
    python(
        "langchain_openllmetry",
        "0.62.4",
        "opentelemetry.instrumentation.langchain",
        &[
            "opentelemetry-instrumentation-langchain==0.62.4",
            "langchain-openai==1.7.4",
        ],
        BASE,
    ),
    python(
        "strands",
        "1.62.0",
        "strands",
        &["strands-agents[openai]==1.62.0"],
        STRANDS,
    ),
    python(
        "semantic_kernel",
        "1.45.0",
        "semantic_kernel",
        &["semantic-kernel==1.45.0"],
        SEMANTIC_KERNEL,
    ),
    python(
        "google_adk",
        "2.13.0",
        "google.adk",
        &["google-adk==2.13.0"],
        GOOGLE_ADK,
    ),
    ai_sdk(
        "7.0.173",
        &[
            "ai@7.0.173",
            "@ai-sdk/openai@4.0.118",
            "@ai-sdk/otel@1.0.173",
        ],
    ),
];

/// Earlier versions, up to two majors back, or where a major is years of 0.x some tens of minors.
pub const EARLIER: &[Instrumentation] = &[
    earlier(
        "openinference",
        "0.1.40",
        &["openinference-instrumentation-openai==0.1.40"],
        ANY,
    ),
    earlier(
        "openinference",
        "0.1.22",
        &["openinference-instrumentation-openai==0.1.22"],
        ANY,
    ),
    earlier(
        "openllmetry",
        "0.53.4",
        &["opentelemetry-instrumentation-openai==0.53.4"],
        ANY,
    ),
    earlier(
        "openllmetry",
        "0.40.14",
        &["opentelemetry-instrumentation-openai==0.40.14"],
        OLD,
    ),
    earlier(
        "openai_v2",
        "2.1b0",
        &["opentelemetry-instrumentation-openai-v2==2.1b0", "httpx"],
        OLD,
    ),
    earlier(
        "openai_v2",
        "2.0b0",
        &["opentelemetry-instrumentation-openai-v2==2.0b0", "httpx"],
        OLD,
    ),
    earlier("langfuse", "4.18.0", &["langfuse==4.18.0"], ANY),
    earlier("langfuse", "3.12.0", &["langfuse==3.12.0"], ANY),
    earlier("logfire", "4.41.0", &["logfire==4.41.0"], ANY),
    earlier("logfire", "3.25.0", &["logfire==3.25.0"], ANY),
    earlier(
        "pydantic_ai",
        "1.30.0",
        &["pydantic-ai-slim[openai]==1.30.0"],
        OLD,
    ),
    earlier(
        "pydantic_ai",
        "0.8.1",
        &["pydantic-ai-slim[openai]==0.8.1"],
        OLD,
    ),
    earlier("litellm", "1.98.0", &["litellm==1.98.0"], ANY),
    earlier("litellm", "1.80.0", &["litellm==1.80.0"], OLD),
    earlier(
        "langchain_openinference",
        "0.1.50",
        &[
            "openinference-instrumentation-langchain==0.1.50",
            "langchain-openai<1",
        ],
        ANY,
    ),
    earlier(
        "langchain_openllmetry",
        "0.47.0",
        &[
            "opentelemetry-instrumentation-langchain==0.47.0",
            "langchain-openai<1",
        ],
        OLD,
    ),
    earlier(
        "strands",
        "1.30.0",
        &["strands-agents[openai]==1.30.0"],
        ANY,
    ),
    earlier("strands", "1.0.0", &["strands-agents[openai]==1.0.0"], OLD),
    earlier(
        "semantic_kernel",
        "1.37.0",
        &["semantic-kernel==1.37.0"],
        OLD,
    ),
    earlier(
        "google_adk",
        "1.39.1",
        &["google-adk==1.39.1", "litellm", "mcp"],
        ANY,
    ),
    ai_sdk("6.0.325", &["ai@6.0.325", "@ai-sdk/openai@3.0.141"]),
    ai_sdk("5.0.277", &["ai@5.0.277", "@ai-sdk/openai@2.0.130"]),
];
