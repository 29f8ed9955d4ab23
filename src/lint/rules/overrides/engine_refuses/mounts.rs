//! Volumes and mounts.

use super::Refused;
use crate::yaml::Node;

const PROPAGATIONS: [&str; 6] = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

/// Options of the volume driver `local`.
const LOCAL: [&str; 4] = ["type", "o", "device", "size"];

/// What can stand behind the colon of a `tmpfs`: options with a value, and flags.
const TMPFS: [&str; 7] = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"];
const FLAGS: [&str; 32] = [
    "async",
    "atime",
    "bind",
    "defaults",
    "dev",
    "diratime",
    "dirsync",
    "exec",
    "mand",
    "noatime",
    "nodev",
    "nodiratime",
    "noexec",
    "nomand",
    "norelatime",
    "nostrictatime",
    "nosuid",
    "private",
    "rbind",
    "relatime",
    "remount",
    "ro",
    "rprivate",
    "rshared",
    "rslave",
    "runbindable",
    "rw",
    "shared",
    "slave",
    "strictatime",
    "suid",
    "sync",
];

pub(super) fn check(refused: &mut Refused<'_, '_>) {
    let project = refused.project;
    for (_, volume) in project.section("volumes") {
        name(refused, volume);
        driver_options(refused, volume);
    }
    for service in project.services() {
        for mount in service.items("volumes") {
            target(refused, mount);
            let propagation = mount.at(&["bind", "propagation"]);
            if let Some((text, node)) = propagation.and_then(|node| Some((node.as_str()?, node)))
                && !PROPAGATIONS.contains(&text)
            {
                let message = format!("unknown propagation `{text}`");
                refused.tell(
                    node.span,
                    message,
                    "use one of: private, rprivate, shared, rshared, slave, rslave",
                );
            }
        }
        service.items("tmpfs").for_each(|item| tmpfs(refused, item));
    }
}

fn is_external(volume: &Node) -> bool {
    volume.get("external").and_then(Node::as_bool) == Some(true)
}

fn is_local(volume: &Node) -> bool {
    volume
        .get("driver")
        .and_then(Node::as_str)
        .is_none_or(|driver| driver == "local")
}

fn name(refused: &mut Refused<'_, '_>, volume: &Node) {
    let Some((text, node)) = volume.get("name").and_then(|node| Some((node.as_str()?, node))) else {
        return;
    };
    if is_external(volume) || !is_local(volume) || text.is_empty() {
        return;
    }
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_fine = begins && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if !is_fine || text.len() < 2 {
        refused.tell(
            node.span,
            format!("invalid volume name `{text}`"),
            "write two or more letters, digits, dots, dashes and underscores, a letter or a digit first",
        );
    }
}

fn driver_options(refused: &mut Refused<'_, '_>, volume: &Node) {
    if !is_local(volume) || is_external(volume) {
        return;
    }
    for (key, _) in volume.get("driver_opts").into_iter().flat_map(Node::entries) {
        if !LOCAL.contains(&&*key.text) {
            let message = format!("the volume driver `local` has no option `{}`", key.text);
            refused.tell(key.span, message, "its options are type, o, device and size");
        }
    }
}

fn target(refused: &mut Refused<'_, '_>, mount: &Node) {
    let Some((text, node)) = mount.get("target").and_then(|node| Some((node.as_str()?, node))) else {
        return;
    };
    if text == "/" {
        let message = "nothing can be mounted at `/`, the root of a container";
        refused.tell(node.span, message, "mount it at a folder below");
    }
    // Compose takes a name of one letter for a drive of Windows, and all of it for the target.
    if let Some((volume, _)) = text.split_once(":/")
        && refused.project.declared("volumes", volume).is_some()
    {
        refused.tell(
            node.span,
            format!("`{text}` is taken for a path of Windows: the volume's name `{volume}` has a single letter"),
            "give the volume a longer name, or write the mount in its long form",
        );
    }
}

fn tmpfs(refused: &mut Refused<'_, '_>, item: &Node) {
    let options = item
        .as_str()
        .and_then(|text| text.split_once(':'))
        .map(|(_, options)| options);
    for option in options
        .into_iter()
        .flat_map(|options| options.split(','))
        .filter(|option| !option.is_empty())
    {
        let (key, value) = option
            .split_once('=')
            .map_or((option, None), |(key, value)| (key, Some(value)));
        let is_known = match value {
            Some(_) => TMPFS.contains(&key),
            None => FLAGS.contains(&key),
        };
        let size = value
            .filter(|_| key == "size")
            .map(|size| size.trim_end_matches(['k', 'm', 'g', 'K', 'M', 'G', '%']));
        if !is_known {
            refused.tell(item.span, format!("`tmpfs` has no option `{option}`"), "remove it");
        } else if size.is_some_and(|size| size.parse::<u64>().is_err()) {
            refused.tell(
                item.span,
                format!("invalid size in `{option}`"),
                "write a number with k, m or g, such as size=64m",
            );
        }
    }
}
