//! Base 64, read digit by digit: what follows from a character that is none is for the caller to say.

/// The six bits that a character stands for; nothing where it is not of the alphabet, as the padding is not.
#[must_use]
pub const fn digit(char: u8) -> Option<u8> {
    match char {
        b'A'..=b'Z' => Some(char - b'A'),
        b'a'..=b'z' => Some(char - b'a' + 26),
        b'0'..=b'9' => Some(char - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// The bytes that digits stand for. Bits at the end that do not make a byte are left out.
#[must_use]
pub fn bytes(digits: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for digit in digits {
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_whatever_the_length() {
        for (text, expected) in [
            ("", &b""[..]),
            ("YQ==", b"a"),
            ("YWI=", b"ab"),
            ("YWJj", b"abc"),
            ("/+8A", b"\xff\xef\x00"),
        ] {
            assert_eq!(bytes(text.bytes().map_while(digit)), expected, "{text}");
        }
    }
}
