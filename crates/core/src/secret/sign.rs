//! Whether a run of characters is a secret of a shape, and not words.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::scan::is;
use super::shape::{ALNUM, Shape, Sign};
use super::value::is_generated;

/// Returns whether a run that follows the prefix of a shape is long enough and of the right kind.
pub(super) fn is_secret(token: &[u8], shape: &Shape) -> bool {
    token.len() >= shape.shortest && has(token, shape) && !is_filled(token)
}

fn has(token: &[u8], shape: &Shape) -> bool {
    match shape.sign {
        Sign::None => true,
        Sign::Exact => token.len() == shape.shortest,
        Sign::Dots(dots) => token
            .iter()
            .filter(|byte| **byte == b'.')
            .nth(dots.saturating_sub(1))
            .is_some(),
        Sign::Mixed => is_mixed(token),
        Sign::Pair => is_pair(token),
        Sign::Generated => is_generated(token, shape.shortest),
        Sign::Random => looks_random(token),
    }
}

/// Returns whether a token is a user and a password in Base64.
fn is_pair(token: &[u8]) -> bool {
    const LONGEST: usize = 1 << 10;
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let base64 = GeneralPurpose::new(&STANDARD, config);
    let pair = token
        .get(..LONGEST.min(token.len() / 4 * 4))
        .unwrap_or(token);
    let pair = if token.len() > LONGEST { pair } else { token };
    let decoded = base64.decode(pair).unwrap_or_default();
    let is_text = |byte: &u8| !byte.is_ascii_control();
    decoded.contains(&b':') && decoded.iter().all(is_text)
}

/// Returns whether a token is filled with one character, as in an example: `ghp_xxxxxxxx`.
fn is_filled(token: &[u8]) -> bool {
    matches!(token, [first, rest @ ..] if rest.len() > 3 && rest.iter().all(|byte| byte == first))
}

/// Returns whether a token has a digit, or a capital after a small letter.
fn is_mixed(token: &[u8]) -> bool {
    let mut small = false;
    token.iter().any(|byte| {
        let camel = small && byte.is_ascii_uppercase();
        small = byte.is_ascii_lowercase();
        camel || byte.is_ascii_digit()
    })
}

/// Returns whether a token has a piece that is no word: longer than a word, or of letters and digits.
pub(super) fn looks_random(token: &[u8]) -> bool {
    let digit = |piece: &[u8]| piece.iter().any(u8::is_ascii_digit);
    let letter = |piece: &[u8]| piece.iter().any(u8::is_ascii_alphabetic);
    let mut pieces = token.split(|byte| !is(*byte, ALNUM));
    pieces.any(|piece| piece.len() >= 16 || piece.len() >= 10 && digit(piece) && letter(piece))
}
