//! Emoji by Slack's names. Slack never sends the signs themselves.
//!
//! Of some thousand names these are the ones that people react with; the others go by their names, `:party_parrot:`.

/// Name and sign. Of several names of a sign the first is the one that is sent. Names as in the emoji list that Slack uses.
const NAMES: &[(&str, &str)] = &[
    ("thumbsup", "👍"),
    ("+1", "👍"),
    ("thumbsdown", "👎"),
    ("-1", "👎"),
    ("heart", "❤️"),
    ("white_check_mark", "✅"),
    ("heavy_check_mark", "✔️"),
    ("ballot_box_with_check", "☑️"),
    ("x", "❌"),
    ("eyes", "👀"),
    ("tada", "🎉"),
    ("rocket", "🚀"),
    ("fire", "🔥"),
    ("joy", "😂"),
    ("rolling_on_the_floor_laughing", "🤣"),
    ("smile", "😄"),
    ("smiley", "😃"),
    ("grinning", "😀"),
    ("grin", "😁"),
    ("laughing", "😆"),
    ("satisfied", "😆"),
    ("sweat_smile", "😅"),
    ("blush", "😊"),
    ("wink", "😉"),
    ("slightly_smiling_face", "🙂"),
    ("upside_down_face", "🙃"),
    ("heart_eyes", "😍"),
    ("kissing_heart", "😘"),
    ("sunglasses", "😎"),
    ("thinking_face", "🤔"),
    ("face_with_raised_eyebrow", "🤨"),
    ("neutral_face", "😐"),
    ("expressionless", "😑"),
    ("no_mouth", "😶"),
    ("face_with_rolling_eyes", "🙄"),
    ("smirk", "😏"),
    ("hugging_face", "🤗"),
    ("star-struck", "🤩"),
    ("partying_face", "🥳"),
    ("relieved", "😌"),
    ("sleeping", "😴"),
    ("yum", "😋"),
    ("stuck_out_tongue", "😛"),
    ("worried", "😟"),
    ("confused", "😕"),
    ("slightly_frowning_face", "🙁"),
    ("open_mouth", "😮"),
    ("astonished", "😲"),
    ("flushed", "😳"),
    ("cry", "😢"),
    ("sob", "😭"),
    ("scream", "😱"),
    ("disappointed", "😞"),
    ("weary", "😩"),
    ("tired_face", "😫"),
    ("angry", "😠"),
    ("rage", "😡"),
    ("skull", "💀"),
    ("robot_face", "🤖"),
    ("ghost", "👻"),
    ("hankey", "💩"),
    ("poop", "💩"),
    ("see_no_evil", "🙈"),
    ("hear_no_evil", "🙉"),
    ("speak_no_evil", "🙊"),
    ("wave", "👋"),
    ("raised_hand", "✋"),
    ("hand", "✋"),
    ("ok_hand", "👌"),
    ("v", "✌️"),
    ("crossed_fingers", "🤞"),
    ("point_up", "☝️"),
    ("point_up_2", "👆"),
    ("point_down", "👇"),
    ("point_left", "👈"),
    ("point_right", "👉"),
    ("fist", "✊"),
    ("facepunch", "👊"),
    ("punch", "👊"),
    ("clap", "👏"),
    ("raised_hands", "🙌"),
    ("open_hands", "👐"),
    ("pray", "🙏"),
    ("handshake", "🤝"),
    ("muscle", "💪"),
    ("writing_hand", "✍️"),
    ("shrug", "🤷"),
    ("face_palm", "🤦"),
    ("broken_heart", "💔"),
    ("orange_heart", "🧡"),
    ("yellow_heart", "💛"),
    ("green_heart", "💚"),
    ("blue_heart", "💙"),
    ("purple_heart", "💜"),
    ("black_heart", "🖤"),
    ("white_heart", "🤍"),
    ("two_hearts", "💕"),
    ("sparkling_heart", "💖"),
    ("100", "💯"),
    ("boom", "💥"),
    ("collision", "💥"),
    ("sparkles", "✨"),
    ("star", "⭐"),
    ("star2", "🌟"),
    ("zap", "⚡"),
    ("sunny", "☀️"),
    ("rainbow", "🌈"),
    ("snowflake", "❄️"),
    ("droplet", "💧"),
    ("bulb", "💡"),
    ("bell", "🔔"),
    ("warning", "⚠️"),
    ("no_entry", "⛔"),
    ("no_entry_sign", "🚫"),
    ("octagonal_sign", "🛑"),
    ("question", "❓"),
    ("grey_question", "❔"),
    ("exclamation", "❗"),
    ("heavy_exclamation_mark", "❗"),
    ("bangbang", "‼️"),
    ("heavy_plus_sign", "➕"),
    ("heavy_minus_sign", "➖"),
    ("recycle", "♻️"),
    ("hourglass", "⌛"),
    ("hourglass_flowing_sand", "⏳"),
    ("alarm_clock", "⏰"),
    ("calendar", "📅"),
    ("memo", "📝"),
    ("pencil", "📝"),
    ("pushpin", "📌"),
    ("round_pushpin", "📍"),
    ("paperclip", "📎"),
    ("link", "🔗"),
    ("mag", "🔍"),
    ("lock", "🔒"),
    ("unlock", "🔓"),
    ("key", "🔑"),
    ("wrench", "🔧"),
    ("hammer", "🔨"),
    ("gear", "⚙️"),
    ("package", "📦"),
    ("email", "✉️"),
    ("envelope", "✉️"),
    ("telephone_receiver", "📞"),
    ("iphone", "📱"),
    ("computer", "💻"),
    ("camera", "📷"),
    ("gift", "🎁"),
    ("balloon", "🎈"),
    ("birthday", "🎂"),
    ("cake", "🍰"),
    ("coffee", "☕"),
    ("pizza", "🍕"),
    ("beer", "🍺"),
    ("beers", "🍻"),
    ("clinking_glasses", "🥂"),
    ("trophy", "🏆"),
    ("medal", "🏅"),
    ("dart", "🎯"),
    ("moneybag", "💰"),
    ("chart_with_upwards_trend", "📈"),
    ("chart_with_downwards_trend", "📉"),
    ("earth_africa", "🌍"),
    ("house", "🏠"),
    ("car", "🚗"),
    ("red_car", "🚗"),
    ("airplane", "✈️"),
    ("bug", "🐛"),
    ("dog", "🐶"),
    ("cat", "🐱"),
    ("unicorn_face", "🦄"),
    ("turtle", "🐢"),
    ("snail", "🐌"),
    ("red_circle", "🔴"),
    ("large_blue_circle", "🔵"),
    ("large_green_circle", "🟢"),
    ("large_yellow_circle", "🟡"),
    ("checkered_flag", "🏁"),
    ("arrow_up", "⬆️"),
    ("arrow_down", "⬇️"),
    ("arrow_right", "➡️"),
    ("arrow_left", "⬅️"),
    ("one", "1️⃣"),
    ("two", "2️⃣"),
    ("three", "3️⃣"),
];

