//! Whose things are whose: a stack that is up keeps all it has, `ci` takes away all it made, and `up` leaves what compose leaves.

mod beside;
mod killed;
mod leftovers;
mod runs;
mod shared;
mod signals;
mod up;

use crate::common::Engine;

/// What the engine says of a container: id, image, start and whether it runs. All of it stays the same when nobody touches it.
fn state(engine: &Engine, container: &str) -> String {
    engine.docker(&format!(
        "inspect --format {{{{.Id}}}}|{{{{.Image}}}}|{{{{.State.StartedAt}}}}|{{{{.State.Running}}}} {container}"
    ))
}
