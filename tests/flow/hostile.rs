//! A connector that traps, loops, leaks or wants too much: 503 for its own connection, and nothing else notices.

use std::time::{Duration, Instant};

use crate::host::{Host, test_components};
use crate::http;

const CONNECTION: &str = r#"
[connections.bad]
connector = "hostile"
[connections.bad.settings]
secret = "a-secret-of-some-length"
"#;

fn post(host: &Host, body: &str) -> http::Answer {
    http::request(host.address, "POST", "/hooks/bad", &[], body.as_bytes())
}

#[test]
fn each_kind_of_misbehaviour_is_a_clean_503_of_its_own_name() {
    let host = Host::start(&test_components(), CONNECTION);
    for (told, name) in [
        ("trap", "trap"),
        ("recursion", "trap"),
        ("loop", "time"),
        ("greed", "memory"),
        ("answer", "answer_size"),
        ("events", "contract"),
        ("no id", "contract"),
        ("status", "contract"),
        ("leak", "secret_in_answer"),
        ("leak in event", "secret_in_answer"),
        ("call", "call_not_made"),
    ] {
        let line = format!("trunkline_webhooks_received_total{{connection=\"bad\",outcome=\"{name}\"}}");
        let before = host.metric(&line);
        let answer = post(&host, told);
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")), "{told}: {said}");
        assert!(!said.contains("a-secret"), "{told}: {said}");
        assert_eq!(host.metric(&line), before + 1, "{told} counts as {name}:\n{}", host.log());
        let answer = post(&host, &format!("fine after {told}"));
        assert_eq!(answer.status, 200, "the next call has an instance of its own");
    }
    assert_eq!(host.event_ids().len(), 11);
    assert!(!host.log().contains("a-secret"), "{}", host.log());
}

#[test]
fn endless_loops_do_not_hold_up_others() {
    let more = format!(
        "{CONNECTION}\n[connections.good]\nconnector = \"hostile\"\n\
         [connections.good.settings]\nsecret = \"another-secret\"\n"
    );
    let host = Host::start(&test_components(), &more);
    std::thread::scope(|scope| {
        let loops: Vec<_> = (0..8).map(|_| scope.spawn(|| post(&host, "loop").status)).collect();
        let begun = Instant::now();
        for number in 0..20 {
            let body = format!("good {number}");
            assert_eq!(http::request(host.address, "POST", "/hooks/good", &[], body.as_bytes()).status, 200);
        }
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(10), "20 webhooks took {took:?} beside 8 loops");
        for ended in loops {
            assert_eq!(ended.join().expect("no panic"), 503);
        }
    });
}
