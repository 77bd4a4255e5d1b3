//! The shapes, as a table.

/// The characters that a secret consists of.
pub(super) type Class = u16;
const LETTERS: Class = 1; // and digits
pub(super) const HEX: Class = 2;
const DASH: Class = 4;
const UNDERSCORE: Class = 8;
const DOT: Class = 16;
const BASE64: Class = 32; // + / =
const URL: Class = 64; // % ~
pub(super) const CAPITALS: Class = 128; // and digits
const AT: Class = 256;
const COLON: Class = 512;
pub(super) const ALNUM: Class = LETTERS;
pub(super) const WORD: Class = LETTERS | DASH | UNDERSCORE;
pub(super) const DOTTED: Class = WORD | DOT;
pub(super) const PADDED: Class = LETTERS | BASE64;
pub(super) const TOKEN: Class = DOTTED | BASE64 | URL;
pub(super) const HEX_DASHED: Class = HEX | DASH;
const HEX_COLON: Class = HEX | COLON;
pub(super) const CAPITALS_DASHED: Class = CAPITALS | DASH;
pub(super) const DOTTED_URL: Class = DOTTED | URL;
pub(super) const PATH: Class = DOTTED | BASE64;
pub(super) const PATH_AT: Class = PATH | AT;

/// The classes of each character.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
pub(super) static CLASSES: [Class; 256] = {
    let mut classes = [0; 256];
    let mut byte: usize = 0;
    while byte < 128 {
        #[expect(clippy::cast_possible_truncation, reason = "below 128")]
        let character = byte as u8;
        classes[byte] = match character {
            b'0'..=b'9' | b'A'..=b'F' => LETTERS | HEX | CAPITALS,
            b'a'..=b'f' => LETTERS | HEX,
            b'G'..=b'Z' => LETTERS | CAPITALS,
            b'g'..=b'z' => LETTERS,
            b'-' => DASH,
            b'_' => UNDERSCORE,
            b'.' => DOT,
            b'+' | b'/' | b'=' => BASE64,
            b'%' | b'~' => URL,
            b'@' => AT,
            b':' => COLON,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// What a run of characters must have to be a secret rather than words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Nothing but a sufficient length.
    None,
    /// At least this many dots.
    Dots(usize),
    /// A digit, a capital after a small letter, or 16 characters in one piece: hyphenated words have none of these.
    Random,
    /// A digit, or a capital after a small letter.
    Mixed,
    /// User and password in Base64.
    Pair,
    /// Letters and digits in no order, as only a generator writes them.
    Generated,
    /// Exactly the minimum number of characters.
    Exact,
}

/// A kind of secret: what precedes it, and what it consists of.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) kind: &'static str,
    /// The secret's own first characters, or the name before it in small letters and without separators.
    pub(super) prefix: &'static str,
    /// The number of letters, digits and signs of the secret before the prefix; zero for most.
    pub(super) lead: usize,
    /// The minimum number of characters after the prefix.
    pub(super) shortest: usize,
    pub(super) class: Class,
    pub(super) sign: Sign,
}

pub(super) const fn shape(
    kind: &'static str,
    prefix: &'static str,
    shortest: usize,
    class: Class,
    sign: Sign,
) -> Shape {
    Shape {
        kind,
        prefix,
        lead: 0,
        shortest,
        class,
        sign,
    }
}

/// Shapes known by the name before them, whatever separates the two: `=`, `:`, quotes, blanks.
pub(super) const NAMED: &[Shape] = &[
    shape("aws_secret_key", "secretaccesskey", 40, PADDED, Sign::Exact),
    shape("aws_session_token", "sessiontoken", 100, PADDED, Sign::None),
    shape("aws_signature", "xamzsignature", 64, HEX, Sign::Exact),
    shape("azure_storage_key", "accountkey", 80, PADDED, Sign::None),
    shape("azure_key", "subscriptionkey", 32, ALNUM, Sign::None),
    shape("azure_sas", "sig", 43, PADDED | URL, Sign::Random),
    shape(
        "client_secret",
        "clientsecret",
        24,
        DOTTED | URL,
        Sign::Random,
    ),
    shape("twilio_token", "authtoken", 32, HEX, Sign::Exact),
    shape("wandb_key", "wandbapikey", 40, ALNUM, Sign::None),
    shape("api_key", "apikey", 24, ALNUM, Sign::Random),
    shape(
        "sidekiq_secret",
        "contribsyscom",
        17,
        HEX_COLON,
        Sign::Exact,
    ),
];

/// Shapes that follow the name of an authentication scheme, in any letter case.
pub(super) static SCHEMES: &[Shape] = &[
    shape("bearer_token", "bearer ", 16, TOKEN, Sign::Random),
    shape("basic_auth", "basic ", 8, PADDED, Sign::Pair),
];
