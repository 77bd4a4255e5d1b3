//! The pages, embedded in the program by the build script.

use std::sync::Arc;

use axum::Router;

use crate::app::App;

#[cfg(spanloom_board)]
pub(super) fn routes() -> Router<Arc<App>> {
    use axum::routing::get;

    // The page does its own routing by path.
    Router::new()
        .route("/", get(embedded::page))
        .route("/{entity}/{project}/table/{stream}", get(embedded::page))
        .route("/{entity}/{project}/weave", get(embedded::page))
        .route("/{entity}/{project}/weave/agents", get(embedded::page))
        .route(
            "/{entity}/{project}/weave/agents/conversations/{id}",
            get(embedded::page),
        )
        .route("/{entity}/{project}/r/call/{id}", get(embedded::page))
        .route(
            "/{entity}/{project}/weave/{kind}/{name}/versions/{digest}",
            get(embedded::page),
        )
        .route(
            "/{entity}/{project}/weave/leaderboards/{name}",
            get(embedded::page),
        )
        .route("/assets/{*file}", get(embedded::asset))
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

    fn file(path: &str) -> Option<Response> {
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
