//! Any text as an env file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use towline::compose::load::read_env_file;

fuzz_target!(|text: &str| {
    // Names that are known from outside, as some lines take their value from there.
    let known = |name: &str| (name.len() == 1).then(|| format!("<{name}>"));
    let _ = read_env_file(text, &known);
});
