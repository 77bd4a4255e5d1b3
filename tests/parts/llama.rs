//! llama.cpp's own server, from PyPI's `xllamacpp`, with a model of random weights: its text is meaningless, but its
//! token counts, caches, streams and refusals are real.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::cache::{Installed, part, run};
use super::python::{environment, python};
use super::{Result, Running, free_port};

/// The version of `xllamacpp`.
pub const VERSION: &str = "2026.10.11549";

/// The version of `gguf`, which writes the model.
const GGUF: &str = "0.19.0";

/// The maximum number of tokens in a conversation: the model's 4,096, shared by four slots.
pub const CONTEXT: u64 = 1_024;

/// Installs the server and the model.
///
/// # Errors
/// When pip fails, or the model cannot be written.
pub fn install() -> Result<Installed> {
    let packages = [format!("xllamacpp=={VERSION}"), format!("gguf=={GGUF}")];
    let server = environment(
        "llama",
        VERSION,
        &packages.each_ref().map(String::as_str),
        true,
    )?;
    let recipe = include_str!("llama/model.py");
    let model = part("llama-model", GGUF, recipe, |folder| {
        run(python(&server, &script("model.py")).arg(folder.join("tiny.gguf")))
    })?;
    let took = server.took.or(model.took);
    Ok(Installed { took, ..server })
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("parts/llama")
        .join(name)
}

/// A running llama.cpp server.
#[derive(Debug)]
pub struct Llama {
    _process: Running,
    port: u16,
}

impl Llama {
    /// Starts the server with the tiny model.
    ///
    /// # Errors
    /// When the server is not installed or does not start.
    pub async fn start() -> Result<Self> {
        let port = free_port()?;
        let server = install()?;
        let models = server.path(&format!("../llama-model-{GGUF}"));
        let mut command = python(&server, &script("serve.py"));
        command.arg(models.join("tiny.gguf")).arg(port.to_string());
        let mut process = Running::start("llama.cpp's server", &mut command)?;
        process
            .answers(&format!("http://127.0.0.1:{port}/health"))
            .await?;
        Ok(Self {
            _process: process,
            port,
        })
    }

    /// Returns the API base for a client.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Returns the number of tokens it counts in a conversation, by its own chat template and tokenizer.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn count(&self, messages: &Value) -> Result<usize> {
        let prompt = self
            .post("apply-template", &json!({"messages": messages}))
            .await?;
        let text = json!({"content": prompt["prompt"], "add_special": true});
        let tokens = self.post("tokenize", &text).await?;
        Ok(tokens["tokens"].as_array().ok_or("no tokens")?.len())
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let url = format!("http://127.0.0.1:{}/{path}", self.port);
        let answer = reqwest::Client::new().post(url).json(body).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }
}
