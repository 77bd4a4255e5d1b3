//! gRPC's transport through the proxy: HTTP/2 with prior knowledge, in front of a real HTTP/2 server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use spanloom_fault_proxy::{Cut, FaultProxy, ProxyFault, RetryAfter, StatusCode};
use tokio::net::TcpListener;

/// More than one frame, and more than the first window.
const LARGE: usize = 200_000;

/// Starts a server that answers with the request's length, and counts the requests.
async fn start() -> (FaultProxy, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let count = Arc::clone(&count);
            let service = service_fn(move |request: http::Request<Incoming>| {
                let count = Arc::clone(&count);
                async move {
                    let body = request.into_body().collect().await?.to_bytes();
                    count.fetch_add(1, Ordering::SeqCst);
                    let answer = Bytes::from(body.len().to_string());
                    Ok::<_, hyper::Error>(Response::new(Full::new(answer)))
                }
            });
            let server = http2::Builder::new(TokioExecutor::new());
            tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
        }
    });
    (FaultProxy::start(address).unwrap(), served)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .http2_prior_knowledge()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .build()
        .unwrap()
}

async fn post(client: &reqwest::Client, proxy: &FaultProxy) -> reqwest::Result<String> {
    let answer = client.post(proxy.url()).body("x".repeat(LARGE)).send();
    answer.await?.error_for_status()?.text().await
}

