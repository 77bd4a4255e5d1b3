//! OTLP requests in protobuf. Each span and log record is read separately, so that an unreadable one does not affect
//! the others.

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use prost::Message;
use spanloom_core::StreamName;

use super::Signal;
use super::bound::{self, Count, Kind, Refused};
use super::decode::{self, Taken};
use super::span::span;

/// The reason a message is not read.
const MALFORMED: &str = "its messages are nested too deeply, or their lengths are wrong";

pub(super) fn read(signal: Signal, request: &[u8], default: &StreamName) -> Result<Taken, Refused> {
    let root = match signal {
        Signal::Traces => Kind::Traces,
        Signal::Logs => Kind::Logs,
    };
    let (mut taken, mut count) = (Taken::default(), Count::default());
    for group in bound::groups(root, request, &mut count)? {
        // The concatenated parts of a message are the whole message.
        let resource = group.resource.map(|parts| parts.concat());
        let resource = decoded(resource.as_deref());
        let sender = taken.sender(resource, default);
        for scope in group.scopes {
            match signal {
                Signal::Traces => {
                    let name = name(&scope.scope.concat());
                    for bytes in scope.messages.into_iter().flatten() {
                        match span(bytes, name.as_deref(), &mut count) {
                            Err(Refused::TooMany) => return Err(Refused::TooMany),
                            Err(Refused::Malformed) => taken.unreadable(MALFORMED),
                            Ok(span) => taken.span(&sender, span),
                        }
                    }
                }
                Signal::Logs => taken.logs(&sender, scope.messages.into_iter().map(decoded)),
            }
        }
    }
    Ok(taken)
}

/// Returns the name of a scope; one that cannot be read has none.
fn name(scope: &[u8]) -> Option<String> {
    let scope = InstrumentationScope::decode(scope).ok()?;
    decode::scope(scope.name)
}

fn decoded<M: Message + Default>(bytes: Option<&[u8]>) -> Result<M, String> {
    let bytes = bytes.ok_or(MALFORMED)?;
    M::decode(bytes).map_err(|error| error.to_string())
}
