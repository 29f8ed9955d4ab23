//! A device that not every machine has.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "host-device-required",
    summary: "a container needs a device that machines of CI services mostly lack",
    why: "The engine does not create a container whose device is missing: \"error gathering device information\", or \"could not \
          select device driver\" for GPUs. Hosted runners have neither GPUs nor serial ports, cameras or sound, and often no \
          virtualization.",
    level: Severity::Hint,
    category: Category::Reproducibility,
    preset: Preset::Ci,
    bad: "\
services:
  emulator:
    image: emulator:1
    devices:
      - «/dev/kvm»
",
    good: "\
services:
  emulator:
    image: emulator:1
    profiles: [hardware]
    devices:
      - /dev/kvm
",
    fixed: None,
    check,
};

/// How the paths of such devices begin. What every Linux machine has, such as /dev/fuse and /dev/net/tun, is not among them.
const DEVICES: [&str; 18] = [
    "/dev/bus/usb",
    "/dev/dri",
    "/dev/dvb",
    "/dev/gpiomem",
    "/dev/hidraw",
    "/dev/i2c",
    "/dev/input",
    "/dev/kfd",
    "/dev/kvm",
    "/dev/mali",
    "/dev/nvidia",
    "/dev/serial",
    "/dev/snd",
    "/dev/spidev",
    "/dev/ttyACM",
    "/dev/ttyAMA",
    "/dev/ttyUSB",
    "/dev/video",
];

fn check(project: &Project<'_>, found: &mut Found) {
    // What only a profile starts is started where its device is.
    let services = project
        .services()
        .iter()
        .filter(|service| service.profiles().is_empty());
    for service in services {
        found.extend_once(device(service).map(|(span, what)| finding(service, span, what)));
    }
}

fn finding(service: &Service<'_>, span: Span, what: &str) -> Diagnostic {
    let message = format!(
        "`{}` needs {what}, which runners of CI services mostly lack",
        service.name()
    );
    at(span, message).help("give the service a profile of its own, or run it on a machine that has the device")
}

/// The first such device of a service.
fn device<'a>(service: &Service<'a>) -> Option<(Span, &'a str)> {
    let paths = service.items("devices").filter_map(|device| {
        let path = device.get("source")?.as_str()?;
        let is_rare = DEVICES.iter().any(|rare| path.starts_with(rare));
        is_rare.then_some((device.span, path))
    });
    let reserved = service
        .node
        .at(&["deploy", "resources", "reservations", "devices"])
        .into_iter()
        .flat_map(Node::items);
    let mut paths = paths;
    paths.next().or_else(|| {
        let mut graphics = service
            .items("gpus")
            .chain(reserved)
            .filter(|request| is_graphics(request));
        graphics.next().map(|request| (request.span, "a GPU"))
    })
}

fn is_graphics(request: &Node) -> bool {
    let mut capabilities = request.get("capabilities").into_iter().flat_map(Node::items);
    let is_nvidia = request.get("driver").and_then(Node::as_str) == Some("nvidia");
    is_nvidia || capabilities.any(|capability| capability.as_str() == Some("gpu"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn devices_and_graphics_are_found() {
        let of = |keys: &str| found(&RULE, &format!("services: {{a: {{image: i, {keys}}}}}\n")).len();
        for keys in [
            "devices: ['/dev/kvm:/dev/kvm']",
            "devices: ['/dev/ttyUSB0:/dev/tty0:rwm']",
            "devices: [{source: /dev/dri, target: /dev/dri}]",
            "deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]}}}",
        ] {
            assert_eq!(of(keys), 1, "{keys}");
        }
        for keys in [
            "devices: ['/dev/fuse', '/dev/net/tun']",
            "devices: ['/dev/kvm'], profiles: [vm]",
            "devices: ['vendor.com/class=name']",
        ] {
            assert_eq!(of(keys), 0, "{keys}");
        }
    }
}
