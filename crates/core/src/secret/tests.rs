use super::*;

mod hostile;
mod properties;

/// Kind, prefix and rest of secrets, in two pieces so that no scanner of repositories mistakes them for real secrets.
const SECRETS: &[(&str, &str, &str)] = &[
    (
        "api_key",
        "sk-",
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL",
    ),
    (
        "api_key",
        "sk-proj-",
        "Ab3_xyz-0123456789abcdefghijklmnopqrstuv",
    ),
    (
        "api_key",
        "sk-ant-api03-",
        "Ab3_xyz-0123456789abcdefghijklmnopqrstuv-AA",
    ),
    (
        "api_key",
        "sk-or-v1-",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    (
        "api_key",
        "gsk_",
        "0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB",
    ),
    (
        "api_key",
        "xai-",
        "0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFGHIJ0123",
    ),
    (
        "api_key",
        "pplx-",
        "0123456789abcdefghijABCDEFGHIJ0123456789abcdefgh",
    ),
    ("api_key", "r8_", "0123456789abcdefghijABCDEFGHIJ0123456"),
    (
        "api_key",
        "nvapi-",
        "0123456789-abcdefghijABCDEFGHIJ_0123456789abcdefghijABCDEFGHI",
    ),
    ("google_key", "AIza", "SyA0123456789-abcdefghijABCDEFGHI_J"),
    ("google_oauth", "ya29.", "a0AfH6SMB0123456789abcdefghij"),
    ("google_oauth", "GOCSPX-", "0123456789abcdefghijABCDEFGH"),
    ("aws_key", "AKIA", "IOSFODNN7EXAMPLE"),
    ("aws_key", "ASIA", "IOSFODNN7EXAMPLE"),
    (
        "aws_secret_key",
        "aws_secret_access_key = ",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ),
    (
        "azure_storage_key",
        "AccountKey=",
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    ),
    (
        "azure_key",
        "Ocp-Apim-Subscription-Key: ",
        "0123456789abcdef0123456789abcdef",
    ),
    ("api_key", "api-key: ", "0123456789abcdef0123456789abcdef"),
    (
        "client_secret",
        "client_secret=",
        "Ab38Q~0123456789abcdefghijklmnopqrst",
    ),
    (
        "github_token",
        "ghp_",
        "0123456789abcdefghijABCDEFGHIJ012345",
    ),
    (
        "github_token",
        "gho_",
        "0123456789abcdefghijABCDEFGHIJ012345",
    ),
    (
        "github_token",
        "ghu_",
        "0123456789abcdefghijABCDEFGHIJ012345",
    ),
    (
        "github_token",
        "ghs_",
        "0123456789abcdefghijABCDEFGHIJ012345",
    ),
    (
        "github_token",
        "ghr_",
        "0123456789abcdefghijABCDEFGHIJ012345",
    ),
    (
        "github_token",
        "github_pat_",
        "11ABCDEFG0abcdefghijkl_0123456789abcdefghijABCDEFGHIJ",
    ),
    ("gitlab_token", "glpat-", "0123456789abcdefghij"),
    (
        "slack_token",
        "xoxb-",
        "0123456789012-0123456789012-abcdefghijABCDEFGHIJ0123",
    ),
    (
        "slack_token",
        "xoxp-",
        "0123456789012-0123456789012-abcdefghijABCDEFGHIJ0123",
    ),
    (
        "slack_token",
        "xapp-",
        "1-A0123456789-0123456789012-0123456789abcdef",
    ),
    ("stripe_key", "sk_live_", "0123456789abcdefghijABCD"),
    ("stripe_key", "rk_live_", "0123456789abcdefghijABCD"),
    ("stripe_key", "whsec_", "0123456789abcdefghijABCDEFGHIJ01"),
    (
        "huggingface_token",
        "hf_",
        "abcdefghijABCDEFGHIJabcdefghijABCD",
    ),
    ("npm_token", "npm_", "0123456789abcdefghijABCDEFGHIJ012345"),
    (
        "pypi_token",
        "pypi-",
        "AgEIcHlwaS5vcmcCJDAxMjM0NTY3ODlhYmNkZWZnaGlqQUJDREVG",
    ),
    ("twilio_key", "SK", "0123456789abcdef0123456789abcdef"),
    (
        "sendgrid_key",
        "SG.",
        "0123456789abcdefghijAB.0123456789abcdefghijABCDEFGHIJ0123456789abc",
    ),
    (
        "digitalocean_token",
        "dop_v1_",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    (
        "wandb_key",
        "WANDB_API_KEY=",
        "0123456789abcdef0123456789abcdef01234567",
    ),
    ("bearer_token", "Bearer ", "0123456789abcdefghijABCDEFGHIJ"),
    ("basic_auth", "Basic ", "YWxhZGRpbjpvcGVuc2VzYW1l"),
    (
        "jwt",
        "eyJ",
        "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    ),
    (
        "vault_token",
        "hvs.",
        "CAESIJ0123456789abcdefghijABCDEFGHIJ",
    ),
    (
        "shopify_token",
        "shpat_",
        "0123456789abcdef0123456789abcdef",
    ),
];

fn secrets() -> impl Iterator<Item = (&'static str, &'static str, String)> {
    SECRETS
        .iter()
        .map(|(kind, prefix, rest)| (*kind, *rest, format!("{prefix}{rest}")))
}

#[test]
fn every_known_shape_in_plain_text_and_in_json() {
    assert!(secrets().count() >= 40);
    for (kind, rest, secret) in secrets() {
        let surroundings = [
            format!("it is {secret}, they say"),
            secret.clone(),
            format!("line\n{secret}\nline"),
            serde_json::to_string(&format!("line\n{secret}\nline")).unwrap(),
            serde_json::to_string(&serde_json::to_string(&format!("a\n\"{secret}\"")).unwrap())
                .unwrap(),
            format!("日本{secret}語"),
            format!("https://example.com/?q=%20{secret}"),
        ];
        for text in surroundings {
            let masked = mask(&text);
            assert!(!masked.contains(rest), "{text}: {masked}");
            assert!(
                masked.contains(&format!("[redacted:{kind}]")),
                "{text}: {masked}"
            );
            if text.starts_with('"') {
                serde_json::from_str::<String>(&masked).unwrap();
            }
        }
    }
}

#[test]
fn known_secrets_are_masked_wherever_they_stand() {
    for (text, masked) in [
        (
            "key sk-proj-abcdefghijklmnop_123.",
            "key [redacted:api_key].",
        ),
        (
            r#"{"a":"Bearer abcdefghijklmnop1234"}"#,
            r#"{"a":"[redacted:bearer_token]"}"#,
        ),
        (
            "t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl;",
            "t=[redacted:jwt];",
        ),
        ("AKIAIOSFODNN7EXAMPLE", "[redacted:aws_key]"),
        (
            r"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- x",
            "[redacted:private_key] x",
        ),
        (
            r#"{"a":"-----BEGIN RSA PRIVATE KEY-----\nMII"}"#,
            r#"{"a":"[redacted:private_key]"}"#,
        ),
        (
            "-----BEGIN PUBLIC KEY-----\nMII",
            "-----BEGIN PUBLIC KEY-----\nMII",
        ),
    ] {
        assert_eq!(mask(text), masked, "{text}");
    }
}

#[test]
fn credentials_in_urls_and_behind_their_names_are_masked() {
    for (text, masked) in [
        (
            "postgres://bob:s3cret@db:5432/x",
            "postgres://[redacted:url_credentials]@db:5432/x",
        ),
        (
            "redis://:s3cret@db",
            "redis://[redacted:url_credentials]@db",
        ),
        (
            r"https:\/\/bob:s3cret@host\/x",
            "https://[redacted:url_credentials]@host/x",
        ),
        (
            "https://x0123456789abcdef@host/x",
            "https://[redacted:url_credentials]@host/x",
        ),
        (
            "ssh://git@host/x https://host/@me:you",
            "ssh://git@host/x https://host/@me:you",
        ),
        (
            r#"{"aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}"#,
            r#"{"aws_secret_access_key": "[redacted:aws_secret_key]"}"#,
        ),
        (
            r#"{\"apiKey\":\"0123456789abcdefghijklmn\"}"#,
            r#"{\"apiKey\":\"[redacted:api_key]\"}"#,
        ),
        (
            r#"{"api_key":123456789012345678901234567890}"#,
            r#"{"api_key":123456789012345678901234567890}"#,
        ),
    ] {
        assert_eq!(mask(text), masked, "{text}");
    }
}

#[test]
fn characters_written_as_escapes_do_not_hide_a_secret() {
    for (text, masked) in [
        (
            r#"{"a":"sk\u002dabcdefghijklmnop\u0030123"}"#,
            r#"{"a":"[redacted:api_key]"}"#,
        ),
        (
            r#""AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq\/K1SZFPTOtr\/KBHBeksoGMGw==""#,
            r#""AccountKey=[redacted:secret]""#,
        ),
        // An escaped backslash does not begin an escape.
        (
            r#""sk\\u002dabcdefghijklmnop0123""#,
            r#""sk\\u002dabcdefghijklmnop0123""#,
        ),
        // Nothing to hide: the text is returned unchanged.
        (r#""a\/b\u0041""#, r#""a\/b\u0041""#),
    ] {
        assert_eq!(mask(text), masked, "{text}");
    }
}

#[test]
fn a_picture_is_passed_over_and_what_follows_it_is_not() {
    let key = "sk-proj-abcdefghijklmnop0123456789";
    let picture = "kAKIAIOSFODNN7EXAMPLE/+".repeat(60);
    let text = format!(r#"{{"url":"data:image/png;base64,{picture}==","key":"{key}"}}"#);
    let masked = mask(&text);
    assert!(
        masked.contains(&picture) && !masked.contains(key),
        "{masked}"
    );
    let short = format!("data:text/plain;base64,{key}");
    assert!(!mask(&short).contains(key));
    assert!(!mask("data:;base64,AKIAIOSFODNN7EXAMPLE").contains("IOSF"));
}

#[test]
fn a_key_that_is_cut_off_does_not_swallow_what_follows_its_string() {
    let cut = r#"["-----BEGIN PRIVATE KEY-----\nMII\" said he","-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----"]"#;
    assert_eq!(
        mask(cut),
        r#"["[redacted:private_key]\" said he","[redacted:private_key]"]"#
    );
}

#[test]
fn ordinary_text_is_left_alone_and_not_copied() {
    for text in [
        "",
        "task-based sk-learn and risk-abcdefghijklmnopqrstuv",
        "sk-learn-pipelines-with-scaling-and-more",
        "Bearer of news",
        "basic characterization, basic responsibilities",
        "eyJust a word",
        "日本語 sk-",
        r#"{"max_tokens":16,"api_key":"none","key":"value","total_tokens":12345678901234567890123}"#,
        "api_key = your-api-key-goes-here",
        "https://example.com:8080/a?b=c user:pass@host",
        "commit 0123456789abcdef0123456789abcdef01234567",
        "bob@example.com paid with 4111 1111 1111 1111",
        r"C:\new\build\file",
        r#"{"bucket":"b","key":"uploads/2024/img_8f3a9c2b1d4e-v2.png"}"#,
        r#"{"items":[],"nextPageToken":"CAUQAAxB7k2Lm9Qr4Tz1W"}"#,
    ] {
        assert!(
            matches!(mask(text), Cow::Borrowed(_)),
            "{text}: {}",
            mask(text)
        );
    }
}

#[test]
fn addresses_and_cards_where_they_are_asked_for() {
    let all = Mask::default().with_emails().with_cards();
    for (text, masked) in [
        ("mail bob.o+x@mail.example.com.", "mail [redacted:email]."),
        (r#""a\nbob@example.com""#, r#""a\n[redacted:email]""#),
        (r#""\u00e9bob@example.com""#, r#""\u00e9[redacted:email]""#),
        ("@bob and a@b and x@y.z1", "@bob and a@b and x@y.z1"),
        (
            "4111 1111 1111 1111 and 5500-0000-0000-0004",
            "[redacted:card] and [redacted:card]",
        ),
        (
            "4111111111111112 is none, nor 1732350000000",
            "4111111111111112 is none, nor 1732350000000",
        ),
        (
            r#"{"n":4111111111111111,"s":"4111111111111111"}"#,
            r#"{"n":0,"s":"[redacted:card]"}"#,
        ),
        (
            r#"["\u0041","x4111111111111111"]"#,
            r#"["\u0041","x4111111111111111"]"#,
        ),
        (r#""\n4111111111111111""#, r#""\n[redacted:card]""#),
    ] {
        assert_eq!(all.apply(text), masked, "{text}");
        assert_eq!(mask(text), text);
    }
}
