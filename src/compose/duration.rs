//! Durations as the Compose specification writes them (`1m30s`, `500ms`), read and shown.

use std::time::Duration;

/// Reads a duration: numbers with the units `h`, `m`, `s`, `ms`, `us`, `µs`, `ns`, one after the other. A number without a
/// unit is taken as seconds. (Compose specification, "Specifying durations".)
///
/// Returns `None` for anything else, and for a duration that does not fit.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let seconds = match &rest[..unit_end] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = &rest[unit_end..];
    }
    (!text.is_empty()).then_some(total)
}

/// Shows a duration the way a person reads it: `0.4s`, `12.1s`, `3m05s`, `1h02m`.
#[must_use]
pub fn show_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{:.1}s", duration.as_secs_f64()),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_compose_reads() {
        for (text, millis) in [
            ("10", 10_000),
            ("1.5", 1_500),
            ("1m30s", 90_000),
            ("500ms", 500),
            ("1h0m0.5s", 3_600_500),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "1x", "-1s", "1m-3s", "ten", "1e400"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn shows_what_a_person_reads() {
        for (millis, text) in [
            (400, "0.4s"),
            (12_100, "12.1s"),
            (185_000, "3m05s"),
            (3_720_000, "1h02m"),
        ] {
            assert_eq!(show_duration(Duration::from_millis(millis)), text);
        }
    }
}
