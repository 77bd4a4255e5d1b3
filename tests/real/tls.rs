//! The exporter over TLS, with a collector that demands certificates.

use std::fs;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use spanloom_exporter::{Destination, Exporter, Receipt, SpoolSettings};
use spanloom_tests::parts::collector::Collector;
use tempfile::TempDir;

use crate::authority::{Authority, Valid};

/// Returns the receipt of one call, after one attempt.
async fn sent(destination: Destination) -> Receipt {
    let spool = tempfile::tempdir().unwrap();
    let exporter = Exporter::builder("acme/tls/calls".parse().unwrap())
        .with_destination(destination)
        .with_spool(SpoolSettings::new(spool.path()))
        .start()
        .unwrap();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(exporter.processor())
        .build();
    let mut span = provider.tracer("tls").start("chat m");
    span.set_attribute(KeyValue::new("gen_ai.operation.name", "chat"));
    span.end();
    let flush = move || exporter.flush(Duration::from_secs(20));
    tokio::task::spawn_blocking(flush).await.unwrap()
}

/// Returns a folder with the collector's certificate and a configuration that uses it and demands one of `clients`.
fn demanding(authority: &Authority, clients: &Authority) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let own = authority.sign("127.0.0.1", Valid::Now);
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let certificate = file("certificate.pem", own.certificate.pem());
    let key = file("key.pem", own.key.serialize_pem());
    let clients = file("clients.pem", clients.pem());
    let tls = format!(
        "{{ tls: {{ cert_file: {certificate}, key_file: {key}, client_ca_file: {clients} }} }}"
    );
    file(
        "over.yaml",
        format!("receivers: {{ otlp: {{ protocols: {{ http: {tls}, grpc: {tls} }} }} }}\n"),
    );
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_demands_certificates_takes_what_has_them_and_loses_nothing_else() {
    let (authority, clients) = (Authority::new("ours"), Authority::new("clients"));
    let folder = demanding(&authority, &clients);
    let over = folder.path().join("over.yaml");
    // The next servers do not matter.
    let nobody = ("127.0.0.1:9", "http://127.0.0.1:9");
    let collector = Collector::start_with(nobody.0, nobody.1, &[&over])
        .await
        .unwrap();
    let client = clients.sign("service", Valid::Now).pem();
    type To = fn(&str) -> Result<Destination, spanloom_exporter::Error>;
    let doors: [(String, To); 2] = [
        (collector.address(), Destination::otlp_http),
        (collector.grpc_address(), Destination::otlp_grpc),
    ];
    for (plain, to) in doors {
        let over_tls = plain.replace("http://", "https://");
        let trusting = to(&over_tls).unwrap();
        let trusting = trusting
            .with_root_certificates(authority.pem().as_bytes())
            .unwrap();
        let known = trusting.clone().with_identity(client.as_bytes()).unwrap();
        let receipt = sent(known).await;
        assert!(receipt.is_complete(), "{receipt}\n{}", collector.log());
        for wrong in [to(&plain).unwrap(), to(&over_tls).unwrap(), trusting] {
            let shown = format!("{wrong:?}");
            let receipt = sent(wrong).await;
            let places = (receipt.delivered, receipt.rejected, receipt.spooled);
            assert_eq!(places, (0, 0, 1), "{shown}: {receipt}\n{}", collector.log());
        }
    }
}
