//! Instrumentations of other projects for OpenAI's clients, from PyPI and npm.

mod versions;

use std::path::{Path, PathBuf};
use std::process::Command;

pub use versions::{EARLIER, NEWEST};

use super::Result;
use super::cache::{Installed, npm, part, run};
use super::python::{environment, python};

/// An instrumentation in one version.
#[derive(Clone, Copy, Debug)]
pub struct Instrumentation {
    /// The name that the script and the service go by.
    pub name: &'static str,
    /// The version of the first package.
    pub version: &'static str,
    language: Language,
    /// The module that the script imports.
    module: &'static str,
    packages: &'static [&'static str],
    /// The packages that the script needs as well.
    base: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Python,
    /// Python, with the packages' own choice of dependencies.
    PythonUnpinned,
    Node,
}

/// The names of the newest with their versions.
#[must_use]
pub fn versions() -> String {
    let each = NEWEST.map(|it| format!("{} {}", it.name, it.version));
    each.join(", ")
}

/// Installs all of them. The folder is that of the last.
///
/// # Errors
/// When pip fails.
pub fn install() -> Result<Installed> {
    let mut took = None;
    let mut folder = PathBuf::new();
    for instrumentation in NEWEST {
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
/// When Python or Node fails, with the end of its output.
pub fn answer() -> Result<()> {
    for instrumentation in NEWEST {
        let installed = instrumentation.install()?;
        let module = instrumentation.module;
        let mut program = match instrumentation.language {
            Language::Node => {
                let mut node = Command::new("node");
                let script = format!("require('{module}')");
                node.env("NODE_PATH", installed.path("node_modules"))
                    .args(["-e", &script]);
                node
            }
            Language::Python | Language::PythonUnpinned => {
                let mut python = Command::new(installed.path("bin/python"));
                python.args(["-c", &format!("import {module}")]);
                python
            }
        };
        run(&mut program)?;
    }
    Ok(())
}

impl Instrumentation {
    /// Installs it in a folder of its own.
    ///
    /// # Errors
    /// When pip or npm fails.
    pub fn install(self) -> Result<Installed> {
        let packages = [self.packages, self.base].concat();
        match self.language {
            Language::Python => environment(self.name, self.version, &packages, true),
            Language::PythonUnpinned => environment(self.name, self.version, &packages, false),
            Language::Node => {
                let install = |folder: &Path| npm(folder, &packages);
                part(self.name, self.version, &packages.join(" "), install)
            }
        }
    }

    /// Makes five calls to the model server, and sends the spans to `server`.
    ///
    /// # Errors
    /// When the script fails, with the end of its output.
    pub fn call(self, model: &str, server: &str) -> Result<()> {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("parts/instrumentations");
        // The word that switches content on has changed with the convention.
        let content = match self.name {
            "litellm" => "SPAN_ONLY",
            "google_adk" => "SPAN_AND_EVENT",
            _ => "true",
        };
        let installed = self.install()?;
        let mut command = match self.language {
            Language::Node => {
                let mut node = Command::new("node");
                node.arg(scripts.join("calls.mjs"))
                    .env("NODE_PATH", installed.path("node_modules"));
                node
            }
            Language::Python | Language::PythonUnpinned => {
                let mut python = python(&installed, &scripts.join("calls.py"));
                python.arg(self.name);
                python
            }
        };
        command
            .arg(server)
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
