//! Changes to the JSON inside of an input that leave it JSON, beside the fuzzer's own, which mostly break it.

use serde_json::{Value, json};

/// Texts that are something special somewhere.
const TEXTS: [&str; 12] = [
    "",
    " ",
    "0",
    "-1",
    "99999999999999999999",
    "1e999",
    "\u{0}",
    "\u{202e}\u{1f600}",
    "..",
    "https://example.org/a?b=c#d",
    "a\r\nb: c",
    "null",
];

/// Changes one value of one JSON document in the input. None where there is none, or it would become too long.
pub fn mutate(input: &[u8], bytes_max: usize, seed: u32) -> Option<Vec<u8>> {
    let mut random = fastrand::Rng::with_seed(seed.into());
    let starts: Vec<usize> = (0..input.len())
        .filter(|at| matches!(input[*at], b'{' | b'[') && (*at == 0 || input[*at - 1] == b'\n'))
        .collect();
    let start = *starts.get(random.usize(..starts.len().max(1)))?;
    let mut documents = serde_json::Deserializer::from_slice(&input[start..]).into_iter::<Value>();
    let mut document = documents.next()?.ok()?;
    let end = start + documents.byte_offset();
    for _ in 0..random.usize(1..4) {
        let donor = {
            let index = random.usize(..count(&document));
            node(&mut document, index)?.clone()
        };
        let index = random.usize(..count(&document));
        change(node(&mut document, index)?, donor, &mut random);
    }
    let json = serde_json::to_vec(&document).ok()?;
    let length = start + json.len() + input.len() - end;
    (length <= bytes_max).then(|| [&input[..start], &json, &input[end..]].concat())
}

fn change(value: &mut Value, donor: Value, random: &mut fastrand::Rng) {
    match (random.usize(..8), &mut *value) {
        (0, Value::Object(members)) if !members.is_empty() => {
            let name = members.keys().nth(random.usize(..members.len())).cloned().unwrap_or_default();
            members.remove(&name);
        }
        (0, Value::Array(items)) if !items.is_empty() => drop(items.remove(random.usize(..items.len()))),
        (1, Value::Object(members)) if !members.is_empty() => {
            let name = members.keys().nth(random.usize(..members.len())).cloned().unwrap_or_default();
            members.insert(name, donor);
        }
        (1 | 2, Value::Array(items)) if items.len() < 200 => {
            let again = items.get(random.usize(..items.len().max(1))).cloned().unwrap_or(donor);
            let times = if random.u8(..) < 32 { 40 } else { 1 };
            items.extend(std::iter::repeat_n(again, times));
        }
        (2 | 3, Value::String(text)) if text.len() < 4_096 => match random.usize(..3) {
            0 => text.push_str(TEXTS[random.usize(..TEXTS.len())]),
            1 => text.truncate(text.floor_char_boundary(random.usize(..=text.len()))),
            _ => *text = text.repeat(random.usize(2..12)),
        },
        (3 | 4, Value::Number(_)) => {
            let numbers = [json!(0), json!(-1), json!(u64::MAX), json!(i64::MIN), json!(1e308), json!(0.1)];
            *value = numbers[random.usize(..numbers.len())].clone();
        }
        (4, _) => *value = json!(TEXTS[random.usize(..TEXTS.len())]),
        (5, _) => *value = json!([donor]),
        (6, _) => {
            *value = [json!(null), json!(true), json!({}), json!([]), json!(1)][random.usize(..5)].clone()
        }
        _ => *value = donor,
    }
}

/// How many values a document has.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Object(members) => members.values().map(count).sum(),
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// The value of that number, counted as [`count`] does.
fn node(value: &mut Value, mut index: usize) -> Option<&mut Value> {
    if index == 0 {
        return Some(value);
    }
    index -= 1;
    let children: Vec<&mut Value> = match value {
        Value::Object(members) => members.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        _ => Vec::new(),
    };
    for child in children {
        let size = count(child);
        if index < size {
            return node(child, index);
        }
        index -= size;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_json_and_the_rest_stays() {
        let input = b"POST /\n\n{\"a\":[1,\"x\",{\"b\":null}],\"c\":2.5}\n--- answer\n200\n\n{\"id\":7}\n";
        let mut changed = 0;
        for seed in 0..500 {
            let Some(mutated) = mutate(input, 8_192, seed) else { continue };
            let text = String::from_utf8(mutated).expect("UTF-8");
            let (head, rest) = text.split_once("\n\n").expect("a head");
            let (first, answer) = rest.split_once("\n--- answer\n200\n\n").expect("an answer");
            assert_eq!(head, "POST /");
            serde_json::from_str::<Value>(first).expect("JSON");
            serde_json::from_str::<Value>(answer).expect("JSON");
            changed += usize::from(text.as_bytes() != input);
        }
        assert!(changed > 300, "{changed} of 500 changed");
        assert_eq!(mutate(b"no JSON", 100, 1), None);
    }
}
