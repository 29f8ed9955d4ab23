//! What is left of a model without what is wrong in it, and what cannot be told of the rest for that reason.

use std::collections::HashSet;
use std::sync::Arc;

use super::schema;
use crate::diagnostic::{Diagnostics, Severity, nearest};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// A model without its faults.
pub(super) struct Rest {
    pub(super) root: Node,
    lost: Vec<Lost>,
}

/// A value that was taken out.
struct Lost {
    /// The keys that led to it, where `[]` stands for an item of a list.
    path: Vec<Arc<str>>,
    /// Its key and the keys in it. What stands in the wrong place is declared there all the same.
    names: Vec<Arc<str>>,
}

/// What may be there, though a model lacks it.
#[derive(Default)]
pub(super) struct Doubt {
    /// Services and resources.
    names: HashSet<Arc<str>>,
    /// Sections that may declare more than is known.
    sections: HashSet<&'static str>,
    /// Services that may have an image or a build.
    origins: HashSet<Arc<str>>,
}

/// The sections whose names services refer to.
const SECTIONS: [&str; 6] = ["services", "networks", "volumes", "secrets", "configs", "models"];

/// The keys by which a service says what it runs.
const ORIGINS: [&str; 4] = ["image", "build", "provider", "extends"];

impl Rest {
    /// Takes out all values and keys that something is wrong with, and texts that could not be made out.
    pub(super) fn of(model: &Node, problems: &Diagnostics) -> Self {
        let errors = problems.iter().filter(|found| found.severity == Severity::Error);
        let mut sieve = Sieve {
            faults: errors.filter_map(|problem| problem.span).collect(),
            path: Vec::new(),
            lost: Vec::new(),
        };
        let mut root = model.clone();
        sieve.node(&mut root);
        let lost = sieve.lost;
        Self { root, lost }
    }

    /// Takes out as well what means something else without the part that it lost, and says what is in doubt.
    pub(super) fn doubt(&mut self) -> Doubt {
        let mut doubt = Doubt::default();
        for lost in std::mem::take(&mut self.lost) {
            let path: Vec<&str> = lost.path.iter().map(|key| &**key).collect();
            match path[..] {
                [section] => doubt.sections.extend(sections_meant(section)),
                [section @ ("services" | "jobs"), name, ref inside @ ..] => {
                    self.doubt_service(section, name, inside, &mut doubt);
                }
                [section, name, ..] => self.forget(section, name, &mut doubt),
                [] => {}
            }
            doubt.names.extend(lost.names);
        }
        doubt
    }

    fn doubt_service(&mut self, section: &str, name: &str, inside: &[&str], doubt: &mut Doubt) {
        let Some(key) = inside.first() else { return };
        match schema::meant_in_service(key) {
            Some("profiles") => self.forget(section, name, doubt),
            Some("healthcheck") => self.remove(&[section, name], "healthcheck"),
            Some("deploy") => self.remove(&[section, name], "deploy"),
            Some("build") if inside.get(1) == Some(&"platforms") => {
                self.remove(&[section, name, "build"], "platforms");
            }
            Some(meant) if inside.len() > 1 || !ORIGINS.contains(&meant) => {}
            _ => {
                doubt.origins.insert(name.into());
            }
        }
        // Whether a service must be active that another one depends on.
        if let ["depends_on", target, key] = inside
            && nearest(key, ["required"].into_iter()).is_some()
        {
            doubt.names.insert((*target).into());
        }
    }

    /// Takes a service or a resource out of which too little is known, but for its name.
    fn forget(&mut self, section: &str, name: &str, doubt: &mut Doubt) {
        self.remove(&[section], name);
        doubt.names.insert(name.into());
    }

    fn remove(&mut self, place: &[&str], key: &str) {
        let parent = place.iter().try_fold(&mut self.root, |node, key| node.get_mut(key));
        if let Some(parent) = parent {
            parent.remove(key);
        }
    }
}

impl Doubt {
    /// Whether a section may declare a name.
    pub(super) fn may_declare(&self, section: &str, name: &str) -> bool {
        self.sections.contains(section) || self.names.contains(name)
    }

    /// Whether a service may have an image or a build.
    pub(super) fn may_have_origin(&self, service: &str) -> bool {
        self.origins.contains(service)
    }
}

/// What a key at the top was to declare. One that resembles none could be anything but services, which few misspell.
fn sections_meant(key: &str) -> impl Iterator<Item = &'static str> {
    let meant = schema::meant_at_top(key);
    let is_meant = move |section: &&'static str| match meant {
        Some("include") => true,
        Some(meant) => *section == meant,
        None => *section != "services",
    };
    SECTIONS.into_iter().filter(is_meant)
}

/// Takes values out of a tree.
struct Sieve {
    faults: HashSet<Span>,
    path: Vec<Arc<str>>,
    lost: Vec<Lost>,
}

impl Sieve {
    fn node(&mut self, node: &mut Node) {
        match &mut node.value {
            Value::Seq(items) => {
                self.path.push("[]".into());
                items.retain_mut(|item| {
                    let is_kept = !self.is_fault(item);
                    if is_kept {
                        self.node(item);
                    } else {
                        self.lose(item, Vec::new());
                    }
                    is_kept
                });
                self.path.pop();
            }
            Value::Map(map) => map.retain(|key, value| {
                self.path.push(key.text.clone());
                let is_kept = !self.faults.contains(&key.span) && !self.is_fault(value);
                if is_kept {
                    self.node(value);
                } else {
                    self.lose(value, vec![key.text.clone()]);
                }
                self.path.pop();
                is_kept
            }),
            _ => {}
        }
    }

    fn is_fault(&self, node: &Node) -> bool {
        node.is_blurred() || self.faults.contains(&node.span)
    }

    fn lose(&mut self, node: &Node, mut names: Vec<Arc<str>>) {
        keys(node, &mut names);
        let path = self.path.clone();
        self.lost.push(Lost { path, names });
    }
}

fn keys(node: &Node, found: &mut Vec<Arc<str>>) {
    for (key, value) in node.entries() {
        found.push(key.text.clone());
        keys(value, found);
    }
    node.items().for_each(|item| keys(item, found));
}
