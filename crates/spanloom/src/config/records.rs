//! Where records go, and where people look at them.

use reqwest::Url;
use spanloom_exporter::{Destination, Error};

use super::Secret;

/// Address of the spanloom server on this machine.
pub(crate) const LOCAL_SERVER: &str = "http://127.0.0.1:7440";

/// W&B's application, where the pages of its hosted service are.
const WANDB_PAGES: &str = "https://wandb.ai";

/// Where records go, and where people look at them.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) destination: Destination,
    pub(crate) board: Board,
}

/// Whose pages show the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Board {
    /// A spanloom server at this address.
    Spanloom(String),
    /// W&B's application at this address.
    Weave(String),
}

/// What is known of W&B.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wandb {
    /// `WANDB_API_KEY`
    pub(crate) key: Option<Secret>,
    /// `WF_TRACE_SERVER_URL`
    pub(crate) trace_server: Option<String>,
    /// `WANDB_BASE_URL`
    pub(crate) base: Option<String>,
}

impl Wandb {
    /// Where it says that records go; `None` when it says nothing.
    ///
    /// As in W&B's own clients: the trace server if one is named, else `<base>/traces` of a private installation, else
    /// W&B's hosted service. A trace server that is neither W&B's nor beside a private base is a spanloom server.
    pub(crate) fn records(&self) -> Result<Option<Records>, Error> {
        if self.trace_server.is_none() && self.key.is_none() {
            return Ok(None);
        }
        let private = self.base.as_deref().filter(|base| !is_hosted(base));
        let private = private.map(|base| base.trim_end_matches('/'));
        let (address, board) = match (&self.trace_server, private) {
            (Some(server), Some(base)) => (server.clone(), Board::Weave(base.to_owned())),
            (Some(server), None) if is_hosted(server) => {
                (server.clone(), Board::Weave(WANDB_PAGES.to_owned()))
            }
            (Some(server), None) => {
                let board = server.trim_end_matches('/').to_owned();
                (server.clone(), Board::Spanloom(board))
            }
            (None, Some(base)) => (format!("{base}/traces"), Board::Weave(base.to_owned())),
            (None, None) => (
                Destination::WANDB.to_owned(),
                Board::Weave(WANDB_PAGES.to_owned()),
            ),
        };
        let mut destination = match board {
            Board::Weave(_) => Destination::wandb(&address)?,
            Board::Spanloom(_) => Destination::spanloom(&address)?,
        };
        if let Some(key) = &self.key {
            destination = destination.with_api_key(key.expose());
        }
        Ok(Some(Records { destination, board }))
    }
}

impl Records {
    /// A spanloom server.
    pub(crate) fn server(address: &str) -> Result<Self, Error> {
        let destination = Destination::spanloom(address)?;
        Ok(Self {
            destination,
            board: Board::Spanloom(address.trim_end_matches('/').to_owned()),
        })
    }
}

/// Whether an address is one of W&B's hosted service: its host, and nothing that only looks like it, is `wandb.ai` or
/// below it.
fn is_hosted(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    host == "wandb.ai" || host.ends_with(".wandb.ai")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What key, trace server and base come to: the address of the API, and the board.
    fn found(
        key: Option<&str>,
        trace_server: Option<&str>,
        base: Option<&str>,
    ) -> Option<(String, Board)> {
        let wandb = Wandb {
            key: key.map(Secret::new),
            trace_server: trace_server.map(str::to_owned),
            base: base.map(str::to_owned),
        };
        let records = wandb.records().unwrap()?;
        Some((records.destination.address(), records.board))
    }

    fn weave(api: &str, base: &str) -> Option<(String, Board)> {
        Some((api.to_owned(), Board::Weave(base.to_owned())))
    }

    #[test]
    fn a_key_alone_means_the_hosted_service() {
        let hosted = weave("https://trace.wandb.ai/", "https://wandb.ai");
        assert_eq!(found(Some("k"), None, None), hosted);
        for base in [
            "https://api.wandb.ai",
            "https://API.wandb.ai./",
            "https://wandb.ai",
        ] {
            assert_eq!(found(Some("k"), None, Some(base)), hosted, "{base}");
        }
    }

    #[test]
    fn a_private_installation_has_its_api_under_traces() {
        for base in ["https://wandb.example.com", "https://wandb.example.com/"] {
            assert_eq!(
                found(Some("k"), None, Some(base)),
                weave(
                    "https://wandb.example.com/traces",
                    "https://wandb.example.com"
                ),
                "{base}"
            );
        }
        assert_eq!(
            found(Some("k"), None, Some("https://example.com/wandb/")),
            weave(
                "https://example.com/wandb/traces",
                "https://example.com/wandb"
            )
        );
        assert_eq!(
            found(
                None,
                Some("https://t.example.com/x"),
                Some("https://wandb.example.com")
            ),
            weave("https://t.example.com/x", "https://wandb.example.com")
        );
    }

    #[test]
    fn what_only_looks_like_wandb_is_not_wandb() {
        for base in [
            "https://api.wandb.ai.example.com",
            "https://example.com/api.wandb.ai",
            "https://example.com/?to=api.wandb.ai",
            "https://notwandb.ai",
        ] {
            assert!(!is_hosted(base), "{base}");
            let Some((api, _)) = found(Some("k"), None, Some(base)) else {
                panic!("{base}");
            };
            assert!(!api.starts_with("https://trace.wandb.ai"), "{base}: {api}");
        }
        let server = "http://wandb.ai.example.com:7440";
        assert_eq!(
            found(None, Some(server), None),
            Some((format!("{server}/"), Board::Spanloom(server.to_owned())))
        );
    }
}
