//! Variables of the OTLP exporter.

#![expect(clippy::too_many_lines, reason = "a table")]

use super::{CANARY, GOOD, check, error};
use crate::error::{ErrorKind, Origin};

#[test]
fn collectors() {
    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "c4n4ry, and no PEM").unwrap();
    let empty = empty.to_str().unwrap();
    let here = folder.path().to_str().unwrap();
    let no_file = format!(
        "OTEL_EXPORTER_OTLP_CERTIFICATE: the file {here:?} cannot be read: it is not a file; name a file with PEM text"
    );
    let endless = "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: the file \"/dev/zero\" cannot be read: it is not a file; name a \
                   file with PEM text";
    let scheme = "expected http:// or https:// and a host";
    let user = "set the key with WANDB_API_KEY or a header, not in the address";
    let header = |variable: &str, place: usize, why: &str| {
        format!(
            "{variable}: invalid header {place} of the list: {why}; write name=value,name=value, with values \
             percent-encoded"
        )
    };
    let time = |variable: &str, value: &str| {
        format!(
            "{variable}: invalid time {value:?}: expected milliseconds from 1 to 3600000, such as 10000"
        )
    };
    let protocol = |variable: &str, value: &str| {
        format!("{variable}: invalid protocol {value:?}: expected http/protobuf or grpc")
    };
    let compression = |variable: &str, value: &str| {
        format!("{variable}: invalid compression {value:?}: expected gzip or none")
    };
    let [all, spans] = ["OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"];
    let general = |name: &str| format!("{all}{name}");
    let of_spans = |name: &str| format!("{spans}{name}");
    let no_header = "it is not a valid header name or value";
    check(&[
        (
            GOOD,
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")],
            &[&format!(
                "{}: invalid endpoint \"localhost:4318\": {scheme}",
                general("ENDPOINT")
            )],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "c:1")],
            &[&format!(
                "{}: invalid endpoint \"c:1\": {scheme}",
                of_spans("ENDPOINT")
            )],
        ),
        (
            GOOD,
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:c4n4ry@c:4318")],
            &[&format!(
                "{}: invalid endpoint \"with user information\": {user}",
                general("ENDPOINT")
            )],
        ),
        (
            GOOD,
            &[
                ENDPOINT,
                ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "htp://x?c4n4ry"),
            ],
            &[&format!(
                "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: invalid endpoint \"htp://x\": {scheme}"
            )],
        ),
        (
            GOOD,
            &[("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "x:1")],
            &[&format!(
                "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: invalid endpoint \"x:1\": {scheme}"
            )],
        ),
        (
            GOOD,
            &[("collector", "htp://x")],
            &[&format!("invalid endpoint \"htp://x\": {scheme}")],
        ),
        (
            GOOD,
            &[("collector", "http://c4n4ry@x")],
            &[&format!(
                "invalid endpoint \"with user information\": {user}"
            )],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")],
            &[&protocol(&general("PROTOCOL"), "http/json")],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http")],
            &[&protocol(&of_spans("PROTOCOL"), "http")],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_HEADERS", "Bearer c4n4ry")],
            &[&header(&general("HEADERS"), 1, "it has no '='")],
        ),
        (
            GOOD,
            &[
                ENDPOINT,
                ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=1,Bearer c4n4ry=="),
            ],
            &[&header(&of_spans("HEADERS"), 2, no_header)],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_HEADERS", "=c4n4ry")],
            &[&header(&general("HEADERS"), 1, no_header)],
        ),
        (
            GOOD,
            &[
                ENDPOINT,
                ("OTEL_EXPORTER_OTLP_HEADERS", "a=c4n4ry%0A,,c4n4ry"),
            ],
            &[
                &header(&general("HEADERS"), 1, no_header),
                &header(&general("HEADERS"), 3, "it has no '='"),
            ],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s")],
            &[&time(&general("TIMEOUT"), "10s")],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TIMEOUT", "0")],
            &[&time(&general("TIMEOUT"), "0")],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "3600001")],
            &[&time(&of_spans("TIMEOUT"), "3600001")],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd")],
            &[&compression(&general("COMPRESSION"), "zstd")],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "true")],
            &[&compression(&of_spans("COMPRESSION"), "true")],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_CERTIFICATE", empty)],
            &[&format!(
                "{}: invalid certificate: expected PEM",
                general("CERTIFICATE")
            )],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_CERTIFICATE", here)],
            &[&no_file],
        ),
        (
            GOOD,
            &[
                ENDPOINT,
                ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/dev/zero"),
            ],
            &[endless],
        ),
        (
            GOOD,
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_CLIENT_KEY", empty)],
            &[&format!(
                "{}: it requires OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE; set both or neither",
                general("CLIENT_KEY")
            )],
        ),
        (
            GOOD,
            &[
                ENDPOINT,
                ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", empty),
            ],
            &[&format!(
                "{}: it requires OTEL_EXPORTER_OTLP_CLIENT_KEY; set both or neither",
                of_spans("CLIENT_CERTIFICATE")
            )],
        ),
        (
            GOOD,
            &[
                ENDPOINT,
                ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", empty),
                ("OTEL_EXPORTER_OTLP_CLIENT_KEY", empty),
            ],
            &[&format!(
                "{}: invalid client certificate: expected a certificate and its key as PEM",
                general("CLIENT_CERTIFICATE")
            )],
        ),
        // An unused variable is not checked.
        (
            "a//c",
            &[("OTEL_EXPORTER_OTLP_HEADERS", CANARY)],
            &[
                "invalid stream name \"a//c\": expected entity/project/stream, and project must have 1 to 128 letters, \
             digits, '-', '_', '.' or inner spaces",
            ],
        ),
    ]);
}

#[test]
fn all_at_once() {
    let (error, shown) = error(
        "logs",
        &[
            ("WANDB_API_KEY", CANARY),
            ("WF_TRACE_SERVER_URL", "htp://u:c4n4ry@x"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "x:1"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_HEADERS", CANARY),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "zip"),
            ("SPANLOOM_PRICES", "/missing/prices.json"),
            ("SPANLOOM_SPOOL", "maybe"),
        ],
    );
    let error = error.unwrap();
    assert!(!shown.contains(CANARY), "{shown}");
    let origins: Vec<_> = error
        .faults()
        .map(|fault| (fault.kind(), fault.origin()))
        .collect();
    let of = |kind, name| (kind, Origin::Variable(name));
    assert_eq!(
        origins,
        [
            (ErrorKind::StreamName, Origin::Code("Monitor::builder")),
            of(ErrorKind::Destination, "WF_TRACE_SERVER_URL"),
            of(ErrorKind::Destination, "OTEL_EXPORTER_OTLP_PROTOCOL"),
            of(ErrorKind::Destination, "OTEL_EXPORTER_OTLP_ENDPOINT"),
            of(ErrorKind::Destination, "OTEL_EXPORTER_OTLP_TIMEOUT"),
            of(ErrorKind::Destination, "OTEL_EXPORTER_OTLP_COMPRESSION"),
            of(ErrorKind::Destination, "OTEL_EXPORTER_OTLP_HEADERS"),
            of(ErrorKind::Prices, "SPANLOOM_PRICES"),
            of(ErrorKind::Spool, "SPANLOOM_SPOOL"),
        ]
    );
    assert_eq!(error.kind(), ErrorKind::StreamName);
    let lines: Vec<_> = error.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "9 errors in the monitor's configuration:");
    assert!(lines.iter().filter(|line| line.starts_with("- ")).count() == 9);
}
