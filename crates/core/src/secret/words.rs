//! The words that name a secret, as tables.

use super::shape::NAMED;

/// What the value after a name must look like to be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// A person may have chosen it.
    Password,
    /// A generator wrote it.
    Token,
    /// The name alone means little: the value must be generated beyond doubt.
    LongToken,
    /// Like a long token, in cookies and queries only: elsewhere the name means something else.
    Cookie,
    /// The name of a service: the value must be generated.
    Service,
}

use Family::{Cookie, LongToken, Password, Service, Token};
use Role::{Filler, Id, Names, Suffix};

/// What a word in a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It names a secret, as the last word of a name.
    Names(Family),
    /// It may follow the word that counts: `client-key-data`, `DB_PASSWORD_PROD`, `"name": "PASSWORD", "value"`.
    Suffix,
    /// It leaves the value after it to the name before it. Types are among these words.
    Filler,
    /// The `secret_id` of HashiCorp Vault names a secret, no other `id` does.
    Id,
}

/// The words, in order. Services are those whose keys have no shape of their own, by the rules of gitleaks 8.30.
pub(super) const WORDS: &[(&str, Role)] = &[
    ("0", Filler),
    ("7", Filler),
    ("accesskey", Names(Token)),
    ("accountkey", Names(Token)),
    ("adafruit", Names(Service)),
    ("adobe", Names(Service)),
    ("airtable", Names(Service)),
    ("algolia", Names(Service)),
    ("alibaba", Names(Service)),
    ("apikey", Names(Token)),
    ("apikeys", Names(Token)),
    ("asana", Names(Service)),
    ("auth", Names(Token)),
    ("authorization", Names(Token)),
    ("b64", Suffix),
    ("base", Suffix),
    ("base64", Suffix),
    ("beamer", Names(Service)),
    ("bearer", Names(LongToken)),
    ("bintray", Names(Service)),
    ("bitbucket", Names(Service)),
    ("bittrex", Names(Service)),
    ("bytes", Filler),
    ("char", Filler),
    ("clickhouse", Names(Service)),
    ("cloudflare", Names(Service)),
    ("code", Names(Cookie)),
    ("codecov", Names(Service)),
    ("cohere", Names(Service)),
    ("coinbase", Names(Service)),
    ("confluence", Names(Service)),
    ("const", Filler),
    ("contentful", Names(Service)),
    ("credential", Names(Token)),
    ("credentials", Names(Token)),
    ("creds", Names(Token)),
    ("data", Suffix),
    ("databricks", Names(Service)),
    ("datadog", Names(Service)),
    ("default", Suffix),
    ("dev", Suffix),
    ("discord", Names(Service)),
    ("droneci", Names(Service)),
    ("dropbox", Names(Service)),
    ("env", Suffix),
    ("etsy", Names(Service)),
    ("facebook", Names(Service)),
    ("fastly", Names(Service)),
    ("finicity", Names(Service)),
    ("finnhub", Names(Service)),
    ("flickr", Names(Service)),
    ("freshbooks", Names(Service)),
    ("from", Filler),
    ("gitter", Names(Service)),
    ("gocardless", Names(Service)),
    ("heroku", Names(Service)),
    ("hubspot", Names(Service)),
    ("id", Id),
    ("intercom", Names(Service)),
    ("is", Filler),
    ("jfrog", Names(Service)),
    ("jira", Names(Service)),
    ("jwt", Names(Token)),
    ("kennwort", Names(Password)),
    ("key", Names(LongToken)),
    ("keys", Names(LongToken)),
    ("kraken", Names(Service)),
    ("kucoin", Names(Service)),
    ("launchdarkly", Names(Service)),
    ("licensekey", Names(Token)),
    ("linear", Names(Service)),
    ("linkedin", Names(Service)),
    ("live", Suffix),
    ("lob", Names(Service)),
    ("login", Names(LongToken)),
    ("looker", Names(Service)),
    ("mailchimp", Names(Service)),
    ("mailgun", Names(Service)),
    ("mapbox", Names(Service)),
    ("masterauth", Names(Password)),
    ("masterkey", Names(Token)),
    ("mattermost", Names(Service)),
    ("maxmind", Names(Service)),
    ("meraki", Names(Service)),
    ("messagebird", Names(Service)),
    ("netlify", Names(Service)),
    ("new", Suffix),
    ("newrelic", Names(Service)),
    ("nytimes", Names(Service)),
    ("okta", Names(Service)),
    ("old", Suffix),
    ("pass", Names(Password)),
    ("passcode", Names(Password)),
    ("passe", Names(Password)),
    ("passphrase", Names(Password)),
    ("passwd", Names(Password)),
    ("password", Names(Password)),
    ("passwords", Names(Password)),
    ("passwort", Names(Password)),
    ("pat", Names(LongToken)),
    ("plaid", Names(Service)),
    ("plain", Suffix),
    ("privateai", Names(Service)),
    ("privatekey", Names(Token)),
    ("prod", Suffix),
    ("psk", Names(Password)),
    ("pw", Names(Password)),
    ("pwd", Names(Password)),
    ("rapidapi", Names(Service)),
    ("raw", Suffix),
    ("relic", Names(Service)),
    ("requirepass", Names(Password)),
    ("secret", Names(Token)),
    ("secretkey", Names(Token)),
    ("secrets", Names(Token)),
    ("sendbird", Names(Service)),
    ("senha", Names(Password)),
    ("sentry", Names(Service)),
    ("sess", Names(Cookie)),
    ("sessid", Names(Cookie)),
    ("session", Names(Cookie)),
    ("sessionid", Names(Cookie)),
    ("sharedkey", Names(Token)),
    ("sid", Names(Cookie)),
    ("signature", Names(Cookie)),
    ("snyk", Names(Service)),
    ("snykkey", Names(Service)),
    ("sonarlogin", Names(Service)),
    ("squarespace", Names(Service)),
    ("str", Filler),
    ("string", Suffix),
    ("sumo", Names(Service)),
    ("test", Suffix),
    ("to", Filler),
    ("token", Names(Token)),
    ("travis", Names(Service)),
    ("trello", Names(Service)),
    ("twitch", Names(Service)),
    ("twitter", Names(Service)),
    ("val", Filler),
    ("value", Suffix),
    ("wachtwoord", Names(Password)),
    ("was", Filler),
    ("webhook", Names(LongToken)),
    ("xray", Names(Service)),
    ("zendesk", Names(Service)),
];

