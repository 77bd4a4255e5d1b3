//! The proxy that the environment names for a destination.
//!
//! The HTTP client reads the variables and uses the proxy. This module checks them first: the client accepts some texts
//! that are not addresses (a forgotten `@` is enough) and logs them, with the password.

use reqwest::Url;

use crate::destination::Destination;
#[cfg(feature = "otlp")]
use crate::exchange::Framing;

/// The route to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProxyRoute {
    /// No proxy, whatever the environment names.
    Direct,
    /// The proxy that the environment names, if any.
    AsNamed,
    /// The proxy that the environment names, reached over TLS.
    AsNamedOverTls,
}

/// Variables by scheme, in the order in which the client reads them.
const HTTP: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const HTTPS: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];

const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];

impl ProxyRoute {
    /// Returns the route to a destination; logs a variable that cannot be used.
    pub(crate) fn to(destination: &Destination) -> Self {
        Self::read(destination, |name| std::env::var(name).ok())
    }

    fn read(destination: &Destination, variable: impl Fn(&str) -> Option<String>) -> Self {
        // A proxy for other machines is not used for this machine.
        if destination.is_loopback() {
            return Self::Direct;
        }
        // gRPC without TLS is HTTP/2 from its first byte, which HTTP proxies do not forward.
        if destination.is_plain() && is_grpc(destination) {
            return Self::Direct;
        }
        let own = if destination.is_plain() { HTTP } else { HTTPS };
        // The first variable that is set counts, even if it is empty.
        let first = |names: [&'static str; 2]| {
            let mut set = names
                .into_iter()
                .filter_map(|name| Some((name, variable(name)?)));
            set.next().filter(|(_, text)| !text.is_empty())
        };
        let Some((name, text)) = first(own).or_else(|| first(ALL)) else {
            return Self::AsNamed;
        };
        match scheme(&text) {
            Some(scheme) if scheme == "https" => Self::AsNamedOverTls,
            Some(_) => Self::AsNamed,
            None => {
                tracing::warn!(name: "spanloom.proxy.unreadable", variable = name, %destination,
                    "no proxy is used: expected an address such as http://user:password@host:3128");
                Self::Direct
            }
        }
    }
}

#[cfg(feature = "otlp")]
fn is_grpc(destination: &Destination) -> bool {
    destination.carrier() == Framing::Grpc
}

#[cfg(not(feature = "otlp"))]
fn is_grpc(_: &Destination) -> bool {
    false
}

/// Returns the scheme of a proxy's address; `None` when the text is not such an address.
fn scheme(text: &str) -> Option<String> {
    let whole = match text.contains("://") {
        true => text.to_owned(),
        false => format!("http://{text}"),
    };
    let (_, rest) = whole.split_once("://")?;
    // Within the password, one of these characters would end or begin the host too early.
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let odd = authority.contains(['/', '?', '#', '\\']) || authority.matches('@').count() > 1;
    let url: Url = whole.parse().ok().filter(|_| !odd)?;
    let known = SCHEMES.contains(&url.scheme()) && url.host_str().is_some_and(|it| !it.is_empty());
    known.then(|| url.scheme().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(destination: &str, variables: &[(&str, &str)]) -> ProxyRoute {
        let destination = Destination::spanloom(destination).unwrap();
        of(&destination, variables)
    }

    fn of(destination: &Destination, variables: &[(&str, &str)]) -> ProxyRoute {
        let value = |name: &str| {
            let mut found = variables.iter().filter(|(it, _)| *it == name);
            found.next().map(|(_, value)| (*value).to_owned())
        };
        ProxyRoute::read(destination, value)
    }

    #[test]
    fn addresses_of_proxies_are_told_from_what_is_none() {
        for good in [
            "http://out:3128",
            "http://out:3128/",
            "https://ann:pass%40word@out",
            "socks5h://127.0.0.1:1080",
            "out:3128",
            "ann:password@out:3128",
            "[::1]:3128",
        ] {
            assert!(scheme(good).is_some(), "{good}");
        }
        for bad in [
            "ann:password",
            "http://ann:password",
            "http://ann:pass@word@out",
            "http://ann:pass/word@out",
            "http://ann:1#2@out",
            "http://out:99999",
            "http://",
            "ftp://out",
            "socks4://out",
        ] {
            assert_eq!(scheme(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_variable_of_the_scheme_beats_that_for_all() {
        let tls = "https://out:3128";
        let (plain, far) = ("http://collector.test", "https://collector.test");
        assert_eq!(way(plain, &[]), ProxyRoute::AsNamed);
        assert_eq!(
            way(plain, &[("HTTP_PROXY", tls)]),
            ProxyRoute::AsNamedOverTls
        );
        assert_eq!(way(plain, &[("HTTPS_PROXY", tls)]), ProxyRoute::AsNamed);
        assert_eq!(
            way(far, &[("https_proxy", tls)]),
            ProxyRoute::AsNamedOverTls
        );
        assert_eq!(way(far, &[("all_proxy", tls)]), ProxyRoute::AsNamedOverTls);
        let both = [("ALL_PROXY", tls), ("HTTPS_PROXY", "http://out")];
        assert_eq!(way(far, &both), ProxyRoute::AsNamed);
        let emptied = [("http_proxy", tls), ("HTTP_PROXY", "")];
        assert_eq!(way(plain, &emptied), ProxyRoute::AsNamed);
        assert_eq!(
            way("http://localhost", &[("HTTP_PROXY", tls)]),
            ProxyRoute::Direct
        );
        assert_eq!(
            way(far, &[("HTTPS_PROXY", "ann:password")]),
            ProxyRoute::Direct
        );
    }

    #[cfg(feature = "otlp")]
    #[test]
    fn grpc_goes_by_a_proxy_over_tls_alone() {
        let named = [("HTTP_PROXY", "http://out"), ("HTTPS_PROXY", "http://out")];
        let plain = Destination::otlp_grpc("http://collector.test").unwrap();
        assert_eq!(of(&plain, &named), ProxyRoute::Direct);
        let over_tls = Destination::otlp_grpc("https://collector.test").unwrap();
        assert_eq!(of(&over_tls, &named), ProxyRoute::AsNamed);
    }
}
