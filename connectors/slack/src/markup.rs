//! Slack's markup: what stands in angle brackets, and the three signs that are escaped.
//!
//! <https://docs.slack.dev/messaging/formatting-message-text/>, read 2026-07.

/// What a person reads: mentions, links and dates by their names, signs as they were typed. Codes of emoji (`:wave:`) and the signs
/// of bold and italic stay.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let Some((reference, behind)) = after.split_once('>') else { break };
        plain += &unescaped(before);
        plain += &read(reference);
        rest = behind;
    }
    plain + &unescaped(rest)
}

/// A text that Slack shows as it is, apart from `*bold*` and its like.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// What stands between `<` and `>`.
fn read(reference: &str) -> String {
    let (target, label) = match reference.split_once('|') {
        Some((target, label)) => (target, Some(unescaped(label)).filter(|label| !label.is_empty())),
        None => (reference, None),
    };
    match target.chars().next() {
        Some(sign @ ('@' | '#')) => format!("{sign}{}", label.as_deref().unwrap_or(&target[1..])),
        Some('!') => special(&target[1..], label),
        Some(_) => link(&unescaped(target), label),
        None => format!("<{reference}>"),
    }
}

/// `<!here>`, `<!subteam^S01|@team>`, `<!date^1790000000^{date}|21 September>`.
fn special(target: &str, label: Option<String>) -> String {
    label.unwrap_or_else(|| format!("@{}", target.strip_prefix("subteam^").unwrap_or(target)))
}

/// Slack makes links by itself of what looks like one: then label and target say the same.
fn link(url: &str, label: Option<String>) -> String {
    const SCHEMES: [&str; 4] = ["https://", "http://", "mailto:", "tel:"];
    let bare = SCHEMES.iter().find_map(|scheme| url.strip_prefix(scheme));
    match label {
        Some(label) if label == url || Some(&*label) == bare => label,
        Some(label) => format!("{label} ({url})"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_what_one_reads() {
        for (text, expected) in [
            ("hi &lt;b&gt; &amp;amp; <@U0BOT>", "hi <b> &amp; @U0BOT"),
            ("<@U01|hana> in <#C01|general> and <#C02|>", "@hana in #general and #C02"),
            ("<!here> <!subteam^S01|@team> <!subteam^S02>", "@here @team @S02"),
            ("<!date^1790000000^{date}|21 September>", "21 September"),
            ("<https://example.org/?a=1&amp;b=2>", "https://example.org/?a=1&b=2"),
            ("<http://example.org|example.org>", "example.org"),
            ("<https://example.org|our site>", "our site (https://example.org)"),
            ("<mailto:a@example.org|a@example.org>", "a@example.org"),
            ("<tel:+15005550123|+15005550123>", "+15005550123"),
            ("*bold* :wave: `x`", "*bold* :wave: `x`"),
            ("an open < bracket", "an open < bracket"),
            ("<>|<|x>", "<>|<|x>"),
            ("", ""),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_escaped_comes_back() {
        for text in ["a < b && c > d", "&lt;", "<@U01>", "&amp;amp;", "x|y"] {
            assert_eq!(plain(&escaped(text)), text);
        }
    }
}
