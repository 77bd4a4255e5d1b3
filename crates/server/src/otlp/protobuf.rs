//! OTLP requests in protobuf. Each span and log record is decoded separately, so that an unreadable one does not affect
//! the others.

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use prost::Message;
use spanloom_core::StreamName;

use super::Signal;
use super::bound::{self, Kind, Refused};
use super::decode::Taken;

pub(super) fn read(signal: Signal, request: &[u8], default: &StreamName) -> Result<Taken, Refused> {
    let root = match signal {
        Signal::Traces => Kind::Traces,
        Signal::Logs => Kind::Logs,
    };
    let mut taken = Taken::default();
    for group in bound::groups(root, request)? {
        // The concatenated parts of a message are the whole message.
        let resource = group.resource.map(|parts| parts.concat());
        let resource = decoded(resource.as_deref());
        let sender = taken.sender(resource, default);
        for scope in group.scopes {
            let messages = scope.messages.into_iter();
            match signal {
                Signal::Traces => {
                    let name = name(&scope.scope.concat());
                    taken.spans(&sender, name.as_deref(), messages.map(decoded));
                }
                Signal::Logs => taken.logs(&sender, messages.map(decoded)),
            }
        }
    }
    Ok(taken)
}

/// Returns the name of a scope; one that cannot be read has none.
fn name(scope: &[u8]) -> Option<String> {
    let scope = InstrumentationScope::decode(scope).ok()?;
    Some(scope.name).filter(|name| !name.is_empty())
}

fn decoded<M: Message + Default>(bytes: Option<&[u8]>) -> Result<M, String> {
    let bytes = bytes.ok_or("its messages are nested too deeply, or their lengths are wrong")?;
    M::decode(bytes).map_err(|error| error.to_string())
}
