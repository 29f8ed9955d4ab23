//! Tests with the programs that read what towline writes, and that start it: the real ones.
//!
//! | module | what it holds towline to |
//! |---|---|
//! | [`formats`] | SARIF and JUnit reports, by the validators of their formats |
//! | [`hadolint`] | `lint --dockerfile` |
//! | [`pre_commit`] | the hooks of `.pre-commit-hooks.yaml`, as pre-commit installs and starts them |
//!
//! `scripts/test tools` installs the programs and runs the tests, which fail without them.

#[cfg(test)]
mod common;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod hadolint;
#[cfg(test)]
mod pre_commit;
