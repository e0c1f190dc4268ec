//! Whether somebody can take a ticket, and if not, why.

use crate::book::Book;
use crate::index::{Index, Load};
use crate::need::Shape;
use crate::{Agent, Presence, WhyNot};

/// An agent, with all that decides what this one can take.
pub(crate) struct Person<'a> {
    agent: &'a Agent,
    presence: Presence,
    load: Option<&'a Load>,
}

impl<'a> Person<'a> {
    /// None: there is no such agent.
    pub fn of(book: &'a Book, index: &'a Index, name: &str) -> Option<Self> {
        Some(Self {
            agent: book.config.agents.get(name)?,
            presence: book.seats.get(name).map(|seat| seat.presence).unwrap_or_default(),
            load: index.loads.get(name),
        })
    }

    /// Why this one cannot take a ticket of this shape now. None: can.
    ///
    /// Whether this very ticket was declined before is not looked at.
    pub fn why_not(&self, shape: &Shape) -> Option<WhyNot> {
        self.unavailable(&shape.channel_kind).or_else(|| self.unable(shape))
    }

    /// Why this one cannot take anything of this kind now.
    pub fn unavailable(&self, kind: &str) -> Option<WhyNot> {
        if self.presence != Presence::Online {
            return Some(WhyNot::Presence { presence: self.presence });
        }
        let capacity = &self.agent.capacity;
        let (held, most) = (self.load.map_or(0, |load| load.of(kind)), capacity.of(kind));
        if held >= most {
            return Some(WhyNot::AtCapacity { kind: kind.to_owned(), held, most });
        }
        let (held, most) = (self.load.map_or(0, Load::total), capacity.total());
        if held >= most {
            return Some(WhyNot::AtCapacity { kind: "total".to_owned(), held, most });
        }
        None
    }

    /// Why this one never can.
    fn unable(&self, shape: &Shape) -> Option<WhyNot> {
        for (skill, &least) in &shape.skills {
            let has = self.agent.skills.get(skill).copied().unwrap_or(0);
            if has < least {
                return Some(WhyNot::Skill { skill: skill.clone(), least, has });
            }
        }
        let wanted = shape.language.as_ref()?;
        let languages = &self.agent.languages;
        if languages.is_empty() || languages.iter().any(|spoken| speaks(spoken, wanted)) {
            return None;
        }
        Some(WhyNot::Language { wanted: wanted.clone() })
    }
}

/// Why an agent cannot take a ticket of this shape now. None: can.
pub(crate) fn why_not(book: &Book, index: &Index, name: &str, shape: &Shape) -> Option<WhyNot> {
    match Person::of(book, index, name) {
        Some(person) => person.why_not(shape),
        None => Some(WhyNot::Presence { presence: Presence::Offline }),
    }
}

/// Whether one tag is the other, or the beginning of it: who speaks `pt` reads `pt-BR`, and the other way round;
/// who speaks `pt-PT` is not asked for `pt-BR`.
fn speaks(spoken: &str, wanted: &str) -> bool {
    spoken.split('-').zip(wanted.split('-')).all(|(spoken, wanted)| spoken.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_compared_by_their_parts() {
        let table = [
            ("de", "de", true),
            ("de", "DE", true),
            ("pt", "pt-BR", true),
            ("pt-BR", "pt", true),
            ("pt-PT", "pt-BR", false),
            ("zh-Hant", "zh-Hant-HK", true),
            ("zh-Hant", "zh-Hans", false),
            ("de", "den", false),
            ("e", "en", false),
        ];
        for (spoken, wanted, expected) in table {
            assert_eq!(speaks(spoken, wanted), expected, "{spoken} for {wanted}");
        }
    }
}
