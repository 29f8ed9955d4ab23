//! Any text as one with variables in it. Without a dollar sign it stays as it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use towline::compose::load::interpolate_text;

fuzz_target!(|text: &str| {
    let known = |name: &str| (name.len() == 1).then(|| "$value".to_owned());
    let result = interpolate_text(text, &known);
    if !text.contains('$') {
        assert_eq!(result.as_deref(), Ok(text));
    }
});
