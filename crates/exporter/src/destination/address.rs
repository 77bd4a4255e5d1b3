//! Addresses of servers, and the parts of them that may be shown.

use std::fmt;
use std::path::PathBuf;

use reqwest::Url;

use crate::error::{Error, ErrorKind};

#[derive(Clone, Debug)]
pub(crate) enum Address {
    Server(Url),
    File(PathBuf),
}

impl Address {
    pub(super) fn host(&self) -> String {
        let Self::Server(url) = self else {
            return String::new();
        };
        let host = url.host_str().unwrap_or_default();
        url.port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    pub(super) fn is_loopback(&self) -> bool {
        let Self::Server(url) = self else {
            return false;
        };
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = |address: std::net::IpAddr| address.is_loopback();
        host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_loopback)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(url) => write!(f, "{}://{}", url.scheme(), self.host()),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// Parses the address of a server.
pub(super) fn address(text: &str) -> Result<Url, Error> {
    let invalid = |why: &str| {
        // The text may hold a key: its query is not shown, and nothing is shown if it may have user information.
        let before = text.chars().take_while(|c| !matches!(c, '?' | '#'));
        let shown: String = before.take(100).collect();
        // A colon without a port after it may separate a name from a password whose `@` was forgotten.
        let authority = shown.split("://").last().unwrap_or_default();
        let authority = authority.split('/').next().unwrap_or_default();
        let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
        let may_have_password = !port.chars().all(|c| c.is_ascii_digit() || c == ']');
        let shown = if shown.contains('@') || may_have_password {
            "with user information"
        } else {
            &shown
        };
        let message = format!("invalid endpoint {shown:?}: {why}");
        Error::new(ErrorKind::Destination, message)
    };
    let mut url: Url = text
        .trim()
        .parse()
        .map_err(|_| invalid("expected an address such as http://127.0.0.1:7440"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(invalid("expected http:// or https:// and a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            "set the key with WANDB_API_KEY or a header, not in the address",
        ));
    }
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_addresses_are_named() {
        for base in ["", "htp://x", "127.0.0.1:7440", "file:///x"] {
            let error = address(base).unwrap_err();
            assert!(error.to_string().starts_with("invalid endpoint"), "{error}");
        }
        for base in [
            "https://user:secret@example.com",
            "https://user:secret",
            "https://user:secret/x",
        ] {
            let error = address(base).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let error = address("htp://127.0.0.1:7440").unwrap_err();
        assert!(error.to_string().contains("127.0.0.1:7440"), "{error}");
    }

    #[test]
    fn this_machine_has_several_names() {
        let is_loopback = |text: &str| Address::Server(address(text).unwrap()).is_loopback();
        for text in [
            "http://127.0.0.1:1",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://LOCALHOST",
        ] {
            assert!(is_loopback(text), "{text}");
        }
        for text in [
            "http://128.0.0.1",
            "http://localhost.example.com",
            "https://[::2]",
        ] {
            assert!(!is_loopback(text), "{text}");
        }
    }
}
