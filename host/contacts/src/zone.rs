//! Time zones by name, out of the database that is built in: the same on every machine.

use std::sync::LazyLock;

use jiff::tz::TimeZoneDatabase;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The name of a time zone as IANA spells it. None: there is no such zone.
pub(crate) fn named(name: &str) -> Option<String> {
    let zone = ZONES.get(name).ok()?;
    zone.iana_name().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_their_iana_names() {
        let table = [
            ("Europe/Berlin", Some("Europe/Berlin")),
            ("asia/tokyo", Some("Asia/Tokyo")),
            ("UTC", Some("UTC")),
            ("Europe/Atlantis", None),
            ("+02:00", None),
            ("", None),
        ];
        for (name, expected) in table {
            assert_eq!(named(name).as_deref(), expected, "{name}");
        }
    }
}
