//! From a socket to the router, with bounds on heads, time and sockets, and an orderly end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_service::Service as _;

use super::problem::Problem;
use super::sockets::{Received, Socket, Sockets};
use crate::config::Limits;
use crate::metrics::Metrics;

/// Header lines of a request.
const HEADERS_MAX: usize = 128;

/// Serves until `stopping` becomes true, then lets what runs end within its limit.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: &Limits,
    metrics: &Metrics,
    mut stopping: watch::Receiver<bool>,
) {
    let sockets = Sockets::new(limits.sockets_max);
    let graceful = GracefulShutdown::new();
    let request_time = Duration::from_millis(limits.request_time_ms_max);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, mostly: give those that run a moment to end.
                    tracing::warn!(%error, "socket could not be accepted");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        let (socket, displaced) = tokio::select! {
            admitted = sockets.admit() => admitted,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        if displaced {
            metrics.sockets_displaced.inc();
        }
        // Answers are small and complete: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let app = app.clone();
        let head_bytes_max = limits.head_bytes_max;
        let of_request = socket.clone();
        let service = service_fn(move |request| {
            let (app, socket) = (app.clone(), of_request.clone());
            answer(app, request, socket, head_bytes_max, request_time)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(request_time)
            .max_buf_size(limits.head_bytes_max)
            .max_headers(HEADERS_MAX)
            .half_close(false)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                // A client that goes away is no error of ours.
                _ = connection => {}
                () = socket.displaced() => {}
            }
        });
    }
    drop(listener);
    let within = Duration::from_millis(limits.shutdown_ms_max);
    if tokio::time::timeout(within, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still running at the end of `shutdown_ms_max`");
    }
}

/// Answers one request within its time. A stream takes as long as its reader likes; a file is there when the provider
/// has given it, within bounds of its own.
async fn answer(
    mut app: Router,
    request: http::Request<Incoming>,
    socket: Arc<Socket>,
    head_bytes_max: usize,
    request_time: Duration,
) -> Result<Response, Infallible> {
    // The server reads in steps and takes up to twice its buffer; this is the limit itself.
    if head_bytes(&request) > head_bytes_max {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Ok(Problem::new(status, "head", "the head of the request is too large").into_response());
    }
    let path = request.uri().path();
    let unbounded = path.starts_with("/v1/streams/") || path.starts_with("/v1/media/");
    let answer = app.call(request.map(|body| Body::new(Received::new(body, socket.clone()))));
    if unbounded {
        return answer.await;
    }
    let answered = tokio::time::timeout(request_time, answer).await;
    socket.receives();
    match answered {
        Ok(answer) => answer,
        Err(_) => {
            let title = "the request took too long";
            Ok(Problem::new(StatusCode::REQUEST_TIMEOUT, "time", title).into_response())
        }
    }
}

/// What the head takes on the wire, but for its version and line ends.
fn head_bytes(request: &http::Request<Incoming>) -> usize {
    let path = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    path + headers.sum::<usize>()
}
