//! The plan as text for a person.

use std::fmt::Write as _;

use super::{Origin, Plan, Stage};

/// Shows the plan: a block a stage, in plan order, then the longest chain and the notes.
#[must_use]
pub fn text(plan: &Plan) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let count = plan.stages.len();
    let _ = writeln!(
        text,
        "{}: {count} stage{}",
        plan.project,
        if count == 1 { "" } else { "s" }
    );
    let width = plan
        .stages
        .iter()
        .map(|stage| stage.name.chars().count())
        .max()
        .unwrap_or(0);
    for (at, stage) in plan.stages.iter().enumerate() {
        show_stage(&mut text, at + 1, stage, width);
    }
    let chain: Vec<&str> = plan
        .stages
        .iter()
        .filter(|stage| stage.critical)
        .map(|stage| stage.name.as_str())
        .collect();
    if chain.len() > 1 {
        let _ = writeln!(text, "\nlongest chain: {}", chain.join(" → "));
    }
    for note in &plan.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

fn show_stage(text: &mut String, number: usize, stage: &Stage, width: usize) {
    let mark = if stage.critical { "*" } else { " " };
    let times = match stage.replicas {
        1 => String::new(),
        count => format!(" ×{count}"),
    };
    let _ = writeln!(
        text,
        "{number:>3}{mark} {:width$}  {:<7}{times} {}",
        stage.name, stage.kind, stage.reason
    );
    for need in &stage.needs {
        let origin = match need.origin {
            Origin::DependsOn => "",
            Origin::Gate => " (a deploy waits for every job)",
        };
        let _ = writeln!(
            text,
            "     {:width$}    needs {} {}{origin}",
            "", need.stage, need.condition
        );
    }
}
