//! OTLP requests in protobuf. Each span is decoded separately, so that an unreadable span does not affect other spans.

use prost::Message;
use spanloom_core::StreamName;

use super::bound::{self, Refused};
use super::decode::Taken;

pub(super) fn read(request: &[u8], default: &StreamName) -> Result<Taken, Refused> {
    let mut taken = Taken::default();
    for group in bound::groups(request)? {
        // The concatenated parts of a message are the whole message.
        let resource = group.resource.map(|parts| parts.concat());
        let spans = group.spans.into_iter().map(decoded);
        taken.group(decoded(resource.as_deref()), spans, default);
    }
    Ok(taken)
}

fn decoded<M: Message + Default>(bytes: Option<&[u8]>) -> Result<M, String> {
    let bytes = bytes.ok_or("its messages are nested too deeply, or their lengths are wrong")?;
    M::decode(bytes).map_err(|error| error.to_string())
}
