//! The ownership of spools.
//!
//! ```text
//! <root>/<destination>/destination.json         where its records go; no key
//! <root>/<destination>/<owner>/lock             held by a living process
//! <root>/<destination>/<owner>/0000000001.seg
//! <root>/<destination>/rejected.jsonl           what was refused, see `rejected`
//! <root>/<destination>/damaged/                 segments in which nothing can be read
//! ```
//! A folder with a free lock belongs to a dead process: the process that gets the lock takes over the segments by
//! renaming them into its own folder.

use std::cmp::Reverse;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use super::segment::no_link;

const LOCK: &str = "lock";
const SEGMENT: &str = "seg";
const DAMAGED: &str = "damaged";
/// The most bytes of unreadable segments that are kept, newest first.
const DAMAGED_BYTES: u64 = 64 << 20;
/// Attempts to create this process's folder; before it is locked, another process may mistake it for a dead one's.
const TRIES: usize = 16;

/// A folder of this process, locked while the process lives.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    next: u64,
    _lock: File,
}

impl Folder {
    /// Creates a folder in a destination's folder.
    pub(super) fn create(destination: &Path) -> io::Result<Self> {
        make(destination)?;
        restrict(destination)?;
        let mut last = io::Error::other("no folder could be kept");
        for _ in 0..TRIES {
            let process = std::process::id();
            let random = RandomState::new().hash_one(process);
            let path = destination.join(format!("{process}-{random:016x}"));
            match make(&path).and_then(|()| lock(&path)) {
                Ok(Some(lock)) if path.join(LOCK).exists() => {
                    return Ok(Self {
                        path,
                        next: 1,
                        _lock: lock,
                    });
                }
                Ok(_) => {}
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Takes over the segments of dead processes, oldest first.
    pub(super) fn adopt(&mut self) -> io::Result<Vec<PathBuf>> {
        let destination = self.path.parent().unwrap_or(&self.path).to_owned();
        let mut adopted = Vec::new();
        for sibling in fs::read_dir(destination)?.flatten() {
            let path = sibling.path();
            // A link is not a process's folder.
            let is_folder = sibling.file_type().is_ok_and(|kind| kind.is_dir());
            if !is_folder || path == self.path || path.ends_with(DAMAGED) {
                continue;
            }
            // A folder that cannot be locked belongs to a living process, or is not ours.
            if let Ok(Some(held)) = lock(&path) {
                for orphan in segments(&path) {
                    let own = self.next_segment();
                    // Within one file system, a rename happens entirely or not at all.
                    if fs::rename(&orphan, &own).is_ok() {
                        adopted.push(own);
                    }
                }
                drop(fs::remove_file(path.join(LOCK)));
                drop(fs::remove_dir(&path));
                drop(held);
            }
        }
        Ok(adopted)
    }

    /// Returns a name that no file has had.
    pub(super) fn next_segment(&mut self) -> PathBuf {
        let path = self.path.join(format!("{:010}.{SEGMENT}", self.next));
        self.next += 1;
        path
    }

    /// Removes the folder, unless records wait in it.
    pub(super) fn leave(&self) {
        if segments(&self.path).is_empty() {
            drop(fs::remove_file(self.path.join(LOCK)));
            drop(fs::remove_dir(&self.path));
        }
    }
}

/// Moves an unreadable file out of the way, for later inspection.
pub(super) fn set_aside(segment: &Path) {
    let owner = segment.parent();
    let (Some(owner), Some(file)) = (owner, segment.file_name()) else {
        return;
    };
    let Some(destination) = owner.parent() else {
        return;
    };
    let aside = destination.join(DAMAGED);
    let mut name = owner.file_name().unwrap_or_default().to_owned();
    name.push("-");
    name.push(file);
    drop(make(&aside).and_then(|()| fs::rename(segment, aside.join(name))));
    sweep_damaged(destination);
}

/// Drops the oldest unreadable segments beyond the limit. None is dropped for its age.
fn sweep_damaged(destination: &Path) {
    let entries = fs::read_dir(destination.join(DAMAGED))
        .into_iter()
        .flatten();
    let mut files: Vec<_> = entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?, entry.path())))
        .collect();
    files.sort_by_key(|(metadata, _)| Reverse(metadata.modified().ok()));
    let mut bytes = 0;
    for (metadata, path) in files {
        bytes += metadata.len();
        if bytes > DAMAGED_BYTES {
            drop(fs::remove_file(path));
        }
    }
}

/// Takes the rights of others from a folder that was there before. One of another owner cannot be used.
fn restrict(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::symlink_metadata(folder)?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// Creates a folder that only its owner may enter, with its missing parents.
pub(super) fn make(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Locks a folder; `None` when another process holds the lock.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    let file = no_link()
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Returns a folder's segments in the order they were written.
fn segments(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut segments: Vec<PathBuf> = entries
        // A link may lead anywhere.
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == SEGMENT)
        })
        .collect();
    segments.sort();
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dead_are_inherited_once_and_the_living_never() {
        let root = tempfile::tempdir().unwrap();
        let living = Folder::create(root.path()).unwrap();
        fs::write(living.path.join("0000000001.seg"), "living").unwrap();
        let mut dead = Folder::create(root.path()).unwrap();
        let (first, second) = (dead.next_segment(), dead.next_segment());
        fs::write(second, "second").unwrap();
        fs::write(first, "first").unwrap();
        let gone = dead.path.clone();
        drop(dead);

        let mut heir = Folder::create(root.path()).unwrap();
        let adopted = heir.adopt().unwrap();
        let texts: Vec<_> = adopted
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        assert_eq!(texts, ["first", "second"]);
        assert!(!gone.exists());
        let mut late = Folder::create(root.path()).unwrap();
        assert_eq!(late.adopt().unwrap(), Vec::<PathBuf>::new());
        heir.leave();
        late.leave();
        assert!(heir.path.exists() && !late.path.exists());
    }

    #[test]
    fn what_cannot_be_read_is_kept_within_bounds() {
        let root = tempfile::tempdir().unwrap();
        let mut folder = Folder::create(root.path()).unwrap();
        for _ in 0..10 {
            let segment = folder.next_segment();
            File::create(&segment).unwrap().set_len(8 << 20).unwrap();
            set_aside(&segment);
        }
        let aside = || fs::read_dir(root.path().join(DAMAGED)).unwrap().count();
        assert_eq!(aside(), 8);
        assert!(segments(&folder.path).is_empty());
        assert_eq!(folder.adopt().unwrap(), Vec::<PathBuf>::new());
    }

    #[test]
    #[cfg(unix)]
    fn is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let mut folder = Folder::create(&root.path().join("a/b")).unwrap();
        let segment = folder.next_segment();
        no_link()
            .write(true)
            .create_new(true)
            .open(&segment)
            .unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.path), 0o700);
        assert_eq!(mode(&root.path().join("a")), 0o700);
        assert_eq!(
            (mode(&segment), mode(&folder.path.join(LOCK))),
            (0o600, 0o600)
        );
    }
}
