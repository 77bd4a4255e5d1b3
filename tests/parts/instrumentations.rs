//! Instrumentations of other projects for OpenAI's Python client, from PyPI, newest versions.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Result;
use super::cache::{Installed, run};
use super::python::{environment, python};

/// The client, the exporter of spans and log records, and newer certificates than the constraints name, for which several
/// of them ask.
const BASE: &[&str] = &[
    "openai==3.57.0",
    "opentelemetry-exporter-otlp-proto-http==1.45.2",
    "certifi==2026.10.19.post1",
];
/// The same for Strands, which needs older versions.
const OLDER: &[&str] = &[
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

/// An instrumentation.
#[derive(Clone, Copy, Debug)]
pub struct Instrumentation {
    /// The name that the script and the service go by.
    pub name: &'static str,
    /// The version of the first package.
    pub version: &'static str,
    /// The module that the script imports.
    module: &'static str,
    packages: &'static [&'static str],
}

/// All that are installed here.
pub const ALL: [Instrumentation; 10] = [
    Instrumentation {
        name: "openinference",
        version: "0.1.66",
        module: "openinference.instrumentation.openai",
        packages: &["openinference-instrumentation-openai==0.1.66"],
    },
    Instrumentation {
        name: "openllmetry",
        version: "0.62.4",
        module: "opentelemetry.instrumentation.openai",
        packages: &["opentelemetry-instrumentation-openai==0.62.4"],
    },
    Instrumentation {
        name: "openai_v2",
        // 2.4b0 imports a module that the newest opentelemetry-util-genai, 1.3b0, does not have.
        version: "2.3b0",
        module: "opentelemetry.instrumentation.openai_v2",
        // It imports httpx without naming it, and calls wrapt 1.
        packages: &[
            "opentelemetry-instrumentation-openai-v2==2.3b0",
            "opentelemetry-util-genai==1.3b0",
            "httpx==0.28.1",
            "wrapt==1.17.3",
        ],
    },
    Instrumentation {
        name: "langfuse",
        version: "5.0.4",
        module: "langfuse.openai",
        packages: &["langfuse==5.0.4"],
    },
    Instrumentation {
        name: "logfire",
        version: "5.4.0",
        module: "logfire",
        packages: &["logfire==5.4.0"],
    },
    Instrumentation {
        name: "pydantic_ai",
        version: "2.68.0",
        module: "pydantic_ai",
        packages: &["pydantic-ai-slim[openai]==2.68.0"],
    },
    Instrumentation {
        name: "litellm",
        version: "1.109.1",
        module: "litellm",
        packages: &["litellm==1.109.1"],
    },
    Instrumentation {
        name: "langchain_openinference",
        version: "0.1.80",
        module: "openinference.instrumentation.langchain",
        packages: &[
            "openinference-instrumentation-langchain==0.1.80",
            "langchain-openai==1.7.4",
        ],
    },
    Instrumentation {
        name: "langchain_openllmetry",
        version: "0.62.4",
        module: "opentelemetry.instrumentation.langchain",
        packages: &[
            "opentelemetry-instrumentation-langchain==0.62.4",
            "langchain-openai==1.7.4",
        ],
    },
    Instrumentation {
        name: "strands",
        version: "1.62.0",
        module: "strands",
        packages: &["strands-agents[openai]==1.62.0"],
    },
];

/// The names of all with their versions.
#[must_use]
pub fn versions() -> String {
    let each = ALL.map(|it| format!("{} {}", it.name, it.version));
    each.join(", ")
}

/// Installs all of them. The folder is that of the last.
///
/// # Errors
/// When pip fails.
pub fn install() -> Result<Installed> {
    let mut took = None;
    let mut folder = PathBuf::new();
    for instrumentation in ALL {
        let installed = instrumentation.install()?;
        took = installed
            .took
            .map_or(took, |time| Some(took.unwrap_or_default() + time));
        folder = installed.folder;
    }
    Ok(Installed { folder, took })
}

/// Fails unless each can be imported.
///
/// # Errors
/// When Python fails, with the end of its output.
pub fn answer() -> Result<()> {
    for instrumentation in ALL {
        let is = format!("import {}", instrumentation.module);
        let mut python = Command::new(instrumentation.install()?.path("bin/python"));
        run(python.args(["-c", &is]))?;
    }
    Ok(())
}

impl Instrumentation {
    /// Installs it in an environment of its own.
    ///
    /// # Errors
    /// When pip fails.
    pub fn install(self) -> Result<Installed> {
        let base = match self.name {
            "strands" => OLDER,
            _ => BASE,
        };
        let packages = [self.packages, base].concat();
        environment(self.name, self.version, &packages)
    }

    /// Makes five calls to the model server, and sends the spans to `server`.
    ///
    /// # Errors
    /// When the script fails, with the end of its output.
    pub fn call(self, model: &str, server: &str) -> Result<()> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("parts/instrumentations/calls.py");
        // The word that switches content on has changed with the convention.
        let content = match self.name {
            "litellm" => "SPAN_ONLY",
            _ => "true",
        };
        let mut command = python(&self.install()?, &script);
        command
            .args([self.name, server])
            .env("OPENAI_BASE_URL", model)
            .env("OPENAI_API_KEY", "sk-test-0123456789abcdefghij")
            .env(
                "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
                content,
            )
            .env("TRACELOOP_TRACE_CONTENT", "true");
        run(&mut command)
    }
}
