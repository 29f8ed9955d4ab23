//! Places of the machine where secrets lie.

use crate::diagnostic::Severity;
use crate::lint::mounts::{self, Mount};
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "sensitive-mount",
    summary: "a container has a directory of the machine where secrets lie",
    why: "Whoever takes over the program in the container reads what lies there: keys for servers, logins of \
          registries and clouds, the files of other containers. That it is mounted read-only does not help against \
          reading.",
    level: Severity::Warning,
    category: Category::Security,
    preset: Preset::Default,
    bad: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    volumes:
      - «~/.ssh:/root/.ssh:ro»
",
    good: "\
services:
  deploy:
    image: tools:1
    command: ./deploy.sh
    secrets: [deploy_key]
secrets:
  deploy_key:
    environment: DEPLOY_KEY
",
    fixed: None,
    check,
};

/// Directories and files of the machine, and what each is.
const PLACES: [(&str, &str); 9] = [
    ("/", "the whole file system of the machine"),
    ("/etc", "all settings of the machine, with its passwords"),
    ("/etc/kubernetes", "the keys of the cluster"),
    ("/etc/shadow", "the passwords of the machine"),
    ("/etc/ssh", "the keys of the machine"),
    ("/etc/ssl/private", "the keys of the machine"),
    ("/home", "the home directories of everybody"),
    ("/var/lib/docker", "the files of all containers and volumes"),
    ("/var/lib/kubelet", "the files and secrets of the cluster"),
];

/// Parts of a home directory, and what lies there.
const AT_HOME: [(&str, &str); 14] = [
    (".aws", "logins of AWS"),
    (".azure", "logins of Azure"),
    (".config/gcloud", "logins of Google Cloud"),
    (".config/gh", "a login of GitHub"),
    (".docker", "logins of registries"),
    (".docker/config.json", "logins of registries"),
    (".git-credentials", "logins of Git"),
    (".gnupg", "private keys"),
    (".kube", "logins of clusters"),
    (".kube/config", "logins of clusters"),
    (".netrc", "logins of servers"),
    (".npmrc", "a login of a registry"),
    (".pypirc", "a login of a registry"),
    (".ssh", "private keys"),
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        for mount in mounts::of(service) {
            if let Some(what) = what(project, &mount) {
                let name = service.name();
                found.push_once(
                    at(mount.span(), format!("\"{name}\" can read {what}"))
                        .help("mount the one file or directory that it needs; hand secrets over with secrets:"),
                );
            }
        }
    }
}

fn what<'a>(project: &Project<'a>, mount: &Mount<'a>) -> Option<&'static str> {
    if let Some(place) = mount.in_home(project) {
        return match place {
            "" => Some("a whole home directory"),
            place if place.starts_with(".ssh/") && !is_harmless(place) => Some("private keys"),
            place => AT_HOME.iter().find(|(name, _)| *name == place).map(|(_, what)| *what),
        };
    }
    let path = mount.host()?;
    // Agents that measure a machine have to see it: they get it read-only.
    let is_measured = ["/", "/var/lib/docker"].contains(&path) && mount.is_read_only;
    PLACES
        .iter()
        .find(|(name, _)| *name == path && !is_measured)
        .map(|(_, what)| *what)
}

/// Files beside the keys that hold no secret.
fn is_harmless(path: &str) -> bool {
    path.ends_with("known_hosts") || path.ends_with(".pub") || path.ends_with("/config")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn marked(mounts: &str) -> Vec<String> {
        let written = format!("services: {{a: {{image: i, volumes: [{mounts}]}}}}\nvolumes: {{v: }}\n");
        found(&RULE, &written)
    }

    #[test]
    fn homes_are_known_however_they_are_written() {
        let all = [
            "$HOME/.aws:/a",
            "${HOME}/.docker:/b",
            "/home/ann/.kube/config:/c",
            "/root:/d",
            "~/.ssh/id_ed25519:/e",
        ];
        assert_eq!(
            marked(&all.map(|mount| format!("'{mount}'")).join(", ")).len(),
            all.len()
        );
    }

    #[test]
    fn ordinary_places_are_fine() {
        let all = [
            "./.ssh:/a",
            "v:/b",
            "/home/ann/work:/c",
            "~/.cache:/d",
            "/etc/localtime:/e:ro",
            "~/.ssh/known_hosts:/f",
            "/:/host:ro",
            "/etc/pihole:/g",
        ];
        assert_eq!(marked(&all.map(|mount| format!("'{mount}'")).join(", ")), [""; 0]);
    }
}
