//! Sizes and durations: how they are written, and how the resolved model shows them.

use super::number::parse_float;

/// A number of bytes: a whole number, or a number with a unit, where every unit is a power of 1024.
/// (Compose specification, "Specifying byte values".)
pub(super) fn bytes(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let digits = text
        .rfind(|c: char| c.is_ascii_digit() || c == '.')
        .map_or(0, |at| at + 1);
    let (number, unit) = text.split_at(digits);
    let number = parse_float(number).filter(|number| *number >= 0.0)?;
    let unit = unit.strip_prefix(' ').unwrap_or(unit).to_ascii_lowercase();
    let power = match unit.strip_suffix("ib").or(unit.strip_suffix('b')).unwrap_or(&unit) {
        "" if unit != "ib" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    Some(whole(number * 1024_f64.powi(power)))
}

/// A number without its fraction. What does not fit is the least number, as on the processors that Compose runs on.
pub(super) fn whole(number: f64) -> i64 {
    let fits = (-TWO_TO_63..TWO_TO_63).contains(&number);
    #[expect(clippy::cast_possible_truncation, reason = "a fraction is dropped, as Compose does")]
    let whole = number as i64;
    if fits { whole } else { i64::MIN }
}

/// The least number that is too large for 64 bits with a sign.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// A duration in nanoseconds: numbers with units, one after the other. (Compose specification, "Specifying durations".)
#[must_use]
pub fn duration(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "0" {
        return Some(0);
    }
    let mut rest = unsigned;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .filter(|digits| *digits > 0)?;
        let (number, tail) = rest.split_at(digits);
        let width = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(width);
        total = total.checked_add(nanoseconds(number, scale(unit)?)?)?;
        rest = tail;
    }
    let total = if text.starts_with('-') { -total } else { total };
    (!unsigned.is_empty()).then_some(total)
}

fn scale(unit: &str) -> Option<i64> {
    const SECOND: i64 = 1_000_000_000;
    Some(match unit {
        "w" => 7 * 86_400 * SECOND,
        "d" => 86_400 * SECOND,
        "h" => 3_600 * SECOND,
        "m" => 60 * SECOND,
        "s" => SECOND,
        "ms" => 1_000_000,
        "us" | "µs" | "μs" => 1_000,
        "ns" => 1,
        _ => return None,
    })
}

/// A decimal number of units, without the detour over a float for its whole part.
fn nanoseconds(number: &str, scale: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: f64 = format!("0.{fraction}0").parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "less than one unit"
    )]
    let part = (part * scale as f64).round() as i64;
    whole.checked_mul(scale)?.checked_add(part)
}

/// A duration in the form of the resolved model: `1h0m0s`, `1m30s`, `1.5s`, `500ms`, `0s`.
pub(super) fn show_duration(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let total = nanoseconds.unsigned_abs();
    let (unit, name) = match total {
        0 => return "0s".to_owned(),
        1..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    if name != "s" {
        return format!("{sign}{}{name}", decimal(total, unit));
    }
    let (minutes, seconds) = (total / (60 * unit), decimal(total % (60 * unit), unit));
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

fn decimal(total: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let fraction = format!("{:0width$}", total % unit);
    let fraction = fraction.trim_end_matches('0');
    match fraction {
        "" => (total / unit).to_string(),
        _ => format!("{}.{fraction}", total / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, size) in [
            ("64", Some(64)),
            ("-1", Some(-1)),
            ("1.5g", Some(1_610_612_736)),
            ("10 MB", Some(10_485_760)),
            ("2b", Some(2)),
            ("1KiB", Some(1024)),
            ("9223372036854775808", Some(i64::MIN)),
        ] {
            assert_eq!(bytes(text), size, "{text}");
        }
        for text in ["", "x", "1x", "1  m", "-1m", "1ib", "m", "1e400", "inf"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, shown) in [
            ("90s", "1m30s"),
            ("1h", "1h0m0s"),
            ("1.5s", "1.5s"),
            ("500ms", "500ms"),
            ("0", "0s"),
            ("1d", "24h0m0s"),
            ("1w2d3h4m5s6ms7us8ns", "219h4m5.006007008s"),
            ("-1s", "-1s"),
            (".5s", "500ms"),
        ] {
            assert_eq!(duration(text).map(show_duration).as_deref(), Some(shown), "{text}");
        }
        for text in ["", "30", "q", "5 s", "s", "1.1.1s", "."] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
