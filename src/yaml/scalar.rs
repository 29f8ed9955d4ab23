//! What a scalar means: the types of plain scalars, and what a tag makes of a text.

use super::{Time, Value};
use crate::base64;

/// The prefix of the tags that YAML itself defines.
const STANDARD: &str = "tag:yaml.org,2002:";

/// The tag of the key `<<`.
pub(super) const MERGE: &str = "tag:yaml.org,2002:merge";

/// The value of a plain scalar without a tag.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        "-0" => return Value::Float(-0.0),
        _ => {}
    }
    // Most scalars are words, and no number begins with a letter.
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return Value::Str(text.to_owned());
    }
    if let Some(time) = Time::parse(text) {
        return Value::Time(Box::new(time));
    }
    number(text).unwrap_or_else(|| Value::Str(text.to_owned()))
}

/// The value of a scalar with a tag, or what is wrong with it.
pub(super) fn tagged(text: &str, tag: &str) -> Result<Value, String> {
    let string = || Value::Str(text.to_owned());
    let Some(kind) = tag.strip_prefix(STANDARD).or(tag.strip_prefix("!!")) else {
        return Ok(string());
    };
    let value = plain(text);
    let fits = match (kind, &value) {
        ("str", _) => return Ok(string()),
        ("binary", _) => return binary(text).map(Value::Str),
        ("float", Value::Int(number)) if i64::try_from(*number).is_ok() => {
            #[expect(clippy::cast_precision_loss, reason = "the tag asks for a float")]
            return Ok(Value::Float(*number as f64));
        }
        ("int", value) => matches!(value, Value::Int(_)),
        ("float", value) => matches!(value, Value::Float(_)),
        ("bool", value) => matches!(value, Value::Bool(_)),
        ("null", value) => matches!(value, Value::Null),
        ("timestamp", value) => matches!(value, Value::Time(_)),
        _ => return Ok(string()),
    };
    if fits {
        Ok(value)
    } else {
        Err(format!("{text:?} is no value of the type !!{kind}"))
    }
}

fn number(text: &str) -> Option<Value> {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    if let Some(number) = integer(&digits) {
        return Some(number);
    }
    // Behind a leading point, underscores have to stand between digits; elsewhere they can stand anywhere.
    let fits = is_decimal(&digits) && (!text.starts_with('.') || underscores_part_digits(text));
    let number: f64 = fits.then(|| digits.parse().ok())??;
    number.is_finite().then_some(Value::Float(number))
}

fn underscores_part_digits(text: &str) -> bool {
    let parts: Vec<&str> = text.split('_').collect();
    let digit = |end: Option<u8>| end.is_some_and(|byte| byte.is_ascii_digit());
    parts
        .windows(2)
        .all(|pair| digit(pair[0].bytes().last()) && digit(pair[1].bytes().next()))
}

/// A whole number with the prefixes `0x`, `0b`, `0o` and, for octal, `0`. One with a sign fits in 64 bits with a sign.
fn integer(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let number = i128::from_str_radix(digits, radix).ok()?;
    let number = if text.starts_with('-') { -number } else { number };
    let has_sign = unsigned.len() < text.len();
    let most = if has_sign { i64::MAX.into() } else { u64::MAX.into() };
    (i64::MIN.into()..=most).contains(&number).then_some(Value::Int(number))
}

/// `[-+]? ( . digits | digits [ . digits ] ) [ e [-+]? digits ]`
fn is_decimal(text: &str) -> bool {
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent && all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

/// Base 64 with its padding, line breaks left out.
fn binary(text: &str) -> Result<String, String> {
    let written: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let padding = written.iter().rev().take_while(|byte| **byte == b'=').take(2).count();
    let digits = &written[..written.len() - padding];
    let digits: Option<Vec<u8>> = digits.iter().map(|byte| base64::digit(*byte)).collect();
    let decoded = digits
        .filter(|_| written.len().is_multiple_of(4))
        .map(|digits| readable(&base64::bytes(digits.into_iter())));
    decoded.ok_or_else(|| "the value of !!binary is not base 64".to_owned())
}

/// Bytes as a text, in which each byte that is no part of one is the character for that.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(text: &str) -> Option<i128> {
        match plain(text) {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }

    #[test]
    fn integers_come_in_four_bases() {
        for (text, number) in [
            ("12", 12),
            ("+1", 1),
            ("+0", 0),
            ("1__0", 10),
            ("0644", 420),
            ("0o644", 420),
            ("0_7", 7),
            ("-012", -10),
            ("0X1F", 31),
            ("-0x1F", -31),
            ("0b11", 3),
            ("18446744073709551615", 18_446_744_073_709_551_615),
        ] {
            assert_eq!(int(text), Some(number), "{text}");
        }
    }

    #[test]
    fn floats_are_decimal() {
        for (text, number) in [
            ("1.5", 1.5),
            (".5", 0.5),
            ("1.", 1.0),
            ("12e3", 12_000.0),
            ("+.5", 0.5),
            ("089", 89.0),
            ("+18446744073709551615", 18_446_744_073_709_551_615.0),
            ("-9223372036854775809", -9_223_372_036_854_775_809.0),
            ("1_0.5", 10.5),
            (".1_0", 0.1),
            ("+._5", 0.5),
        ] {
            assert_eq!(plain(text), Value::Float(number), "{text}");
        }
        assert_eq!(
            plain("18446744073709551616"),
            Value::Float(18_446_744_073_709_551_616.0)
        );
    }

    #[test]
    fn the_rest_is_text() {
        for text in [
            "yes",
            "no",
            "on",
            "22:22",
            "0o8",
            "0x",
            "_1",
            "1e",
            "1.2.3",
            "=",
            "1e400",
            ".",
            "-",
            "2024-01-02 03:04:05 +01:00",
            "0x+1",
            "._5",
            ".5_",
        ] {
            assert_eq!(plain(text), Value::Str(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_tag_decides_or_complains() {
        let tagged = |text: &str, kind: &str| tagged(text, &format!("tag:yaml.org,2002:{kind}"));
        assert_eq!(tagged("12", "str"), Ok(Value::Str("12".to_owned())));
        assert_eq!(tagged("1", "float"), Ok(Value::Float(1.0)));
        assert_eq!(tagged("aGk=", "binary"), Ok(Value::Str("hi".to_owned())));
        assert!(tagged("yes", "bool").is_err());
        assert!(tagged("aGk", "binary").is_err());
        assert_eq!(
            tagged("tr//", "binary"),
            Ok(Value::Str("\u{fffd}\u{fffd}\u{fffd}".to_owned()))
        );
        assert_eq!(super::tagged("5", "!!str"), Ok(Value::Str("5".to_owned())));
        assert!(matches!(plain("-0"), Value::Float(number) if number.is_sign_negative()));
        assert_eq!(super::tagged("12", "!foo"), Ok(Value::Str("12".to_owned())));
    }
}
