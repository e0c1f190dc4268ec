//! HTML to text, and where in HTML the quoted mail begins. A walk over tags, not a browser: what it makes is read
//! by people and bots, never rendered.

use super::entity;

/// Elements whose content is not shown.
const SILENT: [&str; 6] = ["head", "style", "script", "title", "template", "noscript"];
/// Elements that begin and end a line.
const BLOCKS: [&str; 17] = [
    "p",
    "div",
    "li",
    "tr",
    "ul",
    "ol",
    "table",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "pre",
    "section",
];
/// What quotes are marked with, in lower case: the text stands inside of the tag where the quote begins.
const QUOTES: [&str; 15] = [
    "class=\"gmail_quote",
    "class=\"gmail_extra",
    "class=gmail_quote",
    "id=\"divrplyfwdmsg\"",
    "id=\"appendonsend\"",
    "id=\"x_divrplyfwdmsg\"",
    "border:none;border-top:solid #e1e1e1 1.0pt",
    "border:none;border-top:solid #b5c4df 1.0pt",
    "class=\"outlookmessageheader\"",
    "id=\"olk_src_body_section\"",
    "type=\"cite\"",
    "class=\"moz-cite-prefix\"",
    "class=\"yahoo_quoted",
    "class=\"protonmail_quote",
    "name=\"messagereplysection\"",
];
/// Forwarded mails stand in the same containers; what is inside is then the message.
const FORWARDS: [&str; 3] = ["forwarded message", "moz-forward-container", "begin forwarded message"];

/// Where a quote of the mail that is answered begins: the position of its tag. None in a forwarded mail.
pub fn quote_start(html: &str) -> Option<usize> {
    let lower = html.to_ascii_lowercase();
    if FORWARDS.iter().any(|mark| lower.contains(mark)) {
        return None;
    }
    let mark = QUOTES.iter().filter_map(|mark| lower.find(mark)).min()?;
    // A mark outside of a tag is somebody writing about HTML.
    let tag = lower[..mark].rfind('<')?;
    (!lower[tag..mark].contains('>')).then_some(tag)
}

/// The text of HTML: lines for blocks, `>` for quotes, targets for links.
pub fn text(html: &str) -> String {
    let mut walk = Walk::default();
    let mut rest = html;
    // Quotes that are never closed would have every tag searched to the end of the text: once is enough.
    let mut trust_quotes = true;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = after.split_once("-->").map_or("", |(_, after)| after);
        } else if is_tag(rest) {
            let (tag, after) = split_tag(rest, &mut trust_quotes);
            walk.tag(tag);
            rest = after;
        } else {
            // At least one character, so that a lone `<` is text.
            let end = rest
                .char_indices()
                .skip(1)
                .find(|(_, letter)| *letter == '<')
                .map_or(rest.len(), |(end, _)| end);
            walk.characters(&rest[..end]);
            rest = &rest[end..];
        }
    }
    walk.close_link();
    walk.text.trim().to_owned()
}

fn is_tag(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next() == Some('<')
        && letters.next().is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'))
}

/// What stands between `<` and `>`, quoted values included, and what follows. A tag without end is the rest.
fn split_tag<'a>(text: &'a str, trust_quotes: &mut bool) -> (&'a str, &'a str) {
    let mut quote = None;
    for (position, letter) in text.char_indices().skip(1) {
        match (letter, quote) {
            ('>', None) => return (&text[1..position], &text[position + 1..]),
            ('"' | '\'', None) if *trust_quotes => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            _ => {}
        }
    }
    // The tag ends at the first bracket after all.
    *trust_quotes = false;
    text[1..].split_once('>').unwrap_or((&text[1..], ""))
}

#[derive(Default)]
struct Walk {
    text: String,
    /// The element whose content is left out, and how many of its name are open.
    silent: Option<(String, u32)>,
    quotes: usize,
    pre: u32,
    space: bool,
    /// Target of the open link, and where its text begins.
    link: Option<(String, usize)>,
}

impl Walk {
    fn tag(&mut self, tag: &str) {
        let closing = tag.starts_with('/');
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        if let Some((silent, depth)) = &mut self.silent {
            if *silent == name {
                *depth = if closing { *depth - 1 } else { *depth + u32::from(!tag.ends_with('/')) };
                if *depth == 0 {
                    self.silent = None;
                }
            }
            return;
        }
        let void = matches!(name.as_str(), "br" | "hr" | "img" | "input" | "meta" | "link");
        if !closing && !void && !tag.ends_with('/') && (SILENT.contains(&name.as_str()) || is_hidden(tag)) {
            self.silent = Some((name, 1));
            return;
        }
        match name.as_str() {
            "br" => self.line_end(),
            "td" | "th" => self.space = true,
            "a" if closing => self.close_link(),
            "a" => {
                self.close_link();
                self.link = attribute(tag, "href").map(|target| (target, self.text.len()));
            }
            name if BLOCKS.contains(&name) => {
                self.block(name, closing);
            }
            _ => {}
        }
    }

