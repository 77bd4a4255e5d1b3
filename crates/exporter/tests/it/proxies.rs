//! Proxies that the environment names: used for remote hosts only; a proxy that fails loses no records, and its
//! credentials are never exposed.

use std::time::Duration;

use crate::authority::{Authority, Valid};
use crate::child::Task;
use crate::front::Front;
use crate::proxy::{Manner, Proxy};
use crate::setup::PATIENCE;
use crate::upstream::{Spoken, Upstream};

/// A host that only the proxy can resolve.
const FAR: &str = "collector.test";
/// A password, and its form on the wire for the user `ann`.
const CANARY: &str = "c4n4ry-of-the-proxy";
const CANARY_SENT: &str = "YW5uOmM0bjRyeS1vZi10aGUtcHJveHk=";

fn task<'a>(spoken: Spoken, url: &'a str) -> Task<'a> {
    Task {
        spoken,
        url,
        authority: "",
        timeout: PATIENCE,
    }
}

/// The patience for calls that are never answered.
const HASTE: Duration = Duration::from_millis(300);

/// Returns a child's environment with this proxy for everything.
fn through(proxy: &str) -> [(&'static str, &str); 2] {
    [("HTTP_PROXY", proxy), ("HTTPS_PROXY", proxy)]
}

#[test]
fn what_is_far_goes_through_the_proxy_in_a_tunnel() {
    let authority = Authority::new("ours");
    for spoken in Spoken::ALL {
        let upstream = Upstream::new(spoken);
        let own = authority.sign(FAR, Valid::Now);
        let front = Front::start(&own, None, spoken.inside(), upstream.address());
        let proxy = Proxy::start(Manner::Forward(front.address));
        let far = Task {
            authority: &authority.pem(),
            ..task(spoken, "https://collector.test")
        };
        let outcome = far.run(&through(&proxy.url("")));
        assert_eq!(
            outcome.receipt, "1 delivered",
            "{spoken:?}\n{}",
            outcome.all
        );
        assert_eq!(upstream.requests(), 1);
        let heads = proxy.heads();
        assert!(
            heads[0].starts_with("CONNECT collector.test:443 "),
            "{heads:?}"
        );

        // The proxy's target is not trusted just because the proxy connects to it.
        let outcome = task(spoken, "https://collector.test").run(&through(&proxy.url("")));
        assert_eq!(outcome.receipt, "0 delivered, 1 spooled", "{}", outcome.all);
        assert!(
            outcome.all.contains("not signed by a trusted authority"),
            "{}",
            outcome.all
        );
        assert_eq!(upstream.requests(), 1);
    }
}

#[test]
fn what_is_far_and_plain_goes_through_the_proxy() {
    for spoken in [Spoken::Wandb, Spoken::Otlp] {
        let upstream = Upstream::new(spoken);
        let proxy = Proxy::start(Manner::Forward(upstream.address()));
        let outcome = task(spoken, "http://collector.test").run(&through(&proxy.url("")));
        assert_eq!(outcome.receipt, "1 delivered", "{}", outcome.all);
        assert_eq!(upstream.requests(), 1);
        let heads = proxy.heads();
        assert!(
            heads[0].starts_with("POST http://collector.test/"),
            "{heads:?}"
        );
    }
}

#[test]
fn a_socks_proxy_for_everything_is_one_too() {
    let authority = Authority::new("ours");
    for spoken in Spoken::ALL {
        let upstream = Upstream::new(spoken);
        let own = authority.sign(FAR, Valid::Now);
        let front = Front::start(&own, None, spoken.inside(), upstream.address());
        let proxy = Proxy::start(Manner::Socks(front.address));
        let far = Task {
            authority: &authority.pem(),
            ..task(spoken, "https://collector.test")
        };
        let named = format!("socks5h://{}", proxy.address);
        let outcome = far.run(&[("ALL_PROXY", &named)]);
        assert_eq!(
            outcome.receipt, "1 delivered",
            "{spoken:?}\n{}",
            outcome.all
        );
        assert_eq!(
            (upstream.requests(), proxy.heads()),
            (1, vec![FAR.to_owned()])
        );
    }
}

#[test]
fn what_is_near_or_exempt_does_not() {
    for spoken in Spoken::ALL {
        let upstream = Upstream::new(spoken);
        let proxy = Proxy::start(Manner::Hang);
        let port = upstream.address().port();
        // This machine, under a name that is not recognized as loopback.
        let wildcard = format!("http://0.0.0.0:{port}");
        for (url, exempt) in [
            (format!("http://127.0.0.1:{port}"), ""),
            (format!("http://localhost:{port}"), ""),
            (wildcard, "example.com,0.0.0.0"),
        ] {
            let named = proxy.url("");
            let mut environment = Vec::from(through(&named));
            environment.extend([("ALL_PROXY", &*named), ("NO_PROXY", exempt)]);
            let outcome = task(spoken, &url).run(&environment);
            assert_eq!(
                outcome.receipt, "1 delivered",
                "{spoken:?} {url}\n{}",
                outcome.all
            );
        }
        assert_eq!((upstream.requests(), proxy.heads()), (3, Vec::new()));
    }
}

/// gRPC without TLS is HTTP/2 from its first byte, which such proxies do not forward.
#[test]
fn grpc_in_plain_text_goes_through_no_proxy() {
    let upstream = Upstream::new(Spoken::Grpc);
    let proxy = Proxy::start(Manner::Hang);
    let url = format!("http://0.0.0.0:{}", upstream.address().port());
    let outcome = task(Spoken::Grpc, &url).run(&through(&proxy.url("")));
    assert_eq!(outcome.receipt, "1 delivered", "{}", outcome.all);
    assert_eq!((upstream.requests(), proxy.heads()), (1, Vec::new()));
}

/// Returns destinations that are requested through a proxy: in a tunnel, and in plain text.
fn far() -> Vec<(Spoken, &'static str)> {
    let tunnelled = Spoken::ALL.map(|spoken| (spoken, "https://collector.test"));
    let plain = [Spoken::Wandb, Spoken::Otlp].map(|spoken| (spoken, "http://collector.test"));
    tunnelled.into_iter().chain(plain).collect()
}

#[test]
fn a_proxy_that_demands_credentials_loses_nothing() {
    let proxy = Proxy::start(Manner::Demand);
    for (spoken, url) in far() {
        let outcome = task(spoken, url).run(&through(&proxy.url("")));
        let all = outcome.all;
        assert_eq!(
            outcome.receipt, "0 delivered, 1 spooled",
            "{spoken:?} {url}\n{all}"
        );
        assert!(
            all.contains("trouble=Proxy") && all.contains("requires different credentials"),
            "{all}"
        );
    }
    assert_eq!(proxy.heads().len(), far().len(), "each asks once");
}

#[test]
fn a_proxy_that_hangs_is_left_in_time_and_loses_nothing() {
    let proxy = Proxy::start(Manner::Hang);
    for (spoken, url) in far() {
        let hasty = Task {
            timeout: HASTE,
            ..task(spoken, url)
        };
        let outcome = hasty.run(&through(&proxy.url("")));
        let all = outcome.all;
        assert_eq!(
            outcome.receipt, "0 delivered, 1 spooled",
            "{spoken:?} {url}\n{all}"
        );
        assert!(all.contains("no complete answer in time"), "{all}");
    }
}

#[test]
fn a_proxys_credentials_are_for_the_proxy_alone() {
    let authority = Authority::new("ours");
    for (spoken, url) in far() {
        let upstream = Upstream::new(spoken);
        let own = authority.sign(FAR, Valid::Now);
        let front = Front::start(&own, None, spoken.inside(), upstream.address());
        let behind = match url.starts_with("https") {
            true => front.address,
            false => upstream.address(),
        };
        for (manner, timeout, receipt) in [
            (Manner::Forward(behind), PATIENCE, "1 delivered"),
            (Manner::Demand, PATIENCE, "0 delivered, 1 spooled"),
            (Manner::Hang, HASTE, "0 delivered, 1 spooled"),
        ] {
            let far = Task {
                authority: &authority.pem(),
                timeout,
                ..task(spoken, url)
            };
            let proxy = Proxy::start(manner);
            let outcome = far.run(&through(&proxy.url(&format!("ann:{CANARY}@"))));
            let all = outcome.all;
            assert_eq!(
                outcome.receipt, receipt,
                "{spoken:?} {url} {manner:?}\n{all}"
            );
            let heads = proxy.heads();
            assert!(
                heads[0].contains(CANARY_SENT),
                "the proxy gets them: {heads:?}"
            );
            // A log that never mentions the proxy would prove nothing.
            assert!(all.contains("intercepts"), "{all}");
            assert!(!all.contains(CANARY) && !all.contains(CANARY_SENT), "{all}");
        }
    }
}

#[test]
fn a_proxy_that_cannot_be_read_is_shown_to_nobody() {
    let upstream = Upstream::new(Spoken::Otlp);
    let url = format!("http://0.0.0.0:{}", upstream.address().port());
    for odd in [
        format!("http://ann:{CANARY}@[odd"),
        format!("http://ann:{CANARY}@out:99999"),
        format!("http://ann:x@{CANARY}@127.0.0.1:9"),
        format!("ftp://ann:{CANARY}@out"),
        format!("ann:{CANARY}"),
    ] {
        let outcome = task(Spoken::Otlp, &url).run(&through(&odd));
        let all = outcome.all;
        assert!(!all.contains(CANARY), "{all}");
        assert!(
            all.contains("no proxy is used") && all.contains("HTTP_PROXY"),
            "{all}"
        );
        assert_eq!(outcome.receipt, "1 delivered", "{all}");
    }
}

/// Tests the system's own authorities, which neither a builder nor a collector's variable sets.
#[test]
fn authorities_are_named_for_the_whole_process_too() {
    let authority = Authority::new("ours");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority.pem()).unwrap();
    let known = [("SSL_CERT_FILE", file.path().to_str().unwrap())];
    let upstream = Upstream::new(Spoken::Wandb);
    let own = authority.sign("127.0.0.1", Valid::Now);
    let front = Front::start(&own, None, "http/1.1", upstream.address());
    let outcome = task(Spoken::Wandb, &front.url()).run(&known);
    assert_eq!(outcome.receipt, "1 delivered", "{}", outcome.all);

    // The system's authorities also verify a proxy behind TLS, even when plain text goes through it.
    let proxy = Proxy::start(Manner::Forward(upstream.address()));
    let front = Front::start(&own, None, "http/1.1", proxy.address);
    let (named, [known]) = (front.url(), known);
    let [http, https] = through(&named);
    let outcome = task(Spoken::Wandb, "http://collector.test").run(&[http, https, known]);
    assert_eq!(outcome.receipt, "1 delivered", "{}", outcome.all);
    assert_eq!((upstream.requests(), proxy.heads().len()), (2, 1));
}
