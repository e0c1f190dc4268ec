//! What is measured. The comment on a measure is its definition, and what the API and metrics show as help.

use serde::{Deserialize, Serialize};

macro_rules! measures {
    (
        $(#[doc = $about:literal])+
        $set:ident { $($(#[doc = $help:literal])+ $measure:ident = $name:literal,)+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $set {
            $($(#[doc = $help])+ #[serde(rename = $name)] $measure,)+
        }

        impl $set {
            /// Every one, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$measure),+];

            /// The name in reports and metrics.
            pub fn name(self) -> &'static str {
                match self { $(Self::$measure => $name),+ }
            }

            /// The definition, for people.
            pub fn help(self) -> &'static str {
                match self { $(Self::$measure => concat!($($help),+).trim_ascii()),+ }
            }
        }
    };
}

measures! {
    /// What is counted, at the time of the fact that makes it so unless the definition says otherwise.
    ///
    /// A ticket counts under the channel that it was opened on and the team that it is with at that time; messages
    /// count under their own channel. What agents do counts under the agent besides.
    Count {
        /// Tickets that began.
        Opened = "opened",
        /// Tickets that were closed and are open again.
        Reopened = "reopened",
        /// Tickets that were closed, each time that they were.
        Closed = "closed",
        /// Closings of tickets in which an agent or a bot had written at any time before.
        ClosedAnswered = "closed_answered",
        /// Closings with an answer after which the ticket was reopened, or the contact began another one by writing,
        /// within 7 days: counted once, in the hour of the closing.
        CameBack = "came_back",
        /// Closings of tickets in which the contact wrote and neither an agent nor a bot ever did; what flows and
        /// programs wrote is no answer.
        Abandoned = "abandoned",
        /// Open tickets that this team got from another team or from nobody.
        MovedIn = "moved_in",
        /// Open tickets that left this team, or nobody, for another team.
        MovedOut = "moved_out",
        /// Messages of contacts.
        MessagesIn = "messages_in",
        /// Messages to contacts, whoever wrote them.
        MessagesOut = "messages_out",
        /// Messages to contacts that agents wrote.
        MessagesByAgents = "messages_by_agents",
        /// Messages to contacts that bots wrote.
        MessagesByBots = "messages_by_bots",
        /// Times that a ticket began to wait in the queue of a team; once more for each team on its way.
        Queued = "queued",
        /// Tickets that stopped waiting without an agent: closed, snoozed or pending.
        LeftQueue = "left_queue",
        /// Tickets that a bot gave to people, each time.
        HandedOver = "handed_over",
        /// Tickets that were passed on to another team, under the team that passed them on.
        Transferred = "transferred",
        /// Closings of tickets in which a bot wrote at any time before.
        BotAnswered = "bot_answered",
        /// Of these, closings of tickets that no agent ever had or wrote in.
        BotContained = "bot_contained",
        /// Targets for the first response that were missed.
        FirstResponseBreached = "first_response_breached",
        /// Targets for the resolution that were missed.
        ResolutionBreached = "resolution_breached",
        /// Facts that fit nothing before them, or were beyond a bound: none is counted anywhere else.
        Ignored = "ignored",
        /// Offers to the agent.
        Offered = "offered",
        /// Tickets that the agent took.
        Accepted = "accepted",
        /// Offers that the agent said no to.
        Declined = "declined",
        /// Offers that the agent let pass.
        Missed = "missed",
        /// Tickets that the agent had or was offered, and that went back undone.
        Returned = "returned",
        /// Milliseconds in which the agent was online or busy; away and offline are left out.
        OnlineMs = "online_ms",
        /// Of these, milliseconds with at least one ticket owned that was neither snoozed nor pending.
        BusyMs = "busy_ms",
    }
}

impl Count {
    /// What is counted by agent. All but the messages and the closings are counted by agent alone.
    pub const OF_AGENTS: &[Self] = &[
        Self::Closed,
        Self::MessagesByAgents,
        Self::Offered,
        Self::Accepted,
        Self::Declined,
        Self::Missed,
        Self::Returned,
        Self::OnlineMs,
        Self::BusyMs,
    ];

    /// Whether it is counted by channel and team.
    pub fn is_of_traffic(self) -> bool {
        self < Self::Offered
    }
}

measures! {
    /// What has a value each time, and so a distribution. Durations are milliseconds, never below 0.
    Sample {
        /// From the contact's first message in the ticket to the first message of an agent or a bot after it; once a
        /// ticket, and never for tickets in which only we wrote.
        FirstResponse = "first_response",
        /// From when the ticket first asked for a person (queued or handed over, else the contact's first message) to
        /// the first message of an agent after it; once a ticket.
        AgentResponse = "agent_response",
        /// From the latest opening or reopening to the closing, whatever it waited for in between; once a closing.
        Resolution = "resolution",
        /// From queued to accepted, over all queues in between, under the team that it waited for last; waits that
        /// ended without an agent are left out (see `left_queue`).
        Waiting = "waiting",
        /// How long an agent had a ticket, from accepting it until it was closed or left the agent, without the time
        /// that it was snoozed or pending.
        Handling = "handling",
        /// Satisfaction, 1 to 5, each time that a contact gave one.
        Csat = "csat",
        /// Recommendation, 0 to 10, each time that a contact gave one.
        Nps = "nps",
    }
}

impl Sample {
    /// Whether the values are milliseconds.
    pub fn is_time(self) -> bool {
        !matches!(self, Self::Csat | Self::Nps)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_measure_has_the_same_name_everywhere() {
        let mut names = BTreeSet::new();
        for &count in Count::ALL {
            assert_eq!(serde_json::to_value(count).unwrap(), count.name());
            assert!(names.insert(count.name()), "{} twice", count.name());
            assert!(count.help().ends_with('.') && !count.help().contains("  "), "{:?}", count.help());
        }
        for &sample in Sample::ALL {
            assert_eq!(serde_json::to_value(sample).unwrap(), sample.name());
            assert!(names.insert(sample.name()), "{} twice", sample.name());
        }
    }

    #[test]
    fn every_count_belongs_somewhere() {
        for &count in Count::ALL {
            assert!(count.is_of_traffic() || Count::OF_AGENTS.contains(&count), "{}", count.name());
        }
    }
}
