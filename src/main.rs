//! The `towline` binary: hands over to the library and returns its exit code.

use std::process::ExitCode;

use mimalloc::MiMalloc;

// A large model is many small values, which are made and dropped in half the time of the system's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    towline::main()
}
