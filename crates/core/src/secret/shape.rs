//! The shapes, as a table.

/// The characters that a secret consists of.
pub(super) type Class = u8;
const LETTERS: Class = 1; // and digits
const HEX: Class = 2;
const DASH: Class = 4;
const UNDERSCORE: Class = 8;
const DOT: Class = 16;
const BASE64: Class = 32; // + / =
const URL: Class = 64; // % ~
pub(super) const ALNUM: Class = LETTERS;
const WORD: Class = LETTERS | DASH | UNDERSCORE;
const DOTTED: Class = WORD | DOT;
const PADDED: Class = LETTERS | BASE64;
const TOKEN: Class = DOTTED | BASE64 | URL;

/// The classes of each character.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
pub(super) static CLASSES: [Class; 256] = {
    let mut classes = [0; 256];
    let mut byte: usize = 0;
    while byte < 128 {
        #[expect(clippy::cast_possible_truncation, reason = "below 128")]
        let character = byte as u8;
        classes[byte] = match character {
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => LETTERS | HEX,
            b'g'..=b'z' | b'G'..=b'Z' => LETTERS,
            b'-' => DASH,
            b'_' => UNDERSCORE,
            b'.' => DOT,
            b'+' | b'/' | b'=' => BASE64,
            b'%' | b'~' => URL,
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
    /// Exactly the minimum number of characters.
    Exact,
}

/// A kind of secret: what precedes it, and what it consists of.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) kind: &'static str,
    /// The secret's own first characters, or the name before it in small letters and without separators.
    pub(super) prefix: &'static str,
    /// The minimum number of characters after the prefix.
    pub(super) shortest: usize,
    pub(super) class: Class,
    pub(super) sign: Sign,
}

const fn shape(
    kind: &'static str,
    prefix: &'static str,
    shortest: usize,
    class: Class,
    sign: Sign,
) -> Shape {
    Shape {
        kind,
        prefix,
        shortest,
        class,
        sign,
    }
}

/// Shapes known by their own first characters, ordered by the last of these. The scan looks for that last character: it
/// is rarer in words than the first.
pub(super) static PREFIXED: &[Shape] = &[
    shape("api_key", "sk-", 16, WORD, Sign::Random),
    shape("api_key", "csk-", 24, WORD, Sign::Random),
    shape("api_key", "pplx-", 24, ALNUM, Sign::None),
    shape("api_key", "xai-", 24, ALNUM, Sign::None),
    shape("api_key", "nvapi-", 24, WORD, Sign::Random),
    shape("api_key", "tvly-", 20, WORD, Sign::Random),
    shape("api_key", "PMAK-", 24, WORD, Sign::Random),
    shape("api_key", "NRAK-", 20, ALNUM, Sign::None),
    shape("api_key", "key-", 32, HEX, Sign::Exact),
    shape("age_key", "AGE-SECRET-KEY-", 40, ALNUM, Sign::None),
    shape("gitlab_token", "glpat-", 20, DOTTED, Sign::None),
    shape("gitlab_token", "glrt-", 20, DOTTED, Sign::None),
    shape("gitlab_token", "gldt-", 20, DOTTED, Sign::None),
    shape("gitlab_token", "glptt-", 20, DOTTED, Sign::None),
    shape("google_oauth", "GOCSPX-", 24, WORD, Sign::None),
    shape("pypi_token", "pypi-", 30, WORD, Sign::Random),
    shape("slack_token", "xapp-", 20, WORD, Sign::None),
    shape("slack_token", "xoxa-", 20, WORD, Sign::None),
    shape("slack_token", "xoxb-", 20, WORD, Sign::None),
    shape("slack_token", "xoxc-", 20, WORD, Sign::None),
    shape("slack_token", "xoxd-", 20, TOKEN, Sign::None),
    shape("slack_token", "xoxe-", 20, WORD, Sign::None),
    shape("slack_token", "xoxp-", 20, WORD, Sign::None),
    shape("slack_token", "xoxr-", 20, WORD, Sign::None),
    shape("slack_token", "xoxs-", 20, WORD, Sign::None),
    shape("square_secret", "sq0csp-", 24, WORD, Sign::None),
    shape("google_oauth", "ya29.", 20, DOTTED, Sign::Random),
    shape("sendgrid_key", "SG.", 40, DOTTED, Sign::Dots(1)),
    shape("vault_token", "hvs.", 20, WORD, Sign::Random),
    shape("vault_token", "hvb.", 20, WORD, Sign::Random),
    shape("aws_key", "AKIA", 16, ALNUM, Sign::None),
    shape("aws_key", "ASIA", 16, ALNUM, Sign::None),
    shape("jwt", "eyJ", 24, DOTTED, Sign::Dots(2)),
    shape("twilio_key", "SK", 32, HEX, Sign::Exact),
    shape("api_key", "api_org_", 30, ALNUM, Sign::None),
    shape("api_key", "esecret_", 20, ALNUM, Sign::None),
    shape("api_key", "fw_", 20, ALNUM, Sign::None),
    shape("api_key", "gsk_", 30, ALNUM, Sign::None),
    shape("api_key", "lsv2_pt_", 30, WORD, Sign::None),
    shape("api_key", "lsv2_sk_", 30, WORD, Sign::None),
    shape("api_key", "pcsk_", 40, WORD, Sign::None),
    shape("api_key", "phx_", 30, WORD, Sign::Random),
    shape("api_key", "r8_", 30, ALNUM, Sign::None),
    shape("api_key", "rpa_", 30, ALNUM, Sign::None),
    shape("api_key", "vck_", 30, ALNUM, Sign::None),
    shape("digitalocean_token", "doo_v1_", 40, HEX, Sign::None),
    shape("digitalocean_token", "dop_v1_", 40, HEX, Sign::None),
    shape("digitalocean_token", "dor_v1_", 40, HEX, Sign::None),
    shape("docker_token", "dckr_pat_", 20, WORD, Sign::None),
    shape("figma_token", "figd_", 30, WORD, Sign::Random),
    shape("github_token", "ghp_", 30, ALNUM, Sign::None),
    shape("github_token", "gho_", 30, ALNUM, Sign::None),
    shape("github_token", "ghu_", 30, ALNUM, Sign::None),
    shape("github_token", "ghs_", 30, WORD, Sign::None),
    shape("github_token", "ghr_", 30, ALNUM, Sign::None),
    shape("github_token", "github_pat_", 30, WORD, Sign::None),
    shape("grafana_token", "glc_", 30, PADDED, Sign::None),
    shape("grafana_token", "glsa_", 30, WORD, Sign::None),
    shape("huggingface_token", "hf_", 30, ALNUM, Sign::None),
    shape("linear_key", "lin_api_", 30, ALNUM, Sign::None),
    shape("netlify_token", "nfp_", 30, ALNUM, Sign::None),
    shape("notion_token", "ntn_", 40, ALNUM, Sign::None),
    shape("npm_token", "npm_", 30, ALNUM, Sign::None),
    shape("rubygems_key", "rubygems_", 40, HEX, Sign::None),
    shape("sentry_token", "sntrys_", 40, TOKEN, Sign::None),
    shape("sentry_token", "sntryu_", 40, HEX, Sign::None),
    shape("shopify_token", "shpat_", 32, HEX, Sign::None),
    shape("shopify_token", "shpca_", 32, HEX, Sign::None),
    shape("shopify_token", "shpss_", 32, HEX, Sign::None),
    shape("stripe_key", "rk_live_", 16, ALNUM, Sign::None),
    shape("stripe_key", "rk_test_", 16, ALNUM, Sign::None),
    shape("stripe_key", "sk_live_", 16, ALNUM, Sign::None),
    shape("stripe_key", "sk_test_", 16, ALNUM, Sign::None),
    shape("stripe_key", "whsec_", 24, PADDED, Sign::None),
    shape("supabase_key", "sb_secret_", 20, WORD, Sign::None),
    shape("supabase_key", "sbp_", 40, HEX, Sign::None),
    shape("wandb_key", "wandb_v1_", 30, WORD, Sign::None),
    shape("google_key", "AIz", 30, WORD, Sign::None),
];

/// Shapes known by the name before them, whatever separates the two: `=`, `:`, quotes, blanks.
pub(super) static NAMED: &[Shape] = &[
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
];

/// Shapes that follow the name of an authentication scheme, in any letter case.
pub(super) static SCHEMES: &[Shape] = &[
    shape("bearer_token", "bearer ", 16, TOKEN, Sign::Random),
    shape("basic_auth", "basic ", 12, PADDED, Sign::Mixed),
];

/// The shapes of [`PREFIXED`] with prefixes that end with the same character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) first: usize,
    pub(super) end: usize,
    /// The second-to-last characters of their prefixes, as a set of bits.
    pub(super) before: u128,
}

#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
pub(super) static GROUPS: [Group; 128] = {
    let none = Group {
        first: 0,
        end: 0,
        before: 0,
    };
    let mut groups = [none; 128];
    let mut at = 0;
    while at < PREFIXED.len() {
        let prefix = PREFIXED[at].prefix.as_bytes();
        let last = prefix[prefix.len() - 1] as usize;
        if groups[last].end == 0 {
            groups[last].first = at;
        }
        groups[last].end = at + 1;
        groups[last].before |= 1 << prefix[prefix.len() - 2];
        at += 1;
    }
    groups
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_of_last_characters() {
        let lasts: Vec<u8> = PREFIXED
            .iter()
            .map(|shape| *shape.prefix.as_bytes().last().unwrap())
            .collect();
        let mut groups = lasts.clone();
        groups.dedup();
        let count = groups.len();
        groups.sort_unstable();
        groups.dedup();
        assert_eq!(groups.len(), count, "each last character has one group");
    }
}
