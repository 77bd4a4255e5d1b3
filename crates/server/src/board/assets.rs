//! The pages, embedded in the program by the build script.

use std::sync::Arc;

use axum::Router;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::app::App;
use crate::reply::Problem;

/// The addresses of pages.
#[cfg(spanloom_board)]
const PAGES: [&str; 15] = [
    "/",
    "/{entity}",
    "/{entity}/{project}",
    "/{entity}/{project}/table/{stream}",
    "/{entity}/{project}/table/{stream}/{list}",
    "/{entity}/{project}/table/{stream}/conversations/{id}",
    "/{entity}/{project}/weave",
    "/{entity}/{project}/weave/traces",
    "/{entity}/{project}/weave/traces/{id}",
    "/{entity}/{project}/weave/agents",
    "/{entity}/{project}/weave/agents/conversations/{id}",
    "/{entity}/{project}/weave/{kind}/{name}/versions/{digest}",
    "/{entity}/{project}/weave/leaderboards/{name}",
    "/{entity}/{project}/r/call/{id}",
    "/{entity}/{project}/r/trace/{id}",
];

/// Answers at an address where there is nothing: a browser gets the page, which states it.
pub(crate) async fn nothing(method: Method, headers: HeaderMap) -> Response {
    let accepted = headers
        .get(ACCEPT)
        .and_then(|accepted| accepted.to_str().ok());
    let is_browser = method == Method::GET && accepted.is_some_and(|it| it.contains("text/html"));
    let page = if is_browser { page() } else { None };
    match page {
        Some(page) => (StatusCode::NOT_FOUND, page).into_response(),
        None => Problem::not_found("there is nothing at this path").into_response(),
    }
}

#[cfg(spanloom_board)]
fn page() -> Option<Response> {
    embedded::file("index.html")
}

#[cfg(not(spanloom_board))]
fn page() -> Option<Response> {
    None
}

#[cfg(spanloom_board)]
pub(super) fn routes() -> Router<Arc<App>> {
    use axum::routing::get;

    // The page does its own routing by path.
    let pages = PAGES.iter().fold(Router::new(), |router, path| {
        router.route(path, get(embedded::page))
    });
    pages.route("/assets/{*file}", get(embedded::asset))
}

#[cfg(spanloom_board)]
mod embedded {
    use axum::extract::Path;
    use axum::http::HeaderValue;
    use axum::http::header::CACHE_CONTROL;
    use axum::response::{IntoResponse as _, Response};
    use rust_embed::RustEmbed;

    use crate::reply::{Problem, typed};

    #[derive(RustEmbed)]
    #[folder = "$SPANLOOM_BOARD"]
    struct Board;

    pub(super) async fn page() -> Response {
        file("index.html").unwrap_or_else(|| {
            Problem::not_found("the board is missing from this build").into_response()
        })
    }

    pub(super) async fn asset(Path(path): Path<String>) -> Response {
        match file(&format!("assets/{path}")) {
            Some(mut response) => {
                // Asset names contain a hash of their content.
                let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
                response.headers_mut().insert(CACHE_CONTROL, forever);
                response
            }
            None => Problem::not_found("there is nothing at this path").into_response(),
        }
    }

    pub(super) fn file(path: &str) -> Option<Response> {
        let kind = match path.rsplit('.').next()? {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "json" | "map" => "application/json",
            _ => "application/octet-stream",
        };
        Board::get(path).map(|file| typed(kind, file.data.into_owned()))
    }
}

#[cfg(not(spanloom_board))]
pub(super) fn routes() -> Router<Arc<App>> {
    use axum::routing::get;

    Router::new().route(
        "/",
        get(|| async { "spanloom: this build has no board; its APIs are served\n" }),
    )
}

#[cfg(all(test, spanloom_board))]
mod tests {
    use std::io;

    use flate2::Compression;
    use flate2::read::GzEncoder;
    use http_body_util::BodyExt as _;

    use super::embedded::file;

    async fn bytes(path: &str) -> Option<Vec<u8>> {
        let body = file(path)?.into_body();
        Some(body.collect().await.ok()?.to_bytes().into())
    }

    fn gzipped(script: &[u8]) -> io::Result<u64> {
        let mut compressed = GzEncoder::new(script, Compression::default());
        io::copy(&mut compressed, &mut io::sink())
    }

    #[tokio::test]
    async fn the_first_view_sends_at_most_150_kb_of_javascript() {
        let page = String::from_utf8(bytes("index.html").await.unwrap()).unwrap();
        let mut sizes = Vec::new();
        for script in page.split('"').filter(|text| text.ends_with(".js")) {
            let script = bytes(script.trim_start_matches('/')).await.unwrap();
            sizes.push(gzipped(&script).unwrap());
        }
        println!("scripts of {sizes:?} bytes");
        let sum: u64 = sizes.iter().sum();
        assert!((1..=150_000).contains(&sum), "scripts of {sizes:?} bytes");
    }
}
