//! Lines of an answer that does not end at once.

use crate::failure::Failure;

/// An event, or the difference between two, is no larger than this.
const ONE_BYTES_MAX: usize = 64 << 20;

/// Whole lines of a stream that comes in pieces.
#[derive(Default)]
pub struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    /// Takes a piece; gives the lines that are whole by now.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<String>, Failure> {
        self.partial.extend_from_slice(chunk);
        if self.partial.len() > ONE_BYTES_MAX {
            return Err(Failure::new(format!("a line of more than {ONE_BYTES_MAX} bytes")));
        }
        let Some(end) = self.partial.iter().rposition(|byte| *byte == b'\n') else { return Ok(Vec::new()) };
        let rest = self.partial.split_off(end + 1);
        let whole = std::mem::replace(&mut self.partial, rest);
        Ok(String::from_utf8_lossy(&whole).lines().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_may_come_in_pieces() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"id: 1\nda").expect("short"), ["id: 1"]);
        assert_eq!(lines.push(b"ta: \xc3").expect("short"), Vec::<String>::new());
        assert_eq!(lines.push(b"\xa9\n\nid").expect("short"), ["data: é", ""]);
    }
}
