//! The destination of records, and the board that shows them.

use reqwest::Url;
use spanloom_exporter::{Destination, DestinationKind};

use super::netrc::Netrc;
use super::{Secret, Variable, Variables, address};
use crate::error::{Fault, Origin};

/// Address of the spanloom server on this machine.
pub(crate) const LOCAL_SERVER: &str = "http://127.0.0.1:7440";

/// W&B's application, with the pages of its hosted service.
const WANDB_PAGES: &str = "https://wandb.ai";

/// The machine name under which W&B's login stores the key of the hosted service.
const WANDB_API: &str = "api.wandb.ai";

/// The destination of records, and the board that shows them.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) destination: Destination,
    pub(crate) board: Board,
    /// Whether records go to W&B and no key is known.
    pub(crate) lacks_key: bool,
}

/// The application whose pages show the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Board {
    /// A spanloom server at this address.
    Spanloom(String),
    /// W&B's application at this address.
    Weave(String),
    /// The agents view of W&B's application at this address.
    Agents(String),
}

/// The environment's settings of W&B.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wandb {
    /// `WANDB_API_KEY`
    pub(crate) key: Option<Secret>,
    /// `WF_TRACE_SERVER_URL`
    pub(crate) trace_server: Option<Variable>,
    /// `WANDB_BASE_URL`
    pub(crate) base: Option<Variable>,
    netrc: Netrc,
}

impl Wandb {
    pub(super) fn of(variables: &Variables<'_>) -> Self {
        Self {
            key: variables.get("WANDB_API_KEY").map(|key| key.secret()),
            trace_server: variables.get("WF_TRACE_SERVER_URL"),
            base: variables.get("WANDB_BASE_URL"),
            netrc: Netrc::of(variables),
        }
    }

    /// Returns where the environment sends records; `None` if it selects neither W&B nor a trace server.
    ///
    /// A key in a netrc file alone does not send prompts to W&B: W&B has to be selected.
    ///
    /// The destination is chosen as in W&B's own clients: the trace server if one is named, else `<base>/traces` of a
    /// private installation, else W&B's hosted service. A trace server that is not W&B's is a spanloom server, unless
    /// the base is private.
    pub(crate) fn records(&self) -> Result<Option<Records>, Fault> {
        if self.key.is_none() && self.trace_server.is_none() && self.base.is_none() {
            return Ok(None);
        }
        let base = match &self.base {
            Some(base) => {
                let checked = address(base.origin(), Destination::wandb(base.text()))?;
                Some((base, shown(&checked)))
            }
            None => None,
        };
        let private = base.filter(|(base, _)| !is_hosted(base.text()));
        let mut destination = match (&self.trace_server, &private) {
            (Some(server), None) if !is_hosted(server.text()) => {
                address(server.origin(), Destination::spanloom(server.text()))?
            }
            (Some(server), _) => address(server.origin(), Destination::wandb(server.text()))?,
            (None, Some((variable, base))) => {
                let api = format!("{base}/traces");
                address(variable.origin(), Destination::wandb(&api))?
            }
            (None, None) => address(Origin::System, Destination::wandb(Destination::WANDB))?,
        };
        let board = match (&self.trace_server, private) {
            (_, Some((_, base))) => Board::Weave(base),
            (Some(server), None) if !is_hosted(server.text()) => {
                Board::Spanloom(shown(&destination))
            }
            (_, None) => Board::Weave(WANDB_PAGES.to_owned()),
        };
        let key = self.key.clone();
        let key = key.or_else(|| self.netrc.password(&self.machines(&board)));
        if let Some(key) = &key {
            destination = destination.with_api_key(key.expose());
        }
        Ok(Some(Records {
            destination,
            lacks_key: key.is_none() && matches!(board, Board::Weave(_)),
            board,
        }))
    }

    /// Returns where records go if code names the server. The environment's key is sent to W&B's hosted service, and to
    /// the servers that the environment itself names.
    pub(crate) fn named(&self, origin: Origin, base: &str) -> Result<Records, Fault> {
        let (destination, board) = match is_hosted(base) {
            true => {
                let destination = address(origin, Destination::wandb(base))?;
                (destination, Board::Weave(WANDB_PAGES.to_owned()))
            }
            false => {
                let destination = address(origin, Destination::spanloom(base))?;
                let board = Board::Spanloom(shown(&destination));
                (destination, board)
            }
        };
        let key = self.key_for(base);
        let lacks_key = key.is_none() && matches!(board, Board::Weave(_));
        Ok(Records {
            destination: match &key {
                Some(key) => destination.with_api_key(key.expose()),
                None => destination,
            },
            board,
            lacks_key,
        })
    }

    /// Returns the key for the server at an address: the environment's key for W&B's hosted service or a server that
    /// the environment names, else the server's key in a netrc file.
    pub(crate) fn key_for(&self, server: &str) -> Option<Secret> {
        let url = Url::parse(server).ok()?;
        let is_named = [&self.trace_server, &self.base]
            .into_iter()
            .flatten()
            .any(|named| Url::parse(named.text()).is_ok_and(|it| it.origin() == url.origin()));
        // An unencrypted server is not W&B.
        let is_wandb = is_hosted(server) && url.scheme() == "https";
        let key = self.key.clone().filter(|_| is_named || is_wandb);
        key.or_else(|| {
            let mut machines = of_url(&url);
            machines.extend(is_wandb.then(|| WANDB_API.to_owned()));
            self.netrc.password(&machines)
        })
    }