#[tokio::test]
async fn without_a_fault_all_passes_on_one_connection() {
    let (proxy, served) = start().await;
    let client = client();
    for _ in 0..3 {
        assert_eq!(post(&client, &proxy).await.unwrap(), LARGE.to_string());
    }
    let both = tokio::join!(post(&client, &proxy), post(&client, &proxy));
    both.0.unwrap();
    both.1.unwrap();
    assert_eq!((proxy.connections(), proxy.counts().forwarded), (1, 5));
    assert_eq!(served.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn statuses_reach_the_client_and_the_upstream_hears_nothing() {
    let (proxy, served) = start().await;
    let client = client();
    for fault in ProxyFault::matrix() {
        let (status, header, value) = match &fault {
            ProxyFault::Status {
                status,
                retry_after,
            } => {
                let value = match retry_after {
                    Some(RetryAfter::Seconds(seconds)) => Some(seconds.to_string()),
                    Some(RetryAfter::Text(text)) => Some((*text).to_owned()),
                    // The date changes from run to run.
                    Some(_) => continue,
                    None => None,
                };
                (*status, "retry-after", value)
            }
            ProxyFault::GrpcStatus { code, .. } => {
                (StatusCode::OK, "grpc-status", Some(code.to_string()))
            }
            ProxyFault::Redirect { status } => (*status, "grpc-status", None),
            _ => continue,
        };
        proxy.fault_next(fault.clone());
        let request = client.post(proxy.url()).body("x".repeat(LARGE));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{fault}");
        let seen = answer.headers().get(header).map(|it| it.to_str().unwrap());
        assert_eq!(seen, value.as_deref(), "{fault}");
        let location = answer.headers().get("location").is_some();
        assert_eq!(location, matches!(fault, ProxyFault::Redirect { .. }));
    }
    assert_eq!(served.load(Ordering::SeqCst), 0);
    post(&client, &proxy).await.unwrap();
}

#[tokio::test]
async fn a_retry_delay_stands_in_the_details() {
    let (proxy, _served) = start().await;
    proxy.fault_next(ProxyFault::GrpcStatus {
        code: 8,
        retry_delay: Some(Duration::from_millis(1_500)),
    });
    let answer = client().post(proxy.url()).send().await.unwrap();
    // Decoded by hand: Status{8, "injected ...", [Any{RetryInfo, {Duration{1, 500000000}}}]}.
    assert_eq!(
        answer.headers()["grpc-status-details-bin"],
        "CAgSG2luamVjdGVkIGJ5IHRoZSBmYXVsdCBwcm94eRo2Cih0eXBlLmdvb2dsZWFwaXMuY29tL2dvb2dsZS5ycGMuUmV0cnlJbmZvEgoKCAgBEIDKte4B"
    );
}

#[tokio::test]
async fn lost_answers_come_after_the_request_was_applied() {
    for cut in [Cut::Close, Cut::Reset] {
        let (proxy, served) = start().await;
        let faults = [
            ProxyFault::CutAnswer { after: 0, cut },
            ProxyFault::CutAnswer { after: 5, cut },
            ProxyFault::CutAnswerBody { cut },
        ];
        for (number, fault) in faults.into_iter().enumerate() {
            proxy.fault_next(fault.clone());
            assert!(post(&client(), &proxy).await.is_err(), "{fault}");
            assert_eq!(served.load(Ordering::SeqCst), number + 1, "{fault}");
        }
        let whole = ProxyFault::StaleConnection { cut };
        let (proxy, served) = start().await;
        proxy.fault_next(whole);
        let client = client();
        if cut == Cut::Close {
            post(&client, &proxy).await.unwrap();
        } else {
            // A reset may overtake what the client has not read yet.
            post(&client, &proxy).await.ok();
        }
        proxy.wait_for_faults(1).await.unwrap();
        assert_eq!(served.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn requests_that_are_cut_are_not_applied() {
    let (proxy, served) = start().await;
    let mut faults = vec![
        ProxyFault::ResetAtConnect,
        ProxyFault::HalfCloseAtConnect,
        ProxyFault::CloseAtConnect,
        ProxyFault::Garbage,
        ProxyFault::EndlessContinue,
        ProxyFault::HtmlPage,
        ProxyFault::TlsAlert,
    ];
    for cut in [Cut::Close, Cut::Reset] {
        faults.push(ProxyFault::NoAnswer { cut });
        faults.push(ProxyFault::CutRequest { after: 1, cut });
        let after = LARGE / 2;
        faults.push(ProxyFault::CutRequest { after, cut });
    }
    for fault in faults {
        proxy.fault_next(fault.clone());
        let answer = post(&client(), &proxy).await;
        let is_page = fault == ProxyFault::HtmlPage;
        assert_eq!(answer.is_ok(), is_page, "{fault}: {answer:?}");
        assert_eq!(served.load(Ordering::SeqCst), 0, "{fault}");
    }
}

#[tokio::test]
async fn hangs_hang_and_held_answers_come_when_released() {
    let (proxy, served) = start().await;
    let hangs = [
        ProxyFault::ReadNothing,
        ProxyFault::HangAfterHead,
        ProxyFault::HangAfterRequest,
        ProxyFault::HangAfterAnswerHead,
        ProxyFault::HangInAnswer,
    ];
    for (number, fault) in (1..).zip(hangs) {
        proxy.fault_next(fault.clone());
        let (client, url) = (client(), proxy.url());
        let request = tokio::spawn(async move {
            let answer = client.post(url).body("x".repeat(100)).send().await?;
            answer.text().await
        });
        proxy.wait_for_faults(number).await.unwrap();
        assert!(!request.is_finished(), "{fault}");
        request.abort();
    }
    assert_eq!(served.load(Ordering::SeqCst), 0);

    proxy.fault_next(ProxyFault::HeldAnswer);
    let client = client();
    let wait = async {
        proxy.wait_for_faults(6).await.unwrap();
        assert_eq!(served.load(Ordering::SeqCst), 1);
        proxy.release();
    };
    let (answer, ()) = tokio::join!(post(&client, &proxy), wait);
    assert_eq!(answer.unwrap(), LARGE.to_string());
}

#[tokio::test]
async fn slow_and_late_ones_are_whole() {
    let (proxy, served) = start().await;
    let pause = Duration::from_millis(1);
    let delay = Duration::from_millis(20);
    for fault in [
        ProxyFault::SlowAnswer { pause },
        ProxyFault::LateAnswer { delay },
        ProxyFault::SlowRequest { pause },
    ] {
        proxy.fault_next(fault.clone());
        let start = Instant::now();
        let answer = client().post(proxy.url()).body("x".repeat(100)).send();
        let text = answer.await.unwrap().text().await.unwrap();
        assert_eq!(text, "100", "{fault}");
        // The other faults take at least a millisecond per byte, because a sleep is never shorter.
        assert!(start.elapsed() >= delay, "{fault}");
    }
    assert_eq!(served.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn endless_answers_go_on_until_the_client_leaves() {
    for fault in [
        ProxyFault::EndlessChunks,
        ProxyFault::HugeAnswer { bytes: 10 << 30 },
    ] {
        let (proxy, served) = start().await;
        proxy.fault_next(fault.clone());
        let mut answer = client().post(proxy.url()).send().await.unwrap();
        let mut seen = 0;
        // A slower client finds its window exceeded and disconnects: then it has seen enough, too.
        while seen < 1_000_000 {
            match answer.chunk().await {
                Ok(chunk) => seen += chunk.unwrap().len(),
                Err(error) => {
                    let text = format!("{error:?}");
                    assert!(text.contains("FLOW_CONTROL_ERROR"), "{fault}: {text}");
                    break;
                }
            }
        }
        drop(answer);
        proxy.wait_for_faults(1).await.unwrap();
        assert_eq!(served.load(Ordering::SeqCst), 0);
    }
}
