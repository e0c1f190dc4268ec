//! A time has come.

use trunkline_flows::run::Input;

use super::{Desk, Doing};
use crate::machine::Machine as _;
use crate::ticket::Status;

const DAY_MS: u64 = 86_400_000;

impl Desk {
    pub(super) fn time(&mut self, doing: &mut Doing) {
        let at = doing.at;
        doing.changed = self.due().is_some_and(|due| due <= at);
        if !doing.changed {
            return;
        }
        let runs: Vec<u64> = self.runs_due.range(..=(at, u64::MAX)).map(|(_, id)| *id).collect();
        for id in runs {
            self.touch(doing, id);
            self.tickets.change(id, |ticket| {
                if ticket.status == Status::Snoozed {
                    ticket.status = Status::Open;
                }
            });
            self.resume(doing, id, Input::Timeout, None);
            self.keep_somewhere(doing, id);
        }
        for id in self.tickets.waking(at) {
            self.tickets.change(id, |ticket| {
                (ticket.status, ticket.changed_at) = (Status::Open, at);
            });
            self.touch(doing, id);
            self.go_on(doing, id);
            self.keep_somewhere(doing, id);
        }
        let changes = self.queues.tick(at);
        self.tell(doing, changes);
        self.reckon(doing, |levels, hours| levels.tick(at, hours));
        let days = self.settings.tickets.remember_days;
        self.tickets.forget(at.saturating_sub(days.saturating_mul(DAY_MS)));
    }
}
