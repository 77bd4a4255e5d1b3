//! Kinds of destinations: the name of each in a spool, and its endpoint.

#[cfg(feature = "otlp")]
use reqwest::Url;

use super::Destination;
use crate::error::{Error, ErrorKind};
#[cfg(feature = "otlp")]
use crate::profile::Profile;
use crate::spool::Description;

/// The protocol of a destination, and the kind of its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DestinationKind {
    /// Records to a spanloom server.
    Spanloom,
    /// Records to W&B Weave.
    Wandb,
    /// Spans to the traces of W&B Weave.
    WandbOtlp,
    /// Spans to the agents view of W&B Weave.
    WandbAgents,
    /// Spans to an OTLP collector over HTTP.
    OtlpHttp,
    /// The same, at the exact address of its traces.
    OtlpHttpAt,
    /// Spans to an OTLP collector over gRPC.
    OtlpGrpc,
    /// Records as lines of a file.
    JsonLines,
}

/// Path of the only method of OTLP's trace service.
#[cfg(feature = "otlp")]
const EXPORT: [&str; 2] = [
    "opentelemetry.proto.collector.trace.v1.TraceService",
    "Export",
];

impl DestinationKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Spanloom => "spanloom",
            Self::Wandb => "wandb",
            Self::WandbOtlp => "wandb-otlp",
            Self::WandbAgents => "wandb-agents",
            Self::OtlpHttp => "otlp-http",
            Self::OtlpHttpAt => "otlp-http-at",
            Self::OtlpGrpc => "otlp-grpc",
            Self::JsonLines => "json-lines",
        }
    }

    /// Returns whether it is an OTLP collector, which gets messages; the others get the bodies of calls, or make messages
    /// of them.
    #[must_use]
    pub fn is_collector(self) -> bool {
        matches!(self, Self::OtlpHttp | Self::OtlpHttpAt | Self::OtlpGrpc)
    }

    #[cfg(feature = "otlp")]
    pub(crate) fn profile(self) -> Option<Profile> {
        match self {
            Self::WandbOtlp => Some(Profile::WandbOtlp),
            Self::WandbAgents => Some(Profile::WandbAgents),
            Self::OtlpHttp | Self::OtlpHttpAt | Self::OtlpGrpc => Some(Profile::Collector),
            Self::Spanloom | Self::Wandb | Self::JsonLines => None,
        }
    }

    /// Returns the address that spans are posted to.
    #[cfg(feature = "otlp")]
    pub(crate) fn endpoint(self, mut base: Url) -> Url {
        let path: &[&str] = match self {
            Self::WandbOtlp => &["otel", "v1", "traces"],
            Self::WandbAgents => &["agents", "otel", "v1", "traces"],
            Self::OtlpHttp => &["v1", "traces"],
            Self::OtlpGrpc => &EXPORT,
            Self::OtlpHttpAt | Self::Spanloom | Self::Wandb | Self::JsonLines => return base,
        };
        if let Ok(mut segments) = base.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        base
    }
}

impl Destination {
    /// Returns the description that a spool's folder has of its destination; `None` for a file.
    pub(crate) fn description(&self) -> Option<Description> {
        let mut url = self.url()?.clone();
        // A query may hold a key.
        url.set_query(None);
        Some(Description {
            kind: self.kind().name().to_owned(),
            url: url.to_string(),
        })
    }

    /// Returns the name of its folder among the spools: the same in every process that sends there.
    pub(crate) fn spool_name(&self) -> Option<String> {
        let Description { kind, url } = self.description()?;
        let mark = crc32fast::hash(format!("{kind} {url}").as_bytes());
        let host: String = self
            .host()
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '.' {
                    c
                } else {
                    '-'
                }
            })
            .take(64)
            .collect();
        Some(format!("{kind}-{host}-{mark:08x}"))
    }

    /// Returns the destination that a spool's folder names, or the one at `to` with the same protocol.
    pub(crate) fn described(description: &Description, to: Option<&str>) -> Result<Self, Error> {
        let url = to.unwrap_or(&description.url);
        match description.kind.as_str() {
            "spanloom" => Self::spanloom(url),
            "wandb" => Self::wandb(url),
            #[cfg(feature = "otlp")]
            "wandb-otlp" => Self::wandb_otlp(url),
            #[cfg(feature = "otlp")]
            "wandb-agents" => Self::wandb_agents(url),
            #[cfg(feature = "otlp")]
            "otlp-http-at" if to.is_none() => Self::otlp_http_at(url),
            #[cfg(feature = "otlp")]
            "otlp-http" | "otlp-http-at" => Self::otlp_http(url),
            #[cfg(feature = "otlp")]
            "otlp-grpc" => Self::otlp_grpc(url),
            other => Err(Error::new(
                ErrorKind::Destination,
                format!(
                    "the spool holds records of the kind {other:?}, which this program cannot send"
                ),
            )),
        }
    }
}

#[cfg(all(test, feature = "otlp"))]
mod tests {
    use super::*;

    fn endpoint(destination: &Destination) -> String {
        let base = destination.url().cloned();
        base.map(|base| destination.kind().endpoint(base).to_string())
            .unwrap_or_default()
    }

    #[test]
    fn endpoints_keep_the_base_path() {
        let traces = Destination::otlp_http("http://c:4318/base/").unwrap();
        assert_eq!(endpoint(&traces), "http://c:4318/base/v1/traces");
        let at = Destination::otlp_http_at("http://c:4318/x?y=1").unwrap();
        assert_eq!(endpoint(&at), "http://c:4318/x?y=1");
        let grpc = Destination::otlp_grpc("http://c:4317").unwrap();
        assert_eq!(
            endpoint(&grpc),
            "http://c:4317/opentelemetry.proto.collector.trace.v1.TraceService/Export"
        );
        let wandb = Destination::wandb_agents(Destination::WANDB).unwrap();
        assert_eq!(
            endpoint(&wandb),
            "https://trace.wandb.ai/agents/otel/v1/traces"
        );
    }

    #[test]
    fn a_spool_finds_its_destination_again() {
        for destination in [
            Destination::spanloom("http://127.0.0.1:7440").unwrap(),
            Destination::wandb(Destination::WANDB).unwrap(),
            Destination::wandb_otlp(Destination::WANDB).unwrap(),
            Destination::wandb_agents(Destination::WANDB).unwrap(),
            Destination::otlp_http("http://127.0.0.1:4318").unwrap(),
            Destination::otlp_http_at("http://127.0.0.1:4318/v1/traces").unwrap(),
            Destination::otlp_grpc("http://127.0.0.1:4317").unwrap(),
        ] {
            let description = destination.description().unwrap();
            let again = Destination::described(&description, None).unwrap();
            assert_eq!(endpoint(&again), endpoint(&destination));
            assert_eq!(again.spool_name(), destination.spool_name());
            let moved = Destination::described(&description, Some("http://127.0.0.1:9")).unwrap();
            assert!(endpoint(&moved).starts_with("http://127.0.0.1:9"));
        }
        let with_key = Destination::otlp_http_at("http://c/x?key=secret").unwrap();
        assert!(!with_key.description().unwrap().url.contains("secret"));
    }
}
