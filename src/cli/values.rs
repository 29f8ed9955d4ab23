//! Values of flags, in Go's notations.

/// A boolean in one of Go's words for it.
pub(crate) fn go_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("it must be true or false".to_owned()),
    }
}

/// A whole number as Go reads it: decimal, or with a prefix `0x`, `0o`, `0`, `0b`.
pub(crate) fn go_int(text: &str) -> Result<i64, String> {
    let wrong = || "it must be a whole number".to_owned();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.starts_with(['-', '+']) {
        return Err(wrong());
    }
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_str() {
        "0" => (10, "0"),
        text => [("0x", 16), ("0o", 8), ("0b", 2), ("0", 8)]
            .into_iter()
            .find_map(|(prefix, radix)| Some((radix, text.strip_prefix(prefix)?)))
            .unwrap_or((10, text)),
    };
    i64::from_str_radix(&format!("{sign}{digits}"), radix).map_err(|_| wrong())
}

/// [`go_int`] for the few flags that hold 32 bits here.
pub(crate) fn go_int32(text: &str) -> Result<i32, String> {
    go_int(text)?.try_into().map_err(|_| "it is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_goes_words_for_truth() {
        for (text, value) in [
            ("1", true),
            ("T", true),
            ("True", true),
            ("0", false),
            ("f", false),
            ("FALSE", false),
        ] {
            assert_eq!(go_bool(text), Ok(value), "{text}");
        }
        for text in ["", "yes", "on", "tRuE", "2"] {
            assert!(go_bool(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_goes_whole_numbers() {
        for (text, value) in [
            ("0", 0),
            ("10", 10),
            ("-5", -5),
            ("+5", 5),
            ("0x10", 16),
            ("-0X1f", -31),
            ("010", 8),
            ("0o17", 15),
            ("0b11", 3),
        ] {
            assert_eq!(go_int(text), Ok(value), "{text}");
        }
        for text in ["", "-", "5s", "1.5", "--5", "0x", "09", "9999999999999999999"] {
            assert!(go_int(text).is_err(), "{text}");
        }
        assert!(go_int32("3000000000").is_err());
    }
}
