//! The files of the UI: each in the form that the browser takes, with a tag by which it need not
//! come again.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG,
    HeaderName, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};

/// A file of the UI.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Where it is, without a slash before it.
    pub path: &'static str,
    /// Media type.
    pub media: &'static str,
    /// Hash of `plain` in hexadecimal digits.
    pub hash: &'static str,
    /// As it is.
    pub plain: &'static [u8],
    /// As gzip, where that is worth it.
    pub gzip: Option<&'static [u8]>,
    /// As Brotli, where that is worth it.
    pub brotli: Option<&'static [u8]>,
}

/// The UI that was built before this program; nothing if none was.
pub static BUILT: &[File] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The page that all others are.
const INDEX: &str = "index.html";

/// Files in it are named by what is in them.
const HASHED: &str = "assets/";

/// Said where the UI was not built.
const NOT_BUILT: &str = "\
This server was built without its web UI.

To build both, with Node 20 or newer:

    cd web && npm ci && npm run build && cd ..
    cargo build --release

GraphQL is at ./graphql, and ./healthcheck says whether the server is well.
";

/// What a page may load and do. Styles may be inline; scripts may not, nor may text become markup
/// or code: whatever telemetry holds stays text.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; worker-src 'self'; \
                      object-src 'none'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'";

const SECURITY: [(HeaderName, HeaderValue); 4] = [
    (HeaderName::from_static("content-security-policy"), HeaderValue::from_static(POLICY)),
    (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// `/` and every path of one part: a file of that name, else the page, if a page is what the
/// client wants. `/assets/` holds the rest.
pub(crate) fn pages<S: Clone + Send + Sync + 'static>(files: &'static [File]) -> Router<S> {
    let page = move |request: Request| async move { page(files, "", request.headers()) };
    let named = move |Path(path): Path<String>, request: Request| async move {
        page_or_file(files, &path, request.headers())
    };
    let hashed = move |Path(path): Path<String>, request: Request| async move {
        file(files, &format!("{HASHED}{path}"), request.headers())
            .unwrap_or_else(|| missing("there is no such file"))
    };
    Router::new()
        .route("/", get(page))
        .route("/{page}", get(named))
        .route("/assets/{*path}", get(hashed))
}

fn page_or_file(files: &[File], path: &str, headers: &HeaderMap) -> Response {
    file(files, path, headers).unwrap_or_else(|| page(files, path, headers))
}

fn page(files: &[File], path: &str, headers: &HeaderMap) -> Response {
    let accepts = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    let wants_page = path.is_empty() || accepts.into_iter().any(|one| one.contains("text/html"));
    if !wants_page {
        return missing("there is no such route");
    }
    file(files, INDEX, headers).unwrap_or_else(|| {
        let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")];
        secured((headers, NOT_BUILT).into_response())
    })
}

fn missing(text: &'static str) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    secured((StatusCode::NOT_FOUND, headers, text).into_response())
}

fn secured(mut response: Response) -> Response {
    response.headers_mut().extend(SECURITY);
    response
}

/// A file, or that the client has it.
fn file(files: &[File], path: &str, headers: &HeaderMap) -> Option<Response> {
    let file = files.iter().find(|file| file.path == path)?;
    let (encoding, bytes) = form(file, headers);
    // Each form has a tag of its own: they differ byte for byte.
    let tag = format!(
        "\"{}{}{}\"",
        file.hash,
        if encoding.is_some() { "-" } else { "" },
        encoding.unwrap_or("")
    );
    let is_known = headers.get_all(IF_NONE_MATCH).into_iter().any(|value| {
        let tags = value.to_str().unwrap_or_default();
        tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
    });
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Body::from(bytes).into_response(),
    };
    let kept =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let told = response.headers_mut();
    told.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    told.insert(VARY, HeaderValue::from_static("accept-encoding"));
    told.insert(ETAG, HeaderValue::from_str(&tag).ok()?);
    if !is_known {
        told.insert(CONTENT_TYPE, HeaderValue::from_static(file.media));
        told.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        if let Some(encoding) = encoding {
            told.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
    }
    Some(secured(response))
}

/// The smallest form that a client takes.
fn form(file: &File, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let forms = [("br", file.brotli), ("gzip", file.gzip)];
    let packed = forms.into_iter().find_map(|(name, bytes)| {
        let bytes = bytes.filter(|_| takes(headers, name))?;
        Some((Some(name), bytes))
    });
    packed.unwrap_or((None, file.plain))
}

/// Whether a client takes an encoding: `gzip, br;q=0` takes the first alone.
fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|v| v.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let is_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let is_refused = parts.any(|part| {
            let weight = part.strip_prefix("q=").map(str::parse::<f64>);
            weight.is_some_and(|weight| weight.is_ok_and(|weight| weight <= 0.0))
        });
        is_it && !is_refused
    })
}
