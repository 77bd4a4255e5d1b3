//! The one line a monitor prints when it starts.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use reqwest::Url;
use spanloom_core::StreamName;
use spanloom_exporter::{Destination, DestinationKind};

use crate::config::{Board, Collectors, Records};

/// Long enough for a connection to this machine; a start is never delayed for longer.
const PROBE: Duration = Duration::from_millis(50);

/// The contents of the line.
pub(crate) struct Banner<'a> {
    pub(crate) stream: &'a StreamName,
    pub(crate) records: Option<&'a Records>,
    pub(crate) collectors: Collectors<'a>,
    /// The other destinations that code names.
    pub(crate) others: &'a [Destination],
    pub(crate) content: bool,
    /// Whether records that cannot be sent are kept on disk.
    pub(crate) spooled: bool,
}

impl Banner<'_> {
    /// Returns the line: the link, the destination, and whether content is recorded.
    pub(crate) fn line(&self) -> String {
        let content = if self.content {
            "content is recorded"
        } else {
            "content is not recorded"
        };
        let notes = self.notes();
        let others = self.collectors.spans.into_iter().chain(self.others);
        let others: Vec<String> = others.map(|other| format!("to {}", named(other))).collect();
        let Some(records) = self.records else {
            let destinations = match others.is_empty() {
                true => "nowhere".to_owned(),
                false => others.join(" and "),
            };
            return format!(
                "spanloom: spans of {} go {destinations}; {content}{notes}",
                self.stream
            );
        };
        let also: String = others.iter().map(|other| format!(" and {other}")).collect();
        format!(
            "View data at {} (records go to {}{also}; {content}{notes})",
            self.link(records),
            records.destination
        )
    }

    /// Returns notes on what the user may not expect.
    fn notes(&self) -> String {
        let mut notes = String::new();
        let place = if self.spooled { "on disk" } else { "in memory" };
        if self.waits() {
            notes += &format!(
                "; no server runs there yet, so records wait {place}: start one with `spanloom serve`"
            );
        }
        if self.records.is_some_and(|records| records.lacks_key) {
            notes += &format!("; no key was found, so records wait {place}: set WANDB_API_KEY");
        }
        if self.collectors.needs_grpc {
            notes += "; metrics and events are not sent: they need OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf";
        }
        notes
    }

    pub(crate) fn link(&self, records: &Records) -> String {
        let project = self.project(records);
        match &records.board {
            Board::Spanloom(_) => format!("{project}/table/{}", path(&self.stream.stream)),
            Board::Weave(_) => format!("{project}/weave"),
            Board::Agents(_) => format!("{project}/weave/agents"),
        }
    }

    /// Returns the base address of the project's pages.
    pub(crate) fn project(&self, records: &Records) -> String {
        let (Board::Spanloom(base) | Board::Weave(base) | Board::Agents(base)) = &records.board;
        let StreamName {
            entity, project, ..
        } = self.stream;
        format!("{base}/{}/{}", path(entity), path(project))
    }

    /// Returns whether the destination is on this machine and nothing listens there. Other machines are not contacted,
    /// and no name is resolved.
    fn waits(&self) -> bool {
        let Some(Records {
            destination,
            board: Board::Spanloom(_),
            ..
        }) = self.records
        else {
            return false;
        };
        loopback(&destination.address())
            .is_some_and(|address| TcpStream::connect_timeout(&address, PROBE).is_err())
    }
}

/// Returns the socket of an address on this machine; `None` for a name that would have to be resolved, including
/// `localhost`, and for other machines.
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

/// Returns the name of a destination for people.
fn named(destination: &Destination) -> String {
    let address = destination.address();
    let address = address.trim_end_matches('/');
    match destination.kind() {
        kind if kind.is_collector() => format!("the OTLP collector at {address}"),
        DestinationKind::JsonLines => format!("the file {address}"),
        _ => address.to_owned(),
    }
}

/// Encodes part of a name for a link: names contain only letters, digits, `-`, `_`, `.` and spaces.
fn path(part: &str) -> String {
    part.replace(' ', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Origin;

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
        let code = Origin::Code("with_server");
        let records = Records::server(code, "http://127.0.0.1:1/?key=canary").unwrap();
        let banner = Banner {
            stream: &stream,
            records: Some(&records),
            collectors: Collectors::default(),
            others: &[],
            content: true,
            spooled: false,
        };
        assert_eq!(
            banner.line(),
            "View data at http://127.0.0.1:1/acme/chat%20bot/table/logs (records go to http://127.0.0.1:1; content is \
             recorded; no server runs there yet, so records wait in memory: start one with `spanloom serve`)"
        );
        let collector = Destination::otlp_http("https://c.example/x?token=canary").unwrap();
        let collectors = Collectors {
            spans: Some(&collector),
            needs_grpc: true,
            ..Collectors::default()
        };
        let banner = Banner {
            records: None,
            collectors,
            content: false,
            ..banner
        };
        assert_eq!(
            banner.line(),
            "spanloom: spans of acme/chat bot/logs go to the OTLP collector at https://c.example/x; content is not \
             recorded; metrics and events are not sent: they need OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
        );
        let banner = Banner {
            collectors: Collectors::default(),
            ..banner
        };
        assert_eq!(
            banner.line(),
            "spanloom: spans of acme/chat bot/logs go nowhere; content is not recorded"
        );
        let records = Records {
            board: Board::Weave("https://wandb.ai".to_owned()),
            lacks_key: true,
            ..records.clone()
        };
        let banner = Banner {
            records: Some(&records),
            collectors: Collectors::default(),
            spooled: true,
            ..banner
        };
        assert_eq!(
            banner.line(),
            "View data at https://wandb.ai/acme/chat%20bot/weave (records go to http://127.0.0.1:1; content is not \
             recorded; no key was found, so records wait on disk: set WANDB_API_KEY)"
        );
    }
}
