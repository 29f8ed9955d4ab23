//! A health check written for a known server.

use crate::diagnostic::Edit;
use crate::lint::images::Known;
use crate::lint::insert;
use crate::lint::project::{Project, Service};

/// Puts a check behind the image of a service. Nothing where something is said of its health already.
pub(super) fn with_check(project: &Project<'_>, service: &Service<'_>, known: &Known) -> Option<Edit> {
    let test = format!("  test: {}", known.shown_test()?);
    let lines = ["healthcheck:", &test, "  interval: 2s"];
    let is_silent = service.get("healthcheck").is_none();
    insert::behind(project, service, "image", &lines).filter(|_| is_silent)
}
