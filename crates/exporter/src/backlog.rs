//! Spools that other programs left, for whoever sends them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use spanloom_core::StreamName;

use crate::destination::Destination;
use crate::error::{Error, ErrorKind};
use crate::exporter::Exporter;
use crate::spool::{Description, Spool, SpoolSettings, rejected};

/// What programs have spooled for one destination.
#[derive(Clone, Debug)]
pub struct SpoolBacklog {
    folder: PathBuf,
    description: Description,
}

impl SpoolBacklog {
    /// All of them in the folder of [`SpoolSettings::folder`], or the one in the folder of a single destination.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn find(folder: &Path) -> io::Result<Vec<Self>> {
        let mut found: Vec<Self> = Self::read(folder).into_iter().collect();
        if found.is_empty() {
            for entry in fs::read_dir(folder)? {
                found.extend(Self::read(&entry?.path()));
            }
        }
        found.sort_by(|one, other| one.folder.cmp(&other.folder));
        Ok(found)
    }

    fn read(folder: &Path) -> Option<Self> {
        let description = Description::read(folder).ok()?;
        Some(Self {
            folder: folder.to_owned(),
            description,
        })
    }

    /// Where its records were to go, without a key: for people.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.description.url
    }

    /// The kind of the destination, such as `wandb`, `spanloom` or `otlp-http`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.description.kind
    }

    /// How many records wait that the destination has refused, in `rejected.jsonl` of its folder, each with the reason.
    /// They are sent again only when they are asked for, with [`SpoolBacklog::requeue_rejected`].
    #[must_use]
    pub fn rejected(&self) -> u64 {
        rejected::count(&self.folder)
    }

    /// The file they are in, unless there are very many.
    #[must_use]
    pub fn rejected_in(&self) -> PathBuf {
        self.folder.join(rejected::FILE)
    }

    /// Puts what the destination has refused back among what is to be sent, and says how many records those are.
    ///
    /// # Errors
    /// When the folder cannot be written; what is not put back then stays where it was.
    pub fn requeue_rejected(&self) -> io::Result<u64> {
        let mut spool = Spool::create(&self.folder, &Self::settings(&self.folder))?;
        rejected::take(&self.folder, |records| {
            let records = records.iter().map(|it| (&*it.route, &*it.body));
            spool.append(records).map(drop)
        })
    }

    /// Nothing is too old or too much to be sent.
    fn settings(folder: &Path) -> SpoolSettings {
        let mut settings = SpoolSettings::new(folder);
        settings.age = Duration::MAX;
        settings.bytes = u64::MAX;
        settings
    }

    /// The destination its records were for, or the one at `to`, which must understand the same kind of records. It has no
    /// key: a key is never on disk.
    ///
    /// # Errors
    /// When the address cannot be used, or this program does not know the kind.
    pub fn destination(&self, to: Option<&str>) -> Result<Destination, Error> {
        Destination::described(&self.description, to)
    }

    /// Takes over what processes that are gone have left, and sends it, however old it is. What is still being written by
    /// a living process stays with it. The exporter's receipt says how far it is; what is not sent when it is shut down
    /// stays on disk.
    ///
    /// # Errors
    /// When no exporter can be started.
    pub fn send(&self, destination: Destination) -> Result<Exporter, Error> {
        // Nothing new is sent, so that no name of a stream is needed.
        let nowhere = StreamName::parse("local/spool/sync", None)
            .map_err(|error| Error::new(ErrorKind::Start, error.to_string()))?;
        Exporter::builder(nowhere)
            .with_destination(destination)
            .with_spool(Self::settings(&self.folder))
            .with_spool_folder(self.folder.clone())
            .start()
    }
}
