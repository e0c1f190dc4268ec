//! The desk: `/v1/tickets`, `/v1/contacts/…`, `/v1/agents`, `/v1/queues`, `/v1/desk/stream`, `/v1/explain`, `/v1/numbers`.

use serde_json::{Value, json};

use super::operation::{Access, Content, Operation, Request, SchemaOf};
use crate::http::desk::{REQUEST_BYTES_MAX, contacts, reports, teams, tickets, views};

const TICKET: &str =
    "Everything said with one contact from its opening until it is closed, over any number of channels.";

const HOLDING: &str = "An agent's token says by `generation` which ticket the agent has seen: `held.generation`. Where \
    somebody else has it by now, nothing is done and the answer says who. With other tokens both may be left out.";

const TIMELINE: &str = "Everything that changed it, oldest first: what was heard, what was asked for and by whom, what was \
    sent. Each event of the journal stands beside its entry, as it is delivered.";

const EXPLAINING: &str = "The same as a timeline, for an event (`evt_…`), a ticket (`tkt_…`) or a contact (`con_…`), with the \
    reasons: which rule held, which values its conditions saw, which agents there were and why each was not chosen.";

const MERGING: &str = "Both keep what they are: `POST /v1/merges/{merge}/undo` gives back exactly both. What is learnt \
    meanwhile belongs to whoever it was learnt of.";

const NUMBERS: &str = "Counted from the desk's own log: folded anew from it they are the same. docs/desk.md \
    says where each count and time is defined.";

const STREAM: &str = "Server-sent events with the number of the entry as id, so that a reader that comes back goes on \
    where it was.";

/// What anything of the desk may be refused for.
const ANY: &[(u16, &str)] = &[(404, "no_desk")];
const LOOKING: &[(u16, &str)] = &[(400, "parameter"), (404, "not_found"), (500, "desk"), (500, "journal")];
const ASKING: &[(u16, &str)] = &[
    (400, "json"),
    (400, "body"),
    (400, "agent"),
    (400, "generation"),
    (400, "target"),
    (400, "time_range"),
    (403, "scope"),
    (404, "not_found"),
    (409, "ticket_owner"),
    (409, "ticket_state"),
    (413, "too_large"),
    (415, "content_type"),
    (422, "contact"),
    (422, "conversation"),
    (422, "invalid"),
    (503, "desk"),
];

pub fn operations() -> Vec<Operation> {
    [of_tickets(), on_tickets(), of_contacts(), of_teams(), reports()].concat()
}

fn of_tickets() -> Vec<Operation> {
    vec![
        desk(Operation::get("/v1/tickets", tickets::tickets))
            .named("listTickets", "desk", "List tickets")
            .described(TICKET)
            .query::<tickets::Parameters>()
            .gives(200, "A page of tickets.", Content::json::<tickets::TicketList>())
            .fails(LOOKING),
        ticket(Operation::get("/v1/tickets/{ticket}", tickets::ticket))
            .named("getTicket", "desk", "Get a ticket")
            .gives(200, "As it is now.", Content::json::<views::TicketView>())
            .fails(LOOKING),
        ticket(Operation::get("/v1/tickets/{ticket}/timeline", tickets::timeline))
            .named("getTicketTimeline", "desk", "Get what happened on a ticket")
            .described(TIMELINE)
            .query::<tickets::TimelineParameters>()
            .gives(200, "A page of it.", Content::json::<tickets::Timeline>())
            .fails(LOOKING),
    ]
}

