//! Datapoints in JSON.

use crate::Datapoint;
use serde::Deserialize;

#[derive(Deserialize)]
struct Record {
    timestamp: u64,
    value: f64,
}

/// Reads an array of records.
pub fn parse(text: &str) -> Result<Vec<Datapoint>, String> {
    let records: Vec<Record> =
        serde_json::from_str(text).map_err(|e| format!("Parse failed: {e}"))?;
    if records.is_empty() {
        return Err("Empty dataset".into());
    }
    let point = |r: Record| Datapoint {
        timestamp: r.timestamp,
        value: r.value,
    };
    Ok(records.into_iter().map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_is_wrong() {
        assert_eq!(parse("[]").unwrap_err(), "Empty dataset");
        let message = parse(r#"[{"timestamp": 1.0, "value": 2}]"#).unwrap_err();
        assert!(message.starts_with("Parse failed: "), "{message}");
        assert!(message.ends_with("at line 1 column 18"), "{message}");
    }
}
