//! Payloads are erased in their frames.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::frame::{Packer, Payloads};
use super::{payload, repeats, schema};

/// Erases the payloads in slots of a frame, after calling `each` with the slot and the payload; notes the texts to which the
/// others refer. In a frame that cannot be read there is nothing to erase.
pub(super) fn payloads(
    connection: &Connection,
    packer: &mut Packer,
    frame: i64,
    slots: &BTreeSet<i64>,
    mut each: impl FnMut(i64, &str),
) -> rusqlite::Result<()> {
    let Some(payloads) = read(connection, frame)? else {
        return Ok(());
    };
    let (mut kept, mut is_changed) = (BTreeSet::new(), false);
    let all = (0..).zip(payloads.all());
    let left: Vec<&str> = all
        .map(|(slot, payload)| {
            if slots.contains(&slot) && payload != payload::DELETED {
                each(slot, payload);
                is_changed = true;
                return payload::DELETED;
            }
            kept.extend(repeats::numbers(payload));
            payload
        })
        .collect();
    if is_changed {
        let packed = packer
            .pack(left.iter().copied())
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        schema::replace_frame(connection, frame, &packed)?;
    }
    repeats::put_referred(connection, frame, &kept)
}

/// Returns the payloads of a frame; `None` if it cannot be read.
fn read(connection: &Connection, frame: i64) -> rusqlite::Result<Option<Payloads>> {
    match schema::frame(connection, frame) {
        Err(error) if schema::is_damage(&error) => Ok(None),
        data => Ok(Payloads::unpack(&data?).ok()),
    }
}
