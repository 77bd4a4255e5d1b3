//! Access control: the server answers requests for its own names only, from programs or from its own pages.
//!
//! Listening on loopback keeps other machines out, but not the pages in this machine's browsers. A page may resolve its
//! own name to 127.0.0.1 and send same-origin requests: the `Host` header gives it away. A page may also post a form
//! here: the `Origin` header gives it away. Both headers are checked before anything else, on every path.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::reply::Problem;

/// The host names that refer to this machine only.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Refuses requests for other hosts and requests from other pages. The state is the listener's port.
pub(crate) async fn guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    match check(port, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check<B>(port: u16, request: &http::Request<B>) -> Result<(), Problem> {
    let (method, headers) = (request.method(), request.headers());
    let mut hosts = headers.get_all(HOST).iter();
    let first = hosts.next().and_then(|host| host.to_str().ok());
    // HTTP/2 has the host in `:authority`.
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let (Some(host), None) = (first.or(authority), hosts.next()) else {
        return Err(Problem::bad_request("exactly one Host header is needed"));
    };
    if !is_own(host, port) {
        let reason = "this server answers only to 127.0.0.1, localhost and [::1] with its own port";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, reason));
    }
    let foreign = || {
        Problem::new(
            StatusCode::FORBIDDEN,
            "requests from other pages are refused",
        )
    };
    for origin in headers.get_all(ORIGIN) {
        let own = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix("http://"));
        if !own.is_some_and(|own| own.eq_ignore_ascii_case(host)) {
            return Err(foreign());
        }
    }
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    match site {
        // A link from another site may open a page, but must not change anything.
        Some(b"same-origin" | b"none") | None => Ok(()),
        Some(_) if method.is_safe() => Ok(()),
        Some(_) => Err(foreign()),
    }
}

fn is_own(host: &str, port: u16) -> bool {
    let (name, of_port) = match host.rsplit_once(':') {
        // An IPv6 address without a port ends with its bracket.
        Some((name, digits)) if !digits.ends_with(']') => (name, Some(digits)),
        _ => (host, None),
    };
    let port_matches = match of_port {
        Some(digits) => !digits.starts_with('+') && digits.parse() == Ok(port),
        None => port == 80,
    };
    port_matches && NAMES.iter().any(|own| name.eq_ignore_ascii_case(own))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, Method};

    use super::*;

    fn answer(method: &Method, pairs: &[(&'static str, &str)]) -> u16 {
        let mut request = http::Request::new(());
        *request.method_mut() = method.clone();
        for (name, value) in pairs {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().append(*name, value);
        }
        check(7440, &request).map_or_else(
            |problem| problem.into_response().status().as_u16(),
            |()| 200,
        )
    }

    #[test]
    fn only_its_own_names_with_its_own_port() {
        for host in [
            "127.0.0.1:7440",
            "localhost:7440",
            "LOCALHOST:7440",
            "[::1]:7440",
        ] {
            assert_eq!(answer(&Method::GET, &[("host", host)]), 200, "{host}");
        }
        for host in [
            "evil.test",
            "evil.test:7440",
            "127.0.0.1.evil.test:7440",
            "localhost.evil.test:7440",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1:07441",
            "localhost.:7440",
            "user@127.0.0.1:7440",
            "127.0.0.1:7440:7440",
            "2130706433:7440",
            "0x7f000001:7440",
            "127.1:7440",
            "0.0.0.0:7440",
            "[::1%25lo]:7440",
            "[::ffff:127.0.0.1]:7440",
            "::1:7440",
            "localhost:+7440",
            "localhost:",
            "",
            " localhost:7440",
            "127.0.0.1:7440/",
        ] {
            assert_eq!(answer(&Method::GET, &[("host", host)]), 421, "{host}");
        }
    }

    #[test]
    fn one_host_and_not_two() {
        assert_eq!(answer(&Method::GET, &[]), 400);
        assert_eq!(
            answer(
                &Method::GET,
                &[("host", "localhost:7440"), ("host", "localhost:7440")]
            ),
            400
        );
    }

    #[test]
    fn other_pages_are_refused_and_programs_are_not() {
        let host = ("host", "localhost:7440");
        assert_eq!(answer(&Method::POST, &[host]), 200, "no browser");
        assert_eq!(
            answer(&Method::POST, &[host, ("origin", "http://localhost:7440")]),
            200
        );
        for origin in [
            "http://evil.test",
            "null",
            "https://localhost:7440",
            "http://localhost:7441",
            "http://127.0.0.1:7440",
        ] {
            assert_eq!(
                answer(&Method::POST, &[host, ("origin", origin)]),
                403,
                "{origin}"
            );
            assert_eq!(
                answer(&Method::GET, &[host, ("origin", origin)]),
                403,
                "{origin}"
            );
        }
        assert_eq!(
            answer(&Method::POST, &[host, ("sec-fetch-site", "cross-site")]),
            403
        );
        assert_eq!(
            answer(&Method::POST, &[host, ("sec-fetch-site", "same-site")]),
            403
        );
        assert_eq!(
            answer(&Method::POST, &[host, ("sec-fetch-site", "same-origin")]),
            200
        );
        assert_eq!(
            answer(&Method::GET, &[host, ("sec-fetch-site", "cross-site")]),
            200,
            "a link"
        );
    }
}
