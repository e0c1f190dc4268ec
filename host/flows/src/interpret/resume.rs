//! What has happened, and what the step that waits makes of it.

use std::sync::Arc;

use serde_json::Value;

use super::{Flowing, TURNS_ALONE_MAX, Walk, quote};
use crate::flow::{Action, Bot, LookUp, Step};
use crate::run::{Input, Output, Run, State, Turn, Waits};

/// Messages of one answer of a bot.
const BOT_TEXTS_MAX: usize = 20;
/// Bytes of one.
const BOT_TEXT_BYTES_MAX: usize = 16_000;

impl Walk<'_> {
    pub(super) fn resume(mut self, run: &Run, input: Input) -> Turn {
        self.step.clone_from(&run.step);
        let flow = Arc::clone(&self.flow);
        let Some(step) = flow.index.get(&run.step).and_then(|at| flow.steps.get(*at)) else {
            let state = self.give_up("there is no such step");
            return self.end(state);
        };
        self.turns_alone = match input {
            Input::Message { .. } => 0,
            _ => run.turns_alone.saturating_add(1),
        };
        let flowing = match self.heard(run, step, input) {
            Some(_) if self.turns_alone > TURNS_ALONE_MAX => {
                // Whatever it wanted done next would only keep it going.
                self.outputs.clear();
                let reason = format!("{TURNS_ALONE_MAX} turns in which the contact said nothing");
                Flowing::Done(self.give_up(&reason))
            }
            Some(flowing) => flowing,
            None => {
                self.note("not waited for: nothing changes");
                Flowing::Done(State::Waiting(run.clone()))
            }
        };
        match flowing {
            Flowing::Done(state) => self.end(state),
            Flowing::To(target) => self.go(target),
            Flowing::Into(other) => {
                self.flow = other;
                self.go(Some(0))
            }
        }
    }

    /// None: this is not what it waits for.
    fn heard(&mut self, run: &Run, step: &Step, input: Input) -> Option<Flowing> {
        let due = run.until.is_some_and(|until| self.at >= until);
        Some(match (&step.action, run.waits, input) {
            (_, _, Input::Timeout) if !due => return None,
            (Action::Ask(ask), Waits::Answer, Input::Message { text, choice }) => {
                self.answered(run, step, ask, (&text, choice.as_deref()))
            }
            (Action::Ask(ask), Waits::Answer, Input::Timeout) => {
                self.or_give_up(ask.patience.on_timeout, "no answer in time")
            }
            (Action::LookUp(look_up), Waits::LookUp, Input::LookedUp(answer)) => {
                self.looked_up(step, look_up, answer)
            }
            (Action::LookUp(look_up), Waits::LookUp, Input::Timeout) => {
                self.looked_up(step, look_up, Err("no answer in time".to_owned()))
            }
            (Action::Bot(bot), Waits::Bot | Waits::Contact, Input::Message { .. }) => self.ask_bot(step, bot),
            (Action::Bot(bot), Waits::Bot | Waits::Contact, Input::BotAnswered { texts, vars }) => {
                for text in texts.into_iter().take(BOT_TEXTS_MAX).filter(|text| !text.trim().is_empty()) {
                    let text = crate::expression::shorten(&text, BOT_TEXT_BYTES_MAX).to_owned();
                    self.outputs.push(Output::Say { text });
                }
                self.note("the bot answered");
                vars.into_iter().for_each(|(name, value)| self.set_var(&name, value));
                Flowing::Done(State::Waiting(self.wait(step, Waits::Contact, bot.timeout_ms)))
            }
            (Action::Bot(_), Waits::Bot | Waits::Contact, Input::BotHandedOver { reason }) => {
                self.without_bot(step, &reason)
            }
            (Action::Bot(_), Waits::Bot, Input::Timeout) => self.without_bot(step, "no answer in time"),
            (Action::Bot(bot), Waits::Contact, Input::Timeout) => {
                self.or_give_up(bot.on_timeout, "the contact said nothing more to the bot")
            }
            (Action::Callback(callback), Waits::CallbackTime, Input::Message { text, choice }) => {
                self.callback_answered(run, step, callback, (&text, choice.as_deref()))
            }
            (Action::Callback(callback), Waits::CallbackTime, Input::Timeout) => {
                self.or_give_up(callback.patience.on_timeout, "no answer in time")
            }
            (Action::Callback(_), Waits::Callback, Input::Timeout) => {
                self.note("time to call");
                Flowing::To(step.next)
            }
            (Action::Rate(rate), Waits::Rating, Input::Message { text, choice }) => {
                self.rated(run, step, rate, (&text, choice.as_deref()))
            }
            (Action::Rate(rate), Waits::Rating, Input::Timeout) => {
                self.note("no rating in time");
                Flowing::To(rate.on_timeout)
            }
            _ => return None,
        })
    }

    fn looked_up(&mut self, step: &Step, look_up: &LookUp, answer: Result<Value, String>) -> Flowing {
        match answer {
            Ok(value) => {
                self.note("the call was answered");
                self.set_var(&look_up.into, value);
                Flowing::To(step.next)
            }
            Err(reason) => {
                self.note(&format!("the call failed: {}", quote(&reason)));
                self.set_var(&look_up.into, Value::Null);
                Flowing::To(look_up.on_error)
            }
        }
    }

    fn ask_bot(&mut self, step: &Step, bot: &Bot) -> Flowing {
        self.note("said to the bot");
        let (name, timeout_ms) = (bot.name.clone(), bot.answer_within_ms);
        self.outputs.push(Output::AskBot { name, timeout_ms });
        Flowing::Done(State::Waiting(self.wait(step, Waits::Bot, Some(timeout_ms))))
    }

    /// A bot hands over: the reason is kept under the name of its step.
    pub(super) fn without_bot(&mut self, step: &Step, reason: &str) -> Flowing {
        self.note(&format!("the bot hands over: {}", quote(reason)));
        self.set_var(&step.id, quote(reason));
        Flowing::To(step.next)
    }
}
