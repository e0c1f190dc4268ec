//! Each call of an instance that is kept has the limits of a call, and one that went wrong is its last.

use std::time::{Duration, Instant};

use trunkline_model::{Context, ReceiveStep, Request};
use trunkline_policy::CallError;
use trunkline_runtime::Kept;

use crate::suite::suite;

/// Has the guest do what it is told.
async fn tell(instance: &mut Kept<'_>, what: &str) -> Result<ReceiveStep, CallError> {
    let request = Request { body: what.as_bytes().to_vec(), ..Request::default() };
    instance.receive_step(request, Context::default()).await
}

#[test]
fn an_instance_that_failed_is_not_called_again() {
    let guest = suite().guest("hostile");
    suite().wait(async {
        for (told, error) in [
            ("trap", "trap"),
            ("recursion", "trap"),
            ("loop", "time"),
            ("greed", "memory"),
            ("answer", "answer_size"),
        ] {
            let mut instance = guest.connector.keep().await.expect("an instance");
            assert!(matches!(tell(&mut instance, "good").await, Ok(ReceiveStep::Answer(_))), "{told}");
            for expected in [error, "instance", "instance"] {
                let found = tell(&mut instance, if expected == error { told } else { "good" }).await;
                assert_eq!(found.map_err(|error| error.name()), Err(expected), "{told}");
            }
        }
    });
}

#[test]
fn an_instance_whose_call_was_given_up_is_not_called_again() {
    let guest = suite().guest("hostile");
    suite().wait(async {
        let mut instance = guest.connector.keep().await.expect("an instance");
        let given_up = tokio::time::timeout(Duration::from_millis(1), tell(&mut instance, "loop")).await;
        assert!(given_up.is_err(), "{given_up:?}");
        let found = tell(&mut instance, "good").await;
        assert_eq!(found.map_err(|error| error.name()), Err("instance"));
    });
}

#[test]
fn time_is_limited_anew_in_each_call() {
    let guest = suite().guest("hostile");
    let limit = Duration::from_millis(guest.manifest().limits.time_ms_max);
    suite().wait(async {
        let mut instance = guest.connector.keep().await.expect("an instance");
        let (begun, mut calls) = (Instant::now(), 0);
        while begun.elapsed() < 3 * limit {
            tell(&mut instance, "good").await.expect("each call is short");
            calls += 1;
        }
        println!("{calls} calls in {:?}, {limit:?} for each", begun.elapsed());
        assert!(calls > 3, "{calls} calls");
        let endless = tell(&mut instance, "loop").await;
        assert_eq!(endless.map_err(|error| error.name()), Err("time"));
    });
}
