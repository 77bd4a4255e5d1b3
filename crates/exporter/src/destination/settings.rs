//! The settings of a destination besides its address.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Certificate, Identity};
use spanloom_core::content::ContentPolicy;

use super::Destination;
use crate::content::DestinationContent;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::sampling::Sampling;

impl Destination {
    /// Sends `key` with every request (HTTP Basic, user `api`, as Weave's clients do), to this origin only.
    #[must_use]
    pub fn with_api_key(mut self, key: &str) -> Self {
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("api:{key}")));
        if let Ok(mut value) = HeaderValue::from_str(&basic) {
            value.set_sensitive(true);
            self.headers.insert(AUTHORIZATION, value);
        }
        self
    }

    /// Sends a header with every request, such as those of `OTEL_EXPORTER_OTLP_HEADERS`. Its value is never shown.
    ///
    /// # Errors
    /// When the name or value is not valid in a header; the value is not in the message.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, Error> {
        let invalid = |what: &str| {
            let shown: String = name.chars().take(100).collect();
            Error::new(
                ErrorKind::Destination,
                format!("invalid header {shown:?}: {what}"),
            )
        };
        let name: HeaderName = name.parse().map_err(|_| invalid("not a header name"))?;
        let mut value: HeaderValue = value
            .parse()
            .map_err(|_| invalid("its value cannot be sent"))?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Sends no prompts, answers, instructions or tools there, whatever other destinations get.
    #[must_use]
    pub fn without_content(mut self) -> Self {
        self.content = DestinationContent::Without;
        self
    }

    /// Applies a policy to the content sent there, after the monitor's policy.
    #[must_use]
    pub fn with_content_policy(mut self, policy: ContentPolicy) -> Self {
        self.content = DestinationContent::Filtered(Arc::new(policy));
        self
    }

    /// Sends content by a rule: of a share of the traces, and of errors, dear and slow calls. Default: all content. See
    /// [`Sampling`]; [`without_content`](Self::without_content) and policies apply to what it selects.
    #[must_use]
    pub fn with_sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = Some(sampling);
        self
    }

    /// Replaces the default [`Limits`].
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the timeout of one request, in place of [`Limits::request_timeout`].
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets whether bodies are compressed (gzip, level 1). Default: to other machines, except over W&B's native API,
    /// which is not known to accept it.
    #[must_use]
    pub fn with_compression(mut self, yes: bool) -> Self {
        self.compression = Some(yes);
        self
    }

    /// Trusts the certificates of a PEM text as well as the system's.
    ///
    /// # Errors
    /// When the text contains no certificate.
    pub fn with_root_certificates(mut self, pem: &[u8]) -> Result<Self, Error> {
        let invalid = || {
            let message = "invalid certificate: expected PEM".to_owned();
            Error::new(ErrorKind::Destination, message)
        };
        let found =
            Certificate::from_pem_bundle(pem).map_err(|error| invalid().with_source(error))?;
        if found.is_empty() {
            return Err(invalid());
        }
        self.root_certificates.extend(found);
        Ok(self)
    }

    /// Presents a client certificate: a PEM text with the certificate and its key.
    ///
    /// # Errors
    /// When the certificate or the key is missing.
    pub fn with_identity(mut self, pem: &[u8]) -> Result<Self, Error> {
        let identity = Identity::from_pem(pem).map_err(|error| {
            let message = "invalid client certificate: expected a certificate and its key as PEM";
            Error::new(ErrorKind::Destination, message.to_owned()).with_source(error)
        })?;
        self.identity = Some(identity);
        Ok(self)
    }

    /// Starts a new file when a line would make the current one larger than `bytes`, and keeps `files` old ones.
    /// Default 64 MiB, 4. Has no effect on servers.
    #[must_use]
    pub fn with_rotation(mut self, bytes: u64, files: u32) -> Self {
        self.rotation = (bytes, files);
        self
    }

    /// Puts an agent's turn around each model call that belongs to a conversation and has no parent: Agent Lens shows
    /// only traces whose root is an agent. Default off. The turn is a span `invoke_agent`, named after the call's agent or
    /// its stream; it has neither tokens nor messages, which stay with the call. Receipts count both as one. Has an
    /// effect on [`Destination::wandb_agents`] only. Source: Agent Lens, reference, semantic conventions.
    #[must_use]
    pub fn with_turns(mut self) -> Self {
        self.turns = true;
        self
    }

    /// Sends a start record of each span that takes longer than half a second, so that the board shows what is running.
    /// Start records are best effort: they are not sent again, not kept on disk, and not in the receipt; the record of the
    /// ended call replaces them. A call whose process is killed stays on the board as running. Default off. Has an effect on
    /// [`Destination::spanloom`] only, and with [`Exporter::processor`](crate::Exporter::processor): W&B's own server may count a
    /// call twice that it got first as a start, and OTLP has no spans that have not ended.
    #[must_use]
    pub fn with_calls_in_progress(mut self) -> Self {
        self.starts = true;
        self
    }
}
