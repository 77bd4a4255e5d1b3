//! `spanloom demo`: the cookbook page's examples, from the client's call to the board.

mod edge_cases;
mod example;
mod session;
mod summary;
mod tour;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use spanloom::{Monitor, StreamName};
use spanloom_server::{Database, ErrorKind, Server};
use tokio::sync::oneshot;

use crate::args::DemoArgs;
use crate::error::Error;
use crate::output::{line, note};
use crate::serve::stop_signal;
use session::{Models, Session};

/// Far longer than a delivery to this machine takes.
const DELIVERY: Duration = Duration::from_secs(10);

pub(crate) async fn run(args: DemoArgs) -> Result<(), Error> {
    // Everything that can be wrong with the request is found before anything starts.
    StreamName::parse(&args.stream, None).map_err(|error| Error::usage(error.to_string()))?;
    let models = Models::start(args.upstream.as_deref()).await?;
    let server = bind(&args).await?;
    let base = server.url();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::task::spawn(server.serve(async move {
        // Dropping the sender stops the server as well.
        stopped.await.unwrap_or_default();
    }));

    let monitor = Monitor::builder(&args.stream)
        .with_server(&base)
        .without_notices()
        .start()?;
    let link = monitor.link().unwrap_or(&base).to_owned();
    note(format_args!("{models}"));
    let session = Session::new(&monitor, &models, &args.model)?;
    example::all(&session).await?;
    if let Some(faulty) = models.local() {
        edge_cases::all(&session, faulty).await;
    }
    let since = session.finish();
    let receipt = monitor.shutdown(DELIVERY).await;
    if !receipt.is_complete() {
        return Err(Error::failed(format!(
            "not every call was recorded: {receipt}"
        )));
    }
    line(summary::table(&base, &args.stream, since).await?);
    if args.tour {
        let tour = tour::record(&base).await?;
        line(format_args!(
            "three made-up days of an assistant: {}",
            after_end(&tour, &base, &args)
        ));
    }
    match (args.once, &args.db) {
        (false, _) => line(format_args!("View data at {link}")),
        // This server ends here.
        (true, Some(db)) => line(format_args!(
            "look at the calls with `spanloom serve --db {}`, at {}",
            db.display(),
            after_end(&link, &base, &args)
        )),
        (true, None) => {}
    }
    if args.open {
        open::that_detached(&link)
            .map_err(|error| Error::failed(format!("cannot open the browser: {error}")))?;
    }
    if !args.once {
        note("serving the board; press Ctrl-C to stop");
        stop_signal().await;
    }
    drop(stop);
    serving
        .await
        .map_err(|error| Error::failed(format!("the server stopped: {error}")))??;
    Ok(())
}

/// Returns the address of a page; after the end of this server, where `spanloom serve` would show it.
fn after_end(page: &str, base: &str, args: &DemoArgs) -> String {
    match args.once {
        true => page.replace(base, "http://127.0.0.1:7440"),
        false => page.to_owned(),
    }
}

/// Binds the server to the requested address, or by default to the first address available.
async fn bind(args: &DemoArgs) -> Result<Server, Error> {
    let builder = |listen: SocketAddr| {
        let database = args.db.clone().map_or(Database::Temporary, Database::Path);
        Server::builder()
            .with_listen(listen)
            .with_otlp_http(None)
            .with_otlp_grpc(None)
            .with_database(database)
    };
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if let Some(listen) = args.listen {
        return Ok(builder(listen).bind().await?);
    }
    match builder(local(7440)).bind().await {
        Err(error) if error.kind() == ErrorKind::AddressInUse => {
            Ok(builder(local(0)).bind().await?)
        }
        bound => Ok(bound?),
    }
}
