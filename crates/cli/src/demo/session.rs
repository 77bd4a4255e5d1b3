//! The monitored client of a demo, and what it prints while it works.

use std::fmt;
use std::io::IsTerminal as _;
use std::time::{Duration, SystemTime};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use indicatif::{ProgressBar, ProgressStyle};
use spanloom::{Monitor, Monitored as _};
use spanloom_core::Timestamp;
use spanloom_testkit::{Fault, FaultPlan, Latency, ModelServer};

use crate::error::Error;
use crate::output::{first_line, line};

/// The maximum number of characters of an answer's first line.
const WIDTH: usize = 78;

/// The model server.
pub(super) enum Models {
    /// The testkit's server: deterministic, with the latencies and failures of a real server.
    Local(ModelServer),
    /// A server that the user named.
    Upstream { base: String, key: String },
}

impl Models {
    pub(super) async fn start(upstream: Option<&str>) -> Result<Self, Error> {
        if let Some(base) = upstream {
            return Self::upstream(base).await;
        }
        // Every seventh first attempt is rejected once; the client's own retry succeeds.
        let plan = FaultPlan::new().with_every(
            7,
            Fault::RateLimited {
                retry_after: Some(Duration::ZERO),
            },
        );
        let server = ModelServer::builder()
            .with_latency(Latency::Realistic)
            .with_fault_plan(plan)
            .start()
            .await;
        server
            .map(Self::Local)
            .map_err(|error| Error::failed(error.to_string()))
    }

    async fn upstream(base: &str) -> Result<Self, Error> {
        let base = base.trim_end_matches('/').to_owned();
        let url: reqwest::Url = base
            .parse()
            .ok()
            .filter(|url: &reqwest::Url| url.has_host())
            .ok_or_else(|| {
                Error::usage(
                    "--upstream is not an address: expected one such as https://api.openai.com/v1",
                )
            })?;
        let key = std::env::var("OPENAI_API_KEY")
            .ok()
            .filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| Error::usage("--upstream needs a key: set OPENAI_API_KEY"))?;
        let shown = format!(
            "{}://{}",
            url.scheme(),
            url.authority().rsplit('@').next().unwrap_or_default()
        );
        let client = reqwest::Client::builder()
            .build()
            .map_err(|error| Error::no_http_client(&error))?;
        let asked = client
            .get(format!("{base}/models"))
            .bearer_auth(&key)
            .timeout(Duration::from_secs(10));
        if let Err(error) = asked.send().await {
            let why = if error.is_timeout() {
                "it does not answer"
            } else {
                "no connection"
            };
            return Err(Error::failed(format!(
                "cannot reach the model server at {shown}: {why}; check --upstream"
            )));
        }
        Ok(Self::Upstream { base, key })
    }

    /// Returns the local server, for calls that only it answers.
    pub(super) fn local(&self) -> Option<&ModelServer> {
        match self {
            Self::Local(server) => Some(server),
            Self::Upstream { .. } => None,
        }
    }

    fn config(&self) -> OpenAIConfig {
        match self {
            Self::Local(server) => OpenAIConfig::new()
                .with_api_base(server.base_url())
                .with_api_key("sk-demo"),
            Self::Upstream { base, key } => {
                OpenAIConfig::new().with_api_base(base).with_api_key(key)
            }
        }
    }
}

impl fmt::Display for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(server) => write!(
                f,
                "using a local model server at {} (its answers are made up)",
                server.base_url()
            ),
            Self::Upstream { .. } => f.write_str("using the model server of --upstream"),
        }
    }
}

/// One run of the examples.
pub(super) struct Session {
    pub(super) client: Client<OpenAIConfig>,
    pub(super) model: String,
    bar: ProgressBar,
    since: Timestamp,
}

impl Session {
    pub(super) fn new(monitor: &Monitor, models: &Models, model: &str) -> Result<Self, Error> {
        // No answer takes longer; a hanging server must not block the demo forever.
        let http = reqwest::Client::builder().timeout(Duration::from_secs(120));
        // A proxy for the internet does not reach a server on this machine.
        let http = match models {
            Models::Local(_) => http.no_proxy(),
            Models::Upstream { .. } => http,
        };
        let http = http
            .build()
            .map_err(|error| Error::failed(format!("cannot create an HTTP client: {error}")))?;
        let client = Client::with_config(models.config()).monitored_with(monitor, http);
        let bar = if std::io::stdout().is_terminal() {
            ProgressBar::new(0)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30.cyan/dim} {pos}/{len} calls  {msg}")
        {
            bar.set_style(style);
        }
        Ok(Self {
            client,
            model: model.to_owned(),
            bar,
            since: Timestamp::from(SystemTime::now()),
        })
    }

    /// Announces calls that are about to be made.
    pub(super) fn expect(&self, calls: u64) {
        self.bar.inc_length(calls);
    }

    /// Prints the result of a call: its title and the first line of the answer.
    pub(super) fn answered(&self, title: &str, answer: &str) {
        self.bar.inc(1);
        self.show(title, answer);
    }

    /// Prints the first line of a text under a title.
    pub(super) fn show(&self, title: &str, text: &str) {
        let text = first_line(text, WIDTH);
        self.bar
            .suspend(|| line(format_args!("{title:<22} {text}")));
    }

    /// Prints a heading.
    pub(super) fn heading(&self, text: &str) {
        self.bar.suspend(|| line(format_args!("\n{text}")));
    }

    /// Clears the progress bar; returns when the session began.
    pub(super) fn finish(self) -> Timestamp {
        self.bar.finish_and_clear();
        self.since
    }
}
