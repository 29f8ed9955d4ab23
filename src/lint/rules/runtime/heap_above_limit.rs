//! A heap that is larger than the memory of its container.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::{Node, Value};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "heap-above-limit",
    summary: "the heap of a program may grow larger than the memory limit of its container",
    why: "Java and Node.js take memory up to their own limit before they clean up or fail with an error that tells what happened. \
          Where the container has less, the kernel kills it first: it exits with 137 and no message. Java needs room beside its \
          heap as well.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  search:
    image: elasticsearch:8.19.2
    mem_limit: «1g»
    environment:
      discovery.type: single-node
      ES_JAVA_OPTS: -Xms2g -Xmx2g
",
    good: "\
services:
  search:
    image: elasticsearch:8.19.2
    mem_limit: 2g
    environment:
      discovery.type: single-node
      ES_JAVA_OPTS: -Xms1g -Xmx1g
",
    fixed: None,
    check,
};

/// Options that say how large a heap may grow, and how many bytes a number without a unit counts.
const OPTIONS: [(&str, u64); 4] = [
    ("-Xmx", 1),
    ("-XX:MaxHeapSize=", 1),
    ("--max-old-space-size=", 1 << 20),
    ("--max_old_space_size=", 1 << 20),
];

/// Variables whose value is such a size and nothing else.
const SIZES: [&str; 4] = [
    "NEO4J_dbms_memory_heap_max__size",
    "NEO4J_server_memory_heap_max__size",
    "SOLR_HEAP",
    "ZK_SERVER_HEAP",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(service));
    }
}

fn finding(service: &Service<'_>) -> Option<Diagnostic> {
    let limits = ["resources", "limits", "memory"];
    let in_deploy = || service.get("deploy")?.at(&limits);
    let node = service.get("mem_limit").or_else(in_deploy)?;
    let limit = bytes(node)?;
    let (heap, place) = heaps(service).max_by_key(|(heap, _)| *heap)?;
    let swap = service.get("memswap_limit");
    // What does not fit is swapped out where the container may have more memory with swap.
    let has_swap =
        swap.is_some_and(|swap| swap.as_f64() == Some(-1.0) || swap.as_str() == Some("-1") || bytes(swap) > Some(heap));
    if limit == 0 || heap < limit || has_swap {
        return None;
    }
    let name = service.name();
    let (message, level) = if heap == limit {
        (
            format!("`{name}` may use as much memory as its heap, and needs more"),
            Severity::Hint,
        )
    } else {
        (
            format!("`{name}` may use less memory than its heap, and is killed when the heap grows"),
            Severity::Warning,
        )
    };
    let finding = at(node.span, message).label(place.span, "the heap").at_most(level);
    Some(finding.help("raise the memory limit, or set the heap to half of it"))
}

/// The sizes up to which heaps may grow, with the places that say so. Of several options in one text, the last one counts.
fn heaps<'a>(service: &Service<'a>) -> impl Iterator<Item = (u64, &'a Node)> {
    let variables = service.entries("environment").filter_map(|(key, node)| {
        let text = node.as_str()?;
        let whole = || SIZES.contains(&&*key.text).then(|| size(text, 1))?;
        Some((last_option(text).or_else(whole)?, node))
    });
    let words = service.items("entrypoint").chain(service.items("command"));
    variables.chain(words.filter_map(|node| Some((last_option(node.as_str()?)?, node))))
}

fn last_option(text: &str) -> Option<u64> {
    let words = text.split(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    let mut sizes = words.filter_map(|word| {
        let mut options = OPTIONS.iter();
        options.find_map(|(option, unit)| size(word.strip_prefix(option)?, *unit))
    });
    sizes.next_back()
}

/// `512m`, `2G` or a number of `unit`.
fn size(text: &str, unit: u64) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let unit = match suffix.to_ascii_lowercase().as_str() {
        "" => unit,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        "t" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// A limit, which the model has in bytes.
fn bytes(node: &Node) -> Option<u64> {
    match &node.value {
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::Str(text) => size(text.trim_end_matches(['b', 'B']), 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(keys: &str) -> Vec<String> {
        found(&RULE, &format!("services: {{a: {{image: i, {keys}}}}}\n"))
    }

    #[test]
    fn a_heap_is_found_wherever_it_is_set() {
        for keys in [
            "mem_limit: 1g, environment: {JAVA_OPTS: '-Xmx2g'}",
            "mem_limit: 512m, environment: ['KAFKA_HEAP_OPTS=-Xmx512m -Xmx1G']",
            "mem_limit: 1g, command: java -Xmx1500m -jar app.jar",
            "mem_limit: 1g, environment: {NODE_OPTIONS: --max-old-space-size=4096}",
            "mem_limit: 1g, environment: {SOLR_HEAP: 2g}",
            "deploy: {resources: {limits: {memory: 1g}}}, environment: {JAVA_TOOL_OPTIONS: '-Xmx1g'}",
        ] {
            assert_eq!(of(keys).len(), 1, "{keys}");
        }
    }

    #[test]
    fn a_heap_that_fits_is_fine() {
        for keys in [
            "mem_limit: 2g, environment: {JAVA_OPTS: '-Xmx1g'}",
            "mem_limit: 1g, environment: {JAVA_OPTS: '-Xmx2g -Xmx512m'}",
            "mem_limit: 1g, environment: {JAVA_OPTS: '-XX:MaxRAMPercentage=75'}",
            "environment: {JAVA_OPTS: '-Xmx2g'}",
            "mem_limit: 1g, memswap_limit: 4g, environment: {JAVA_OPTS: '-Xmx2g'}",
            "mem_limit: 2g, environment: {NODE_OPTIONS: --max-old-space-size=1024}",
        ] {
            assert_eq!(of(keys), [""; 0], "{keys}");
        }
    }
}
