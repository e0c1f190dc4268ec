//! What an answer means.

use serde_json::{Number, Value};

use super::{Flowing, Walk, quote};
use crate::flow::{Answer, Ask, FlowChoice, Patience, Rate, Step, plain};
use crate::run::{Output, Run, State};
use crate::trace::Did;

/// Bytes of an answer in free words that are kept.
const TEXT_BYTES_MAX: usize = 2_000;

impl Walk<'_> {
    /// The contact answers a question.
    pub(super) fn answered(
        &mut self,
        run: &Run,
        step: &Step,
        ask: &Ask,
        said: (&str, Option<&str>),
    ) -> Flowing {
        let found = match &ask.answer {
            Answer::Choices(choices) => {
                choose(choices, said).map(|choice| (Value::from(choice.id.clone()), choice.next))
            }
            Answer::Email => email(said.0).map(|value| (Value::from(value), step.next)),
            Answer::Number => number(said.0).map(|value| (Value::from(value), step.next)),
            Answer::Text => text(said.0).map(|value| (Value::from(value), step.next)),
        };
        let taken_as = found.as_ref().map(|(value, _)| quote(&crate::expression::display(value)));
        self.told(Did::Answered { said: quote(said.1.unwrap_or(said.0)), taken_as });
        match found {
            Some((value, next)) => {
                self.set_var(&ask.into, value);
                Flowing::To(next)
            }
            None => self.again(run, &ask.patience, |walk| walk.ask(ask)),
        }
    }

    /// Says that an answer cannot be used, and asks again; goes on without one after so many.
    pub(super) fn again(&mut self, run: &Run, patience: &Patience, ask: impl FnOnce(&mut Self)) -> Flowing {
        let Some(retries) = run.retries.checked_sub(1) else {
            return self.or_give_up(patience.otherwise, "no answer could be used");
        };
        if let Some(again) = &patience.again {
            self.say(again);
        }
        ask(self);
        let until = patience.timeout_ms.map(|timeout_ms| self.at.saturating_add(timeout_ms));
        Flowing::Done(State::Waiting(Run { retries, until, turns_alone: self.turns_alone, ..run.clone() }))
    }

    /// The contact rates.
    pub(super) fn rated(
        &mut self,
        run: &Run,
        step: &Step,
        rate: &Rate,
        said: (&str, Option<&str>),
    ) -> Flowing {
        let kind = super::steps::kind(rate);
        let words = said.1.unwrap_or(said.0);
        let score = words.trim().parse::<u8>().ok().filter(|score| kind.range().contains(score));
        let taken_as = score.map(|score| score.to_string());
        self.told(Did::Answered { said: quote(words), taken_as });
        if let Some(score) = score {
            self.set_var(&step.id, score);
            self.outputs.push(Output::Rated { kind, score });
            rate.thanks.iter().for_each(|thanks| self.say(thanks));
            return Flowing::To(step.next);
        }
        match run.retries.checked_sub(1) {
            Some(retries) => {
                self.ask_rating(rate);
                Flowing::Done(State::Waiting(Run { retries, turns_alone: self.turns_alone, ..run.clone() }))
            }
            // Nobody has to rate.
            None => Flowing::To(step.next),
        }
    }
}

/// The choice that an answer means: by the id of a button, by id, number or title in words.
pub(super) fn choose<'a>(
    choices: &'a [FlowChoice],
    (text, id): (&str, Option<&str>),
) -> Option<&'a FlowChoice> {
    let by_id = |id: &str| choices.iter().find(|choice| choice.id == id);
    if let Some(found) = id.and_then(by_id) {
        return Some(found);
    }
    let said = plain(text);
    let number = said.trim_end_matches(['.', ')']);
    let by_words = choices.iter().find(|choice| plain(&choice.id) == said || choice.titles.contains(&said));
    by_words.or_else(|| choices.get(number.parse::<usize>().ok()?.checked_sub(1)?))
}

/// An address, as far as anybody can tell without writing to it.
fn email(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let plain = |part: &str| {
        !part.is_empty()
            && !part
                .chars()
                .any(|letter| letter.is_whitespace() || letter.is_control() || "<>,;\"".contains(letter))
    };
    let labels = domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty());
    (text.len() <= 254 && plain(local) && plain(domain) && !local.contains('@') && labels)
        .then(|| text.to_owned())
}

/// A whole or decimal number; a comma may stand for the point.
fn number(text: &str) -> Option<Number> {
    let text = text.trim().replace(',', ".");
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !plain || !digits.bytes().any(|byte| byte.is_ascii_digit()) || text.len() > 40 {
        return None;
    }
    let text = text.strip_prefix('+').unwrap_or(&text);
    text.parse::<i64>().ok().map(Number::from).or_else(|| Number::from_f64(text.parse().ok()?))
}

fn text(text: &str) -> Option<String> {
    let text = crate::expression::shorten(text.trim(), TEXT_BYTES_MAX);
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_words() {
        for (said, expected) in [
            (" Ann@Example.com ", Some("Ann@Example.com")),
            ("a.b+c@mail.example.com", Some("a.b+c@mail.example.com")),
            ("ann@example", None),
            ("ann@example..com", None),
            ("ann example.com", None),
            ("it is ann@example.com", None),
            ("a@b@example.com", None),
            ("@example.com", None),
            ("<ann@example.com>", None),
        ] {
            assert_eq!(email(said).as_deref(), expected, "{said}");
        }
    }

    #[test]
    fn numbers_are_told_from_other_words() {
        for (said, expected) in [
            (" 42 ", Some("42")),
            ("-7", Some("-7")),
            ("+7", Some("7")),
            ("3,5", Some("3.5")),
            ("1e3", None),
            ("inf", None),
            (".", None),
            ("1.2.3", None),
            ("", None),
            ("12 pieces", None),
        ] {
            assert_eq!(number(said).map(|number| number.to_string()).as_deref(), expected, "{said}");
        }
    }
}
