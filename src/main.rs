//! The `towline` binary: hands over to the library and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    towline::main()
}
