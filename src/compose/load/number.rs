//! Numbers as Compose writes them: as a text where a text is wanted, and as JSON.

use serde_json::Value as Json;

use crate::yaml::Value;

/// A scalar as a text; lists and mappings have none.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float_text(*number),
        Value::Time(time) => time.to_string(),
        Value::Str(text) => text.clone(),
        Value::Null | Value::Seq(_) | Value::Map(_) => String::new(),
    }
}

/// The shortest digits that give the number again: plain while the exponent lies between -4 and 5, else with an exponent of
/// at least two digits.
fn float_text(number: f64) -> String {
    let scientific = format!("{number:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// A number as a text of the file gives it: underscores may stand between digits, the digits may be hexadecimal with a
/// power of two behind them, and infinity is a number only where it is called so.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let number = match unsigned.strip_prefix("0x").or(unsigned.strip_prefix("0X")) {
        Some(digits) => hexadecimal(digits)?,
        None => decimal(unsigned)?,
    };
    let overflows = number.is_infinite() && unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let number = if text.starts_with('-') { -number } else { number };
    (!overflows).then_some(number)
}

/// `DIGITS[.DIGITS]pEXPONENT`
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let number = digits
        .chars()
        .try_fold(0.0, |number, c| Some(number * 16.0 + f64::from(c.to_digit(16)?)))?;
    let exponent: i32 = exponent.parse().ok()?;
    let shift = i32::try_from(fraction.len()).ok()?.checked_mul(4)?;
    (!digits.is_empty()).then(|| number * 2_f64.powi(exponent.saturating_sub(shift)))
}

fn decimal(text: &str) -> Option<f64> {
    if text.starts_with(['+', '-']) {
        return None;
    }
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let mut underscores = text.match_indices('_').map(|(at, _)| at);
    if !underscores.all(|at| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1))) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

/// A number as JSON: whole ones without a fraction.
pub(super) fn json_number(number: f64) -> Json {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and to fit")]
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return Json::from(number as i64);
    }
    Json::from(number)
}

/// The same, with the digits that a 32-bit float needs.
pub(super) fn json_number_32(number: f64) -> Json {
    #[expect(clippy::cast_possible_truncation, reason = "Compose keeps it in 32 bits")]
    let short = (number as f32).to_string();
    json_number(short.parse().unwrap_or(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_short() {
        for (number, text) in [
            (1.0, "1"),
            (1.1, "1.1"),
            (999_999.0, "999999"),
            (1e6, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (123_456.75, "123456.75"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1e21, "1e+21"),
            (-0.5, "-0.5"),
        ] {
            assert_eq!(float_text(number), text);
        }
        assert_eq!(parse_float("1_0.5"), Some(10.5));
        assert_eq!(parse_float("_1"), None);
        assert_eq!(parse_float("-0x1.8p4"), Some(-24.0));
        for text in ["0x10", "0xp1", "1e400", "+-1", ""] {
            assert_eq!(parse_float(text), None, "{text}");
        }
        assert_eq!(json_number_32(0.1).to_string(), "0.1");
        assert_eq!(json_number(2.0).to_string(), "2");
    }
}