/// What can be done with one ticket.
fn on_tickets() -> Vec<Operation> {
    let on = |operation: Operation, id, summary, body: SchemaOf| {
        ticket(operation)
            .named(id, "desk", summary)
            .described(HOLDING)
            .takes(request(body), |_| REQUEST_BYTES_MAX)
            .gives(200, "The ticket after it.", Content::json::<views::TicketView>())
            .fails(ASKING)
    };
    let Content::Json(hold) = Content::json::<tickets::HoldRequest>() else { return Vec::new() };
    let Content::Json(decline) = Content::json::<tickets::DeclineRequest>() else { return Vec::new() };
    let Content::Json(assign) = Content::json::<tickets::AssignRequest>() else { return Vec::new() };
    let Content::Json(transfer) = Content::json::<tickets::TransferRequest>() else { return Vec::new() };
    let Content::Json(reply) = Content::json::<tickets::ReplyRequest>() else { return Vec::new() };
    let Content::Json(note) = Content::json::<tickets::NoteRequest>() else { return Vec::new() };
    let Content::Json(snooze) = Content::json::<tickets::SnoozeRequest>() else { return Vec::new() };
    let Content::Json(label) = Content::json::<tickets::LabelRequest>() else { return Vec::new() };
    vec![
        on(
            Operation::post("/v1/tickets/{ticket}/accept", tickets::accept),
            "acceptTicket",
            "Take what was offered",
            hold,
        ),
        on(
            Operation::post("/v1/tickets/{ticket}/decline", tickets::decline),
            "declineTicket",
            "Do not take it",
            decline,
        ),
        on(
            Operation::post("/v1/tickets/{ticket}/assign", tickets::assign),
            "assignTicket",
            "Give it to an agent",
            assign,
        ),
        on(
            Operation::post("/v1/tickets/{ticket}/transfer", tickets::transfer),
            "transferTicket",
            "Pass it on",
            transfer,
        ),
        on(
            Operation::post("/v1/tickets/{ticket}/reply", tickets::reply),
            "replyTicket",
            "Write to the contact",
            reply,
        ),
        on(Operation::post("/v1/tickets/{ticket}/note", tickets::note), "noteTicket", "Note something", note),
        on(
            Operation::post("/v1/tickets/{ticket}/snooze", tickets::snooze),
            "snoozeTicket",
            "Put it off",
            snooze,
        ),
        on(
            Operation::post("/v1/tickets/{ticket}/pend", tickets::pend),
            "pendTicket",
            "Wait for the contact",
            hold,
        ),
        on(Operation::post("/v1/tickets/{ticket}/close", tickets::close), "closeTicket", "Close it", hold),
        on(
            Operation::post("/v1/tickets/{ticket}/reopen", tickets::reopen),
            "reopenTicket",
            "Open it again",
            hold,
        ),
        on(
            Operation::post("/v1/tickets/{ticket}/label", tickets::label),
            "labelTicket",
            "Set tags, priority, subject",
            label,
        ),
    ]
}

fn of_contacts() -> Vec<Operation> {
    let json = Content::json::<views::ContactView>;
    vec![
        desk(Operation::get("/v1/contacts", contacts::contacts))
            .named("listContacts", "desk", "List contacts, or find some")
            .query::<contacts::Parameters>()
            .gives(200, "A page of contacts.", Content::json::<contacts::ContactList>())
            .fails(LOOKING),
        contact(Operation::get("/v1/contacts/{contact}", contacts::one))
            .named("getContact", "desk", "Get a contact")
            .gives(200, "With all that is merged into it.", json())
            .fails(LOOKING),
        contact(Operation::get("/v1/contacts/{contact}/timeline", contacts::timeline))
            .named("getContactTimeline", "desk", "Get everything said with a contact")
            .described(TIMELINE)
            .query::<tickets::TimelineParameters>()
            .gives(200, "A page of it.", Content::json::<tickets::Timeline>())
            .fails(LOOKING),
        contact(Operation::post("/v1/contacts/{contact}/describe", contacts::describe))
            .named("describeContact", "desk", "Say what is known of a contact")
            .takes(request_of(Content::json::<contacts::DescribeRequest>()), |_| REQUEST_BYTES_MAX)
            .gives(200, "The contact after it.", json())
            .fails(ASKING),
        contact(Operation::post("/v1/contacts/{contact}/identify", contacts::identify))
            .named("identifyContact", "desk", "Say by what a contact is known")
            .takes(request_of(Content::json::<contacts::IdentifyRequest>()), |_| REQUEST_BYTES_MAX)
            .gives(200, "The contact after it.", json())
            .fails(ASKING),
        contact(Operation::post("/v1/contacts/{contact}/merge", contacts::merge))
            .named("mergeContact", "desk", "Say that two contacts are one")
            .described(MERGING)
            .takes(request_of(Content::json::<contacts::MergeRequest>()), |_| REQUEST_BYTES_MAX)
            .gives(200, "The contact after it.", json())
            .fails(ASKING),
        desk(Operation::post("/v1/merges/{merge}/undo", contacts::unmerge))
            .path_parameter("merge", "Example: `mrg_17`", text())
            .named("undoMerge", "desk", "Say that they were not")
            .gives(204, "Both are what they were.", Content::Opaque("application/json"))
            .fails(ASKING),
    ]
}

