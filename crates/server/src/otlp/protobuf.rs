//! OTLP requests in protobuf. Each span and log record is decoded separately, so that an unreadable one does not affect
//! the others.

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
        let messages = group.spans.into_iter();
        match signal {
            Signal::Traces => taken.group(resource, messages.map(decoded), default),
            Signal::Logs => taken.logs(resource, messages.map(decoded), default),
        }
    }
    Ok(taken)
}

fn decoded<M: Message + Default>(bytes: Option<&[u8]>) -> Result<M, String> {
    let bytes = bytes.ok_or("its messages are nested too deeply, or their lengths are wrong")?;
    M::decode(bytes).map_err(|error| error.to_string())
}
