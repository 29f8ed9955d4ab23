//! `towline config --native`: the resolved model, without Docker.

use std::env;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;

use super::{complain, print};
use crate::cli::{Globals, NativeArgs, NativeFormat};
use crate::compose::load::{Loaded, Request, load};
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::Exit;
use crate::failure::Result;
use crate::source::Sources;

/// Prints the model, or says what is wrong with the files.
///
/// # Errors
/// The current directory is gone, or standard output cannot be written.
pub(super) fn run(globals: &Globals, args: &NativeArgs) -> Result<u8> {
    let loaded = load(request(globals, args)?);
    tell(&loaded);
    let Some(model) = &loaded.model else {
        return Ok(Exit::Invalid.code());
    };
    if args.quiet {
        return Ok(Exit::Passed.code());
    }
    let json = model.to_json();
    print(&match args.format {
        NativeFormat::Json => serde_json::to_string_pretty(&json).context("writing the model as JSON")? + "\n",
        NativeFormat::Yaml => serde_yaml::to_string(&json).context("writing the model as YAML")?,
    })
}

fn request(globals: &Globals, args: &NativeArgs) -> Result<Request> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        (
            name.to_string_lossy().into_owned(),
            value.to_string_lossy().into_owned(),
        )
    };
    Ok(Request {
        directory: current_directory()?,
        project_directory: globals.project_directory.clone(),
        project_name: globals.project_name.clone(),
        files: globals.files.clone(),
        env_files: globals.env_files.clone(),
        profiles: globals.profiles.clone(),
        services: args.services.clone(),
        all_resources: globals.all_resources,
        environment: env::vars_os().map(text).collect(),
        home: env::home_dir().map(|home| home.to_string_lossy().into_owned()),
        stdin: None,
    })
}

/// The current directory by the name that the shell has for it, which can lead through a link.
fn current_directory() -> Result<String> {
    let current = env::current_dir().context("finding the current directory")?;
    let named = env::var("PWD").ok().filter(|named| {
        let named = Path::new(named);
        named.is_absolute() && named.canonicalize().is_ok_and(|real| real == current)
    });
    Ok(named.unwrap_or_else(|| current.to_string_lossy().into_owned()))
}

/// Shows what was found: one line each, and one more for advice.
fn tell(loaded: &Loaded) {
    let shown: String = loaded
        .diagnostics
        .iter()
        .map(|found| line(found, &loaded.sources))
        .collect();
    complain(&shown);
}

fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    };
    let place = |span: crate::source::Span| {
        let source = sources.get(span.source)?;
        let position = source.position(span.range().start);
        Some(format!(
            "{}:{}:{}: ",
            source.path.display(),
            position.line,
            position.column
        ))
    };
    let at = diagnostic.span.and_then(place).unwrap_or_default();
    let mut text = format!("{at}{severity}[{}]: {}\n", diagnostic.code, diagnostic.message);
    for label in &diagnostic.labels {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {}{}", place(label.span).unwrap_or_default(), label.text);
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(text, "  help: {help}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Source, Span};

    #[test]
    fn a_finding_is_shown_with_its_places_and_advice() {
        let mut sources = Sources::default();
        let id = sources.add(Source::new("compose.yaml", "a: 1\nb: 2\n"));
        let found = Diagnostic::error("odd", Span::new(id, 5, 6), "b is odd")
            .label(Span::new(id, 0, 1), "a is not")
            .help("take a");
        insta::assert_snapshot!(line(&found, &sources), @r"
        compose.yaml:2:1: error[odd]: b is odd
          compose.yaml:1:1: a is not
          help: take a
        ");
    }
}