fn of_teams() -> Vec<Operation> {
    vec![
        desk(Operation::get("/v1/agents", teams::agents))
            .named("listAgents", "desk", "List agents, and who is there")
            .gives(200, "All of them.", Content::json::<teams::AgentList>()),
        desk(Operation::post("/v1/agents/{agent}/presence", teams::presence))
            .path_parameter("agent", "As in `desk.toml`.", text())
            .named("setPresence", "desk", "Say whether an agent is there")
            .takes(request_of(Content::json::<teams::PresenceRequest>()), |_| REQUEST_BYTES_MAX)
            .gives(200, "The agent after it.", Content::json::<teams::AgentView>())
            .fails(ASKING),
        desk(Operation::get("/v1/queues", teams::queues))
            .named("listQueues", "desk", "List queues, and how they stand")
            .gives(200, "All of them.", Content::json::<teams::QueueList>()),
    ]
}

fn reports() -> Vec<Operation> {
    vec![
        desk(Operation::get("/v1/explain/{subject}", reports::explain))
            .path_parameter(
                "subject",
                "Example: `evt_0b1f5c8a93e4d2760b1f5c8a93e4d276`, `tkt_12`, `con_12`",
                text(),
            )
            .named("explain", "desk", "Say why something went where it went")
            .described(EXPLAINING)
            .query::<tickets::TimelineParameters>()
            .gives(200, "A page of it.", Content::json::<tickets::Timeline>())
            .fails(LOOKING),
        desk(Operation::get("/v1/desk/stream", reports::stream))
            .named("streamDesk", "desk", "Follow what changes the desk")
            .described(STREAM)
            .query::<reports::StreamParameters>()
            .header("last-event-id", "What browsers send when they come back.", text())
            .gives(200, "Without an end.", Content::Opaque("text/event-stream"))
            .fails(&[(400, "parameter"), (503, "readers")]),
        desk(Operation::get("/v1/numbers", reports::numbers))
            .named("getNumbers", "desk", "Get numbers to steer by")
            .described(NUMBERS)
            .query::<reports::NumbersParameters>()
            .gives(200, "A row for each stretch of time and group.", Content::Opaque("application/json"))
            .fails(&[(400, "parameter"), (400, "time_range"), (400, "numbers")]),
    ]
}

fn desk(operation: Operation) -> Operation {
    operation.access(Access::Desk).fails(ANY)
}

fn ticket(operation: Operation) -> Operation {
    desk(operation).path_parameter("ticket", "Example: `tkt_12`", text())
}

fn contact(operation: Operation) -> Operation {
    desk(operation).path_parameter("contact", "Example: `con_12`", text())
}

fn request(body: SchemaOf) -> Request {
    request_of(Content::Json(body))
}

fn request_of(content: Content) -> Request {
    Request { content, description: "What is asked for.", examples: Vec::new() }
}

fn text() -> Value {
    json!({ "type": "string" })
}
