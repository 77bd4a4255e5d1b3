//! The one line a monitor prints when it starts.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use reqwest::Url;
use spanloom_core::StreamName;

use crate::config::{Board, Records};

/// Long enough for a connection to this machine. A start is never held up for longer.
const PROBE: Duration = Duration::from_millis(50);

/// What the line says.
pub(crate) struct Banner<'a> {
    pub(crate) stream: &'a StreamName,
    pub(crate) records: Option<&'a Records>,
    pub(crate) otlp: Option<&'a str>,
    pub(crate) content: bool,
}

impl Banner<'_> {
    /// The link, the destination, and whether content is recorded.
    pub(crate) fn line(&self) -> String {
        let content = if self.content {
            "content is recorded"
        } else {
            "content is not recorded"
        };
        let collector = self
            .otlp
            .map(|endpoint| format!("OTLP collector at {}", without_secrets(endpoint)));
        let Some(records) = self.records else {
            let collector = collector.unwrap_or_else(|| "nowhere".to_owned());
            return format!(
                "spanloom: spans of {} go to the {collector}; {content}",
                self.stream
            );
        };
        let also = collector
            .map(|collector| format!(" and to the {collector}"))
            .unwrap_or_default();
        let waiting = if self.waits() {
            "; no server runs there yet, so records wait in memory: start one with `spanloom serve`"
        } else {
            ""
        };
        format!(
            "View data at {} (records go to {}{also}; {content}{waiting})",
            self.link(records),
            records.destination
        )
    }

    pub(crate) fn link(&self, records: &Records) -> String {
        let StreamName {
            entity,
            project,
            stream,
        } = self.stream;
        match &records.board {
            Board::Spanloom(base) => format!(
                "{base}/{}/{}/table/{}",
                path(entity),
                path(project),
                path(stream)
            ),
            Board::Weave(base) => format!("{base}/{}/{}/weave", path(entity), path(project)),
        }
    }

    /// Whether the destination is this machine and nothing listens there. Other machines are not asked, and no name is
    /// looked up.
    fn waits(&self) -> bool {
        let Some(Records {
            destination,
            board: Board::Spanloom(_),
        }) = self.records
        else {
            return false;
        };
        loopback(&destination.address())
            .is_some_and(|address| TcpStream::connect_timeout(&address, PROBE).is_err())
    }
}

/// The socket an address on this machine names. `None` for a name that would have to be looked up, `localhost` too, and
/// for other machines.
fn loopback(address: &str) -> Option<SocketAddr> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?;
    let literal: IpAddr = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()?;
    let socket = SocketAddr::new(literal, url.port_or_known_default()?);
    literal.is_loopback().then_some(socket)
}

/// A name's part in a link: names hold letters, digits, `-`, `_`, `.` and spaces only.
fn path(part: &str) -> String {
    part.replace(' ', "%20")
}

/// An address without what may hold a key: user information and query.
fn without_secrets(endpoint: &str) -> String {
    let end = endpoint.find(['?', '#']).unwrap_or(endpoint.len());
    let address = endpoint.get(..end).unwrap_or_default();
    match (address.find("://"), address.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!(
                "{}://{}",
                address.get(..scheme).unwrap_or_default(),
                address.get(at + 1..).unwrap_or_default()
            )
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked() {
        let socket = |text: &str| loopback(text).map(|socket| socket.to_string());
        for (address, asked) in [
            ("http://127.0.0.1:7440", Some("127.0.0.1:7440")),
            ("http://127.9.9.9", Some("127.9.9.9:80")),
            ("https://[::1]/traces", Some("[::1]:443")),
            ("http://localhost:7440", None),
            ("http://spanloom.example.com", None),
            ("http://192.0.2.1:7440", None),
            ("http://128.0.0.1", None),
            ("/var/log/records.jsonl", None),
        ] {
            assert_eq!(socket(address).as_deref(), asked, "{address}");
        }
    }

    #[test]
    fn the_line_names_link_destination_and_content() {
        let stream = StreamName::parse("acme/chat bot/logs", None).unwrap();
        let records = Records::server("http://127.0.0.1:1").unwrap();
        let banner = Banner {
            stream: &stream,
            records: Some(&records),
            otlp: None,
            content: true,
        };
        assert_eq!(
            banner.line(),
            "View data at http://127.0.0.1:1/acme/chat%20bot/table/logs (records go to http://127.0.0.1:1; content is \
             recorded; no server runs there yet, so records wait in memory: start one with `spanloom serve`)"
        );
        let banner = Banner {
            records: None,
            otlp: Some("https://me:key@c.example/x?token=1"),
            content: false,
            ..banner
        };
        assert_eq!(
            banner.line(),
            "spanloom: spans of acme/chat bot/logs go to the OTLP collector at https://c.example/x; content is not recorded"
        );
    }
}
