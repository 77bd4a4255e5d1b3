//! `spanloom serve`.

use std::path::PathBuf;

use spanloom_core::data_folder;
use spanloom_server::{Database, Retention, Server};

use crate::args::ServeArgs;
use crate::environment;
use crate::error::Error;
use crate::output::note;

pub(crate) async fn run(args: ServeArgs) -> Result<(), Error> {
    let path = match args.db {
        Some(path) => path,
        None => default_database()?,
    };
    let server = Server::builder()
        .with_listen(args.listen)
        .with_otlp_http(args.otlp_http.into_option())
        .with_otlp_grpc(args.otlp_grpc.into_option())
        .with_database(Database::Path(path.clone()))
        .with_retention(Retention {
            max_age: args.max_age.into_option(),
            max_bytes: args.max_size.into_option(),
        })
        .bind()
        .await?;
    note(format_args!(
        "spanloom serves the board at {}",
        server.url()
    ));
    if let Some(url) = server.otlp_url() {
        note(format_args!("OTLP over HTTP at {url}"));
    }
    if let Some(url) = server.otlp_grpc_url() {
        note(format_args!("OTLP over gRPC at {url}"));
    }
    note(format_args!(
        "records are kept in {}; press Ctrl-C to stop",
        path.display()
    ));
    server.serve(stop_signal()).await?;
    Ok(())
}

/// Returns `spanloom/spanloom.db` in the user's data folder, and creates the folder if needed.
pub(crate) fn default_database() -> Result<PathBuf, Error> {
    let folder = data_folder(environment::path).ok_or_else(|| {
        Error::usage("no data folder, because HOME is not set; give a file with --db")
    })?;
    std::fs::create_dir_all(&folder).map_err(|error| {
        Error::failed(format!(
            "cannot create the folder {}: {error}; give a file with --db",
            folder.display()
        ))
    })?;
    Ok(folder.join("spanloom.db"))
}

/// Resolves on Ctrl-C, or on the signal that service managers send.
pub(crate) async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without signals to wait for, the server runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
