//! Which webhooks are measured: of each size one, real cases where there are any.

use std::path::Path;

use trunkline_cases::{Case, case_files};
use trunkline_model::{Part, ReceiveStep};
use trunkline_runtime::Connector;

/// Sizes of bodies.
pub const BYTES: [usize; 4] = [512, 1_536, 11_264, 102_400];

/// How far a case may be from the size that it stands for: half of it. Otherwise one is made longer.
const NEAR: usize = 2;

/// For each size: the case with events whose body is nearest; where none is near, one in which a word of a text stands so
/// often that it is as large. None where the connector takes no such body.
pub async fn chosen(connector: &Connector, folder: &Path) -> Vec<(usize, String, Case)> {
    let mut cases = Vec::new();
    for file in case_files(folder) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let case = Case::read(&file).expect("a case file");
        if let Some(texts) = texts(connector, &case).await {
            cases.push((name, case, texts));
        }
    }
    let mut found: Vec<(usize, String, Case)> = Vec::new();
    for size in BYTES {
        let far = |case: &Case| case.request.body.len().abs_diff(size);
        let nearest =
            cases.iter().min_by_key(|(_, case, _)| far(case)).filter(|(_, case, _)| far(case) * NEAR <= size);
        match nearest {
            Some((name, case, _)) => found.push((size, name.clone(), case.clone())),
            None => found.extend(enlarged(connector, &cases, size).await),
        }
    }
    found
}

async fn enlarged(
    connector: &Connector,
    cases: &[(String, Case, Vec<String>)],
    size: usize,
) -> Option<(usize, String, Case)> {
    for (name, case, texts) in cases {
        for word in texts.iter().flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric())) {
            let Some(longer) = longer(case, word, size) else { continue };
            if self::texts(connector, &longer).await.is_some() {
                return Some((size, format!("{name}, longer"), longer));
            }
        }
    }
    None
}

/// The same case with a word in it so often that the body has that size.
fn longer(case: &Case, word: &str, size: usize) -> Option<Case> {
    let body = std::str::from_utf8(&case.request.body).ok()?;
    if word.len() < 3 || body.matches(word).count() != 1 {
        return None;
    }
    let times = size.saturating_sub(body.len()) / word.len() + 1;
    let body = body.replace(word, &word.repeat(times)).into_bytes();
    let mut longer = case.clone();
    longer.request = match case.resigned(body.clone()) {
        Ok(request) => request,
        // Where the signature is in the body it may cover something else.
        Err(_) => trunkline_model::Request { body, ..case.request.clone() },
    };
    Some(longer)
}

/// The texts of its events. None where it is not answered with events.
async fn texts(connector: &Connector, case: &Case) -> Option<Vec<String>> {
    let step = connector.receive_step(case.request.clone(), case.context.clone()).await;
    let Ok(ReceiveStep::Answer(answer)) = step else { return None };
    if answer.events.is_empty() {
        return None;
    }
    let parts = answer.events.into_iter().filter_map(|event| match event.kind {
        trunkline_model::EventKind::Message(message) => Some(message.parts),
        _ => None,
    });
    let texts = parts.flatten().filter_map(|part| match part {
        Part::Text(text) => Some(text),
        _ => None,
    });
    Some(texts.collect())
}