/// The ends of words that name a secret, for names that are written in one piece.
pub(super) const ENDS: &[(&str, Family)] = &[
    ("password", Password),
    ("passwd", Password),
    ("passphrase", Password),
    ("pwd", Password),
    ("token", Token),
    ("secret", Token),
    ("apikey", Token),
    ("accesskey", Token),
    ("accountkey", Token),
    ("licensekey", Token),
    ("masterkey", Token),
    ("privatekey", Token),
    ("secretkey", Token),
    ("sharedkey", Token),
    ("sessionid", Cookie),
    ("sessid", Cookie),
];

/// Words before `token` that make it the name of a place in a list, or of a word of a model.
pub(super) const OPEN_TOKENS: &[&str] = &[
    "bos",
    "continuation",
    "end",
    "eos",
    "last",
    "mask",
    "next",
    "pad",
    "page",
    "pagination",
    "special",
    "start",
    "stop",
    "sync",
    "unk",
];

/// Words before `key` that make it the name of no secret.
pub(super) const OPEN_KEYS: &[&str] = &[
    "bucket",
    "cache",
    "cursor",
    "dedup",
    "dict",
    "foreign",
    "group",
    "hot",
    "idempotency",
    "index",
    "issue",
    "map",
    "natural",
    "object",
    "partition",
    "primary",
    "pub",
    "public",
    "publishable",
    "routing",
    "row",
    "schema",
    "sequence",
    "sort",
    "translation",
];

/// For each pair of last letters the letters before it, as bits, with which a word of the tables may end.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
pub(super) static ENDINGS: [u32; 1024] = {
    /// What is before a word of two letters; `id` counts only as part of a name.
    const SIGNS: &[u8] = b"_-t. \"'\\n";
    const IN_A_NAME: usize = 3;
    const fn add(endings: &mut [u32; 1024], word: &str) {
        match word.as_bytes() {
            [.., third, before, last] => endings[pair(*before, *last)] |= 1 << (*third & 31),
            [before, last] => {
                let signs = if *before == b'i' && *last == b'd' {
                    IN_A_NAME
                } else {
                    SIGNS.len()
                };
                let mut at = 0;
                while at < signs {
                    endings[pair(*before, *last)] |= 1 << (SIGNS[at] & 31);
                    at += 1;
                }
            }
            _ => {}
        }
    }
    let mut endings = [0; 1024];
    let mut at = 0;
    while at < WORDS.len() {
        add(&mut endings, WORDS[at].0);
        at += 1;
    }
    at = 0;
    while at < ENDS.len() {
        add(&mut endings, ENDS[at].0);
        at += 1;
    }
    at = 0;
    while at < NAMED.len() {
        add(&mut endings, NAMED[at].prefix);
        at += 1;
    }
    endings
};

/// Where the words with each first character are, from `0`.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
pub(super) static FIRST: [(u8, u8); 75] = {
    let mut first = [(0, 0); 75];
    let mut at: u8 = 0;
    while (at as usize) < WORDS.len() {
        let character = (WORDS[at as usize].0.as_bytes()[0] - b'0') as usize;
        if first[character].1 == 0 {
            first[character].0 = at;
        }
        at += 1;
        first[character].1 = at;
    }
    first
};

pub(super) const fn pair(before: u8, last: u8) -> usize {
    (before as usize & 31) << 5 | last as usize & 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_in_order() {
        assert!(WORDS.is_sorted_by(|(first, _), (second, _)| first < second));
        assert!(WORDS.len() < usize::from(u8::MAX));
    }
}
