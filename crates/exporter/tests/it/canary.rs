//! Planted keys, in every place where an exporter accepts one, appear only where they must be sent.

use std::fs;
use std::path::Path;
use std::time::Duration;

use spanloom_exporter::{Destination, Exporter, SpoolSettings};
use spanloom_testkit::{Sink, SinkAnswer, StatusCode};

use crate::said;
use crate::setup::{block_on, call};

/// A key of no known format, which no scanner would mask.
const KEY: &str = "planted-key-7d1f";
/// The key on the wire: `api:` and the key, in base64.
const KEY_SENT: &str = "YXBpOnBsYW50ZWQta2V5LTdkMWY";
const HEADER: &str = "planted-header-93ac";
/// A key of a known format, which is masked when a server quotes it.
const QUOTED: &str = "sk-proj-Zq8Yw3Tn5Vb7Lk2Mx9Rd4Hf6Js1Pc0Ga";

/// The time for which a busy destination is retried.
const SOON: Duration = Duration::from_millis(300);

/// Returns the content of all files in a folder.
fn written(folder: &Path) -> String {
    let mut found = String::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        found += &path.display().to_string();
        match path.is_dir() {
            true => found += &written(&path),
            false => found += &String::from_utf8_lossy(&fs::read(&path).unwrap()),
        }
    }
    found
}

#[test]
fn keys_are_in_no_log_no_file_no_receipt_and_no_debug_text() {
    said::listen();
    let folder = tempfile::tempdir().unwrap();
    for status in [401, 407, 422, 400, 500, 302, 200] {
        for otlp in [false, true] {
            let sink = Sink::start_on_thread().unwrap();
            let answer = SinkAnswer::status(StatusCode::from_u16(status).unwrap());
            sink.answer_always(answer.with_body(format!("<p>no {QUOTED} here</p>")));
            let destination = match otlp {
                true => Destination::otlp_http(&sink.url()),
                false => Destination::spanloom(&sink.url()),
            };
            let destination = destination.unwrap().with_api_key(KEY);
            let destination = destination.with_header("x-planted", HEADER).unwrap();
            let mut shown = format!("{destination} {destination:?}");
            let exporter = Exporter::builder("acme/chatbot/logs".parse().unwrap())
                .with_destination(destination)
                .with_spool(SpoolSettings::new(folder.path()))
                .start()
                .unwrap();
            call(&exporter);
            shown += &format!("{} {exporter:?}", exporter.flush(SOON));
            call(&exporter);
            let receipt = exporter.shutdown(SOON);
            shown += &format!("{receipt} {receipt:?} {:?}", exporter.receipt());
            block_on(sink.stop());

            let asked = sink.requests();
            assert_eq!(asked[0].header("x-planted"), Some(HEADER), "it was sent");
            shown += &written(folder.path());
            shown += &said::of("").join("\n");
            for planted in [KEY, KEY_SENT, HEADER, QUOTED] {
                let at = shown.find(planted);
                let around = at.map(|at| shown[at.saturating_sub(200)..at + 20].to_owned());
                assert_eq!(around, None, "{status}, OTLP: {otlp}");
            }
        }
    }
    assert!(
        written(folder.path()).contains("[redacted:"),
        "the quoted one was there"
    );
}
