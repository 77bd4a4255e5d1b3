//! Where records are sent.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Url;
use spanloom_core::StreamName;

use crate::error::{Error, ErrorKind};

/// The base address of a Weave API, and the key for it. Its `Debug` and `Display` never show the key.
#[derive(Clone)]
pub struct Destination {
    base: Url,
    authorization: Option<String>,
}

impl Destination {
    /// W&B's hosted service.
    pub const WANDB: &str = "https://trace.wandb.ai";

    /// Takes an `http` or `https` address, such as `http://127.0.0.1:7440` or `https://trace.wandb.ai`.
    ///
    /// # Errors
    /// When it is no such address, or carries user information, which would end up in logs.
    pub fn new(base: &str) -> Result<Self, Error> {
        let invalid = |why: &str| {
            // The text may hold a key in its user information or query: show what stands before those only.
            let shown: String = base
                .chars()
                .take_while(|c| !matches!(c, '?' | '#'))
                .take(100)
                .collect();
            let shown = if shown.contains('@') {
                "with user information"
            } else {
                &shown
            };
            Error::new(
                ErrorKind::Destination,
                format!("invalid endpoint {shown:?}: {why}"),
            )
        };
        let url: Url = base
            .trim()
            .parse()
            .map_err(|_| invalid("expected an address such as http://127.0.0.1:7440"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(invalid("expected http:// or https:// and a host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("give the key by WANDB_API_KEY, not in the address"));
        }
        Ok(Self {
            base: url,
            authorization: None,
        })
    }

    /// Sends `key` with every request (HTTP Basic, user `api`, as Weave's clients do).
    #[must_use]
    pub fn with_api_key(mut self, key: &str) -> Self {
        self.authorization = Some(format!(
            "Basic {}",
            BASE64_STANDARD.encode(format!("api:{key}"))
        ));
        self
    }

    /// Host, and port where it is not the scheme's own.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    pub(crate) fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// Address of the endpoint that takes complete calls of a project.
    pub(crate) fn complete_calls(&self, stream: &StreamName) -> Url {
        let mut url = self.base.clone();
        url.set_query(None);
        url.set_fragment(None);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend([
                "v2",
                &stream.entity,
                &stream.project,
                "calls",
                "complete",
            ]);
        }
        url
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.base.scheme(), self.host())
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.authorization.as_ref().map(|_| "[redacted]");
        f.debug_struct("Destination")
            .field("base", &self.to_string())
            .field("api_key", &key)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_keeps_a_prefix_and_encodes_names() {
        let stream = StreamName::parse("my team/p/s", None).unwrap();
        let url = Destination::new("http://127.0.0.1:7440/traces/")
            .unwrap()
            .complete_calls(&stream);
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:7440/traces/v2/my%20team/p/calls/complete"
        );
    }

    #[test]
    fn wrong_addresses_are_named() {
        for base in ["", "htp://x", "127.0.0.1:7440", "file:///x"] {
            let error = Destination::new(base).unwrap_err();
            assert!(error.to_string().starts_with("invalid endpoint"), "{error}");
        }
        let error = Destination::new("https://user:secret@example.com")
            .unwrap_err()
            .to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn the_key_is_never_shown() {
        let destination = Destination::new("https://trace.wandb.ai")
            .unwrap()
            .with_api_key("secret");
        let shown = format!("{destination:?} {destination}");
        assert!(
            !shown.contains("secret") && !shown.contains(&BASE64_STANDARD.encode("api:secret")),
            "{shown}"
        );
    }
}
