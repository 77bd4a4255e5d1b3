//! Spools that other programs left, to be sent later.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use spanloom_core::StreamName;

use crate::destination::Destination;
use crate::error::{Error, ErrorKind};
use crate::exporter::Exporter;
use crate::spool::{Description, Spool, SpoolSettings, rejected};

/// The records that programs have spooled for one destination.
#[derive(Clone, Debug)]
pub struct SpoolBacklog {
    folder: PathBuf,
    description: Description,
}

impl SpoolBacklog {
    /// Finds all backlogs in the folder of [`SpoolSettings::folder`], or the one in a single destination's folder.
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

    /// Returns the address its records were for, without a key, for display.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.description.url
    }

    /// Returns the kind of the destination, such as `wandb`, `spanloom` or `otlp-http`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.description.kind
    }

    /// Returns the number of records that the destination has refused, which wait in `rejected.jsonl` of its folder,
    /// each with the reason. They are sent again only on request, with [`SpoolBacklog::requeue_rejected`].
    #[must_use]
    pub fn rejected(&self) -> u64 {
        rejected::count(&self.folder)
    }

    /// Returns the file that holds the refused records, unless there are very many.
    #[must_use]
    pub fn rejected_in(&self) -> PathBuf {
        self.folder.join(rejected::FILE)
    }

    /// Puts the refused records back into the spool to be sent, and returns their number.
    ///
    /// # Errors
    /// When the folder cannot be written; records that are not put back stay where they were.
    pub fn requeue_rejected(&self) -> io::Result<u64> {
        let mut spool = Spool::create(&self.folder, &Self::settings(&self.folder))?;
        rejected::take(&self.folder, |records| {
            let records = records.iter().map(|it| (&*it.route, &*it.body));
            spool.append(records).map(drop)
        })
    }

    /// Returns spool settings without size and age limits, so that everything is sent.
    fn settings(folder: &Path) -> SpoolSettings {
        let mut settings = SpoolSettings::new(folder);
        settings.age = Duration::MAX;
        settings.bytes = u64::MAX;
        settings
    }

    /// Returns the destination its records were for, or the one at `to`, which must understand the same kind of
    /// records. It has no key: a key is never on disk.
    ///
    /// # Errors
    /// When the address cannot be used, or this program does not know the kind.
    pub fn destination(&self, to: Option<&str>) -> Result<Destination, Error> {
        Destination::described(&self.description, to)
    }

    /// Takes over the records of dead processes and sends them, however old they are. Records that a living process
    /// still writes stay with that process. The exporter's receipt shows the progress; records not sent at shutdown
    /// stay on disk.
    ///
    /// # Errors
    /// When no exporter can be started.
    pub fn send(&self, destination: Destination) -> Result<Exporter, Error> {
        // No new spans are sent, so no stream name is needed.
        let nowhere = StreamName::parse("local/spool/sync", None)
            .map_err(|error| Error::new(ErrorKind::Start, error.to_string()))?;
        Exporter::builder(nowhere)
            .with_destination(destination)
            .with_spool(Self::settings(&self.folder))
            .with_spool_folder(self.folder.clone())
            .start()
    }
}
