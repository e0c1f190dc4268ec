//! What does not fit into a case file.

use super::*;

fn refused(parts: Vec<OutgoingPart>) -> Option<String> {
    let message = Outgoing {
        id: "01990000-0000-7000-8000-000000000001".into(),
        account: "help@example.org".into(),
        to: vec![Identifier::new(IdentifierScheme::Email, "ada@example.net")],
        thread: None,
        parts,
        subject: None,
        reply_to: None,
        last_inbound_at: None,
        attributes: Attributes::new(),
    };
    match send(&message, &Context::default()) {
        Err(Unfinished::Call(call)) => {
            assert!(call.request.body.capacity() < 25_000_000, "written without growing");
            None
        }
        Err(Unfinished::Failed(failed)) => failed.failure.code,
        Ok(_) => panic!("nothing was called"),
    }
}

#[test]
fn what_does_not_fit_is_refused_before_the_call() {
    let text = |size| OutgoingPart::Text("a".repeat(size));
    let file = |size| OutgoingPart::Media(Media::new(MediaKind::File, MediaSource::Bytes(vec![b'-'; size])));
    assert_eq!(refused(vec![text(3), file(CONTENT_SIZE_MAX - 3)]), None);
    assert_eq!(refused(vec![text(3), file(CONTENT_SIZE_MAX - 2)]).as_deref(), Some("too_long"));
    assert_eq!(refused(vec![text((2 << 20) - 2)]), None);
    assert_eq!(refused(vec![text(2 << 20)]).as_deref(), Some("too_long"));
}