    /// Returns the machines whose password is the key: the host of the base URL, with and without its port, as in W&B's
    /// clients. A key belongs to one server: records for a spanloom server use that server's key.
    fn machines(&self, board: &Board) -> Vec<String> {
        let named = match board {
            Board::Weave(_) | Board::Agents(_) => &self.base,
            Board::Spanloom(_) => &self.trace_server,
        };
        let url = named.as_ref().and_then(|url| Url::parse(url.text()).ok());
        let mut machines = url.as_ref().map(of_url).unwrap_or_default();
        if *board == Board::Weave(WANDB_PAGES.to_owned()) {
            machines.push(WANDB_API.to_owned());
        }
        machines
    }
}

impl Records {
    /// Returns records that go to a spanloom server.
    pub(crate) fn server(origin: Origin, base: &str) -> Result<Self, Fault> {
        let destination = address(origin, Destination::spanloom(base))?;
        Ok(Self {
            board: Board::Spanloom(shown(&destination)),
            lacks_key: false,
            destination,
        })
    }

    /// Returns records that go to a destination that code made; `None` for one without pages.
    pub(crate) fn given(destination: &Destination) -> Option<Self> {
        let address = shown(destination);
        let pages = || match is_hosted(&address) {
            true => WANDB_PAGES.to_owned(),
            // A private installation has its API below its pages.
            false => address
                .strip_suffix("/traces")
                .unwrap_or(&address)
                .to_owned(),
        };
        let board = match destination.kind() {
            DestinationKind::Spanloom => Board::Spanloom(address),
            DestinationKind::Wandb | DestinationKind::WandbOtlp => Board::Weave(pages()),
            DestinationKind::WandbAgents => Board::Agents(pages()),
            _ => return None,
        };
        Some(Self {
            destination: destination.clone(),
            lacks_key: !destination.has_key() && !matches!(board, Board::Spanloom(_)),
            board,
        })
    }

    /// Returns whether each call has a page of its own.
    pub(crate) fn have_call_pages(&self) -> bool {
        !matches!(self.board, Board::Agents(_))
    }

    /// Returns whether records go to a spanloom server on this machine.
    pub(crate) fn are_local(&self) -> bool {
        matches!(self.board, Board::Spanloom(_)) && self.destination.is_loopback()
    }
}

/// Returns the names that a netrc file may have for a server.
fn of_url(url: &Url) -> Vec<String> {
    let Some(host) = url.host_str() else {
        return Vec::new();
    };
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    with_port.into_iter().chain([host.to_owned()]).collect()
}

/// Returns an address ready for a path, without its query, which may hold a key.
fn shown(destination: &Destination) -> String {
    destination.address().trim_end_matches('/').to_owned()
}

/// Returns whether an address belongs to W&B's hosted service: its host, and not just a similar name, is `wandb.ai` or
/// a subdomain of it.
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

    /// Returns the address of the API and the board that result from key, trace server and base.
    fn found(
        key: Option<&str>,
        trace_server: Option<&str>,
        base: Option<&str>,
    ) -> Option<(String, Board)> {
        let variables = [
            ("WANDB_API_KEY", key),
            ("WF_TRACE_SERVER_URL", trace_server),
            ("WANDB_BASE_URL", base),
        ];
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.and_then(|(_, value)| value.map(str::to_owned))
        };
        let wandb = Wandb::of(&Variables(&value));
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
    fn a_key_goes_to_the_server_it_is_for() {
        let variables = [
            ("WANDB_API_KEY", "k"),
            ("WF_TRACE_SERVER_URL", "http://weave.example.com:8080/x"),
            ("WANDB_BASE_URL", "https://wandb.example.com"),
        ];
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let wandb = Wandb::of(&Variables(&value));
        for (server, given) in [
            ("https://trace.wandb.ai", true),
            ("http://trace.wandb.ai", false),
            ("https://notwandb.ai", false),
            ("https://wandb.ai.example.com", false),
            ("http://weave.example.com:8080", true),
            ("http://weave.example.com", false),
            ("https://wandb.example.com/traces", true),
            ("http://wandb.example.com/traces", false),
            ("https://example.com", false),
            ("http://127.0.0.1:7440", false),
        ] {
            assert_eq!(wandb.key_for(server).is_some(), given, "{server}");
        }
        let hosted = wandb.named(Origin::System, "https://trace.wandb.ai");
        let hosted = hosted.unwrap();
        assert_eq!(hosted.board, Board::Weave("https://wandb.ai".to_owned()));
        assert!(!hosted.lacks_key);
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
            let (api, _) = found(Some("k"), None, Some(base)).unwrap();
            assert!(!api.starts_with("https://trace.wandb.ai"), "{base}: {api}");
        }
        let server = "http://wandb.ai.example.com:7440";
        assert_eq!(
            found(None, Some(server), None),
            Some((format!("{server}/"), Board::Spanloom(server.to_owned())))
        );
    }
}
