//! The stream's name, completed with the environment's entity and project.

use spanloom_core::StreamName;

use super::{Environment, Variable};
use crate::error::{ErrorKind, Fault, Origin};

/// The default entity for the server on this machine.
const LOCAL_ENTITY: &str = "local";

impl Environment {
    /// Parses `entity/project/stream`, `project/stream` in `WANDB_ENTITY`, or `stream` in `WANDB_PROJECT` and
    /// `WANDB_ENTITY`. `WANDB_PROJECT` may be `entity/project`, as in W&B's clients. If `is_local`, the entity may be
    /// missing.
    pub(crate) fn stream(&self, name: &str, is_local: bool) -> Result<StreamName, Fault> {
        let with_project = self
            .project
            .as_ref()
            .filter(|_| !name.is_empty() && !name.contains('/'));
        let full = match with_project {
            Some(project) => format!("{}/{name}", project.text()),
            None => name.to_owned(),
        };
        let entity = self
            .entity
            .as_ref()
            .filter(|_| full.matches('/').count() == 1);
        if let Some(entity) = entity.filter(|entity| !StreamName::is_part(entity.text())) {
            return Err(refused(entity, "entity"));
        }
        let is_project = |text: &str| text.split('/').all(StreamName::is_part);
        if let Some(project) = with_project.filter(|project| !is_project(project.text())) {
            return Err(refused(project, "project"));
        }
        let default = is_local.then_some(LOCAL_ENTITY);
        StreamName::parse(&full, entity.map(|entity| entity.text()).or(default)).map_err(|error| {
            let fault = Fault::of(
                ErrorKind::StreamName,
                Origin::Code("Monitor::builder"),
                error,
            );
            match name.contains('/') || name.is_empty() {
                true => fault,
                false => fault.with_remedy("or set WANDB_PROJECT and WANDB_ENTITY"),
            }
        })
    }
}

fn refused(variable: &Variable, what: &str) -> Fault {
    let why = format!(
        "invalid {what} {}: expected 1 to {} letters, digits, '-', '_', '.' or inner spaces",
        variable.word(),
        StreamName::MAX_PART
    );
    variable.fault(ErrorKind::StreamName, why)
}
