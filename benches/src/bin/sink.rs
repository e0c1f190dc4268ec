//! Takes whatever comes and answers 200 at once: what an edge hands in to where a bench has no journal.

use std::net::SocketAddr;
use std::rc::Rc;

use clap::Parser;
use tokio::net::TcpListener;
use trunkline_bench::responder;

/// Answers 200 to every request.
#[derive(Parser)]
struct Arguments {
    /// Where to listen
    #[arg(long)]
    listen: SocketAddr,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind(Arguments::parse().listen).await?;
    let ok = responder::ok(r#"{"events":[]}"#);
    let answering = responder::respond(listener, Rc::new(move |_, answers| answers.extend_from_slice(&ok)));
    tokio::task::LocalSet::new().run_until(answering).await;
    Ok(())
}
