//! Joins consecutive pieces of a text.

use crate::json::{Node, pair};

/// Joins the pieces of a stream's texts. A server that cuts between UTF-16 units sends half a character at the end of one
/// piece and the other half at the beginning of the next.
#[derive(Debug, Default)]
pub(super) struct Join {
    /// The half character at the end of the last piece.
    high: Option<u32>,
}

impl Join {
    /// Appends the text of a piece; a piece that is not a text adds nothing.
    pub(super) fn push(&mut self, sum: &mut String, piece: Node<'_>) {
        let Some(text) = piece.text() else { return };
        let [low, high] = piece.halves();
        let whole = self.high.take().zip(low);
        let whole = whole.and_then(|(high, low)| pair(high, low));
        let rest = whole.and_then(|_| text.strip_prefix(char::REPLACEMENT_CHARACTER));
        match (whole, rest) {
            (Some(character), Some(rest)) if sum.ends_with(char::REPLACEMENT_CHARACTER) => {
                sum.pop();
                sum.push(character);
                sum.push_str(rest);
            }
            _ => sum.push_str(&text),
        }
        self.high = high;
    }
}