    fn block(&mut self, name: &str, closing: bool) {
        if !self.at_line_start() {
            self.line_end();
        }
        match (name, closing) {
            ("blockquote", false) => self.quotes += 1,
            ("blockquote", true) => self.quotes = self.quotes.saturating_sub(1),
            ("pre", false) => self.pre += 1,
            ("pre", true) => self.pre = self.pre.saturating_sub(1),
            // Paragraphs have a blank line between them.
            ("p", true) => self.line_end(),
            ("li", false) => self.word("- "),
            _ => {}
        }
    }

    fn characters(&mut self, characters: &str) {
        if self.silent.is_some() {
            return;
        }
        for line in characters.split_inclusive('\n') {
            for word in line.split_inclusive(|letter: char| letter.is_ascii_whitespace()) {
                let content = word.trim_end_matches(|letter: char| letter.is_ascii_whitespace());
                if !content.is_empty() {
                    self.word(&entity::decoded(content));
                }
                if content.len() < word.len() {
                    if self.pre > 0 {
                        self.text.push_str(&word[content.len()..]);
                    } else {
                        self.space = true;
                    }
                }
            }
        }
    }

    fn word(&mut self, word: &str) {
        if self.text.is_empty() || self.text.ends_with('\n') {
            // Bounded, because the depth is the sender's choice.
            self.text.push_str(&"> ".repeat(self.quotes.min(10)));
        } else if self.space && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
        self.space = false;
        self.text.push_str(word);
    }

    fn at_line_start(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n')
    }

    fn line_end(&mut self) {
        self.space = false;
        // No more than one blank line.
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Writes the target behind a link, unless the text is the target.
    fn close_link(&mut self) {
        let Some((target, start)) = self.link.take() else { return };
        let shown = self.text.get(start..).unwrap_or_default().trim();
        let plain = |text: &str| {
            text.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/').to_owned()
        };
        let web = target.starts_with("http://") || target.starts_with("https://");
        if web && !shown.is_empty() && plain(shown) != plain(&target) {
            self.text.push_str(&format!(" <{target}>"));
        }
    }
}

/// Preview texts that are not meant to be seen.
fn is_hidden(tag: &str) -> bool {
    let style = attribute(tag, "style").unwrap_or_default().to_ascii_lowercase();
    let style: String = style.chars().filter(|letter| !letter.is_whitespace()).collect();
    style.contains("display:none") || style.contains("mso-hide:all")
}

/// The value of an attribute with its entities decoded.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let mut from = 0;
    loop {
        let position = from + lower[from..].find(name)?;
        from = position + name.len();
        let alone = lower[..position]
            .ends_with(|letter: char| letter.is_ascii_whitespace() || matches!(letter, '"' | '\''));
        let Some(value) = tag[from..].trim_start().strip_prefix('=') else { continue };
        if !alone {
            continue;
        }
        let value = value.trim_start();
        let value = match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split(quote).next()?,
            _ => value.split(|letter: char| letter.is_ascii_whitespace()).next()?,
        };
        return Some(entity::decoded(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_links_entities_and_what_is_hidden() {
        for (html, expected) in [
            ("<div>a</div><div>b<br>c</div>", "a\nb\nc"),
            ("<p>a&nbsp;&lt;b&gt; &#x20AC;&bogus; &</p>\n<p>c</p>", "a <b> €&bogus; &\n\nc"),
            ("<head><title>x</title></head><style>y</style><script>z<b></script>a<!-- <p> -->b", "ab"),
            ("<div style='display: none'>x<div>y</div>z</div>a", "a"),
            ("<ul><li>a<li>b</ul>", "- a\n- b"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("<blockquote>a<br>b</blockquote>c", "> a\n> b\nc"),
            (
                "<a href=\"https://x.example/?a&amp;b\">here</a>, <a href=https://y.example/>y.example</a>",
                "here <https://x.example/?a&b>, y.example",
            ),
            ("1 < 2 <b>&amp;</b> <img alt=\">\">3", "1 < 2 & 3"),
            ("a <b", "a"),
            ("", ""),
        ] {
            assert_eq!(text(html), expected, "{html}");
        }
    }

    #[test]
    fn quotes_are_found_in_tags_only() {
        let html = "<div>new</div><div class=\"gmail_quote\">old</div>";
        assert_eq!(quote_start(html), Some(14));
        assert_eq!(quote_start("<p>type=\"cite\"</p>"), None);
        assert_eq!(
            quote_start("<div class=\"gmail_quote\">---------- Forwarded message ---------</div>"),
            None
        );
    }

    #[test]
    fn time_is_linear() {
        for piece in [
            "<a href=\"",
            "<div style=\"display:none\">",
            "&",
            "<!--",
            "<",
            "<blockquote>",
            "style",
            "a <b ",
            "<a \">\"",
        ] {
            let _ = text(&piece.repeat((1 << 18) / piece.len()));
        }
    }
}