/// The tones of skin, from `skin-tone-2` on.
const TONES: [&str; 5] = ["\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}", "\u{1f3fe}", "\u{1f3ff}"];
/// Asks for the coloured form of a sign. Some write it and some do not.
const COLOURED: char = '\u{fe0f}';

/// The sign of a name, with the tone behind it (`thumbsup::skin-tone-2`); `:name:` of any other.
pub fn sign(name: &str) -> String {
    let (base, tone) = name.split_once("::").map_or((name, None), |(base, tone)| (base, Some(tone)));
    let found = NAMES.iter().find(|(known, _)| *known == base).map(|(_, sign)| *sign);
    match (found, tone) {
        (Some(sign), None) => sign.to_owned(),
        (Some(sign), Some(tone)) if tone_sign(tone).is_some() => {
            format!("{}{}", sign.trim_end_matches(COLOURED), tone_sign(tone).unwrap_or_default())
        }
        _ => format!(":{name}:"),
    }
}

/// The name of a sign, or of what is written `:name:`. None of a sign that is not in the list.
pub fn name(sign: &str) -> Option<String> {
    let written = sign.strip_prefix(':').and_then(|rest| rest.strip_suffix(':'));
    if let Some(name) = written {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-+':".contains(&byte);
        return Some(name.to_owned()).filter(|name| !name.is_empty() && name.bytes().all(fits));
    }
    let tone = TONES.iter().position(|tone| sign.ends_with(tone));
    let base = tone.map_or(sign, |tone| sign.trim_end_matches(TONES[tone])).trim_end_matches(COLOURED);
    let (name, _) = NAMES.iter().find(|(_, known)| known.trim_end_matches(COLOURED) == base)?;
    Some(tone.map_or_else(|| (*name).to_owned(), |tone| format!("{name}::skin-tone-{}", tone + 2)))
}

fn tone_sign(tone: &str) -> Option<&'static str> {
    let number: usize = tone.strip_prefix("skin-tone-")?.parse().ok()?;
    TONES.get(number.checked_sub(2)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_signs_go_both_ways() {
        for (name, sign) in [
            ("thumbsup", "👍"),
            ("heart", "❤️"),
            ("thumbsup::skin-tone-2", "👍🏻"),
            ("v::skin-tone-6", "✌🏿"),
            ("party_parrot", ":party_parrot:"),
            ("party_parrot::skin-tone-2", ":party_parrot::skin-tone-2:"),
        ] {
            assert_eq!(super::sign(name), sign, "{name}");
            assert_eq!(super::name(sign).as_deref(), Some(name), "{sign}");
        }
    }

    #[test]
    fn what_has_no_name_is_not_guessed() {
        assert_eq!(name("❤").as_deref(), Some("heart"), "without the sign for colour");
        for sign in ["🦤", "", ":", "::", ":Ä:", "thumbsup", "🏻"] {
            assert_eq!(name(sign), None, "{sign}");
        }
        assert_eq!(sign("thumbsup::skin-tone-7"), ":thumbsup::skin-tone-7:");
        assert_eq!(sign("+1"), "👍", "another name of the same");
    }
}
