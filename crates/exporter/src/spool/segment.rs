//! One file of frames.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::frame::{self, Frame, HEAD, SETTLED, Stored};

/// The first bytes of a segment: its kind and version.
const MAGIC: &[u8; 8] = b"SPLSEG01";

/// The frames of one file in the order they were written, with the state of each.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    frames: Vec<Known>,
    /// Length of the file.
    bytes: u64,
    /// Frames that are not settled.
    pub(super) open: u64,
    /// Frames that are on disk only.
    pub(super) waiting: u64,
    /// The index before which no frames are waiting.
    cursor: usize,
    /// When this process created it, last wrote to it, or took it over. The file's own time depends on a clock that may
    /// be set.
    pub(super) since: Instant,
}

/// About 12 bytes for each record on disk are kept in memory.
#[derive(Clone, Copy, Debug)]
struct Known {
    offset: u32,
    length: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// On disk only.
    Waiting,
    /// In memory too.
    Taken,
    Settled,
}

impl Segment {
    /// Creates a new file; never follows a link, never opens an existing file.
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        let mut file = no_link().write(true).create_new(true).open(&path)?;
        if let Err(error) = file.write_all(MAGIC) {
            drop(fs::remove_file(&path));
            return Err(error);
        }
        Ok(Self {
            path,
            frames: Vec::new(),
            bytes: MAGIC.len() as u64,
            open: 0,
            waiting: 0,
            cursor: 0,
            since: Instant::now(),
        })
    }

    /// Reads a file that another process left, and returns the number of damaged frames in it. A last frame that was
    /// being written when the process died does not count: it was never promised. `None` for a file in which nothing
    /// can be read. `now` is the time of the takeover.
    pub(super) fn recover(path: PathBuf, now: Instant) -> io::Result<(Option<Self>, u64)> {
        let mut file = no_link().read(true).open(&path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut segment = Self {
            path,
            frames: Vec::new(),
            bytes: bytes.len() as u64,
            open: 0,
            waiting: 0,
            cursor: 0,
            since: now,
        };
        let mut at = match bytes.starts_with(MAGIC) {
            true => MAGIC.len(),
            false if MAGIC.starts_with(&bytes) => bytes.len(),
            false => 0,
        };
        let mut damaged = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (length, state) = match frame::read(rest) {
                Frame::Waiting(_, length) => (length, State::Waiting),
                Frame::Settled(length) => (length, State::Settled),
                broken => {
                    let next = next_sound(rest);
                    damaged += u64::from(broken == Frame::Damaged || next.is_some());
                    let Some(next) = next else {
                        break;
                    };
                    at += next;
                    continue;
                }
            };
            segment.push(at as u64, length, state);
            at += length;
        }
        let nothing = segment.frames.is_empty() && damaged > 0;
        Ok(((!nothing).then_some(segment), damaged))
    }

    fn push(&mut self, offset: u64, length: usize, state: State) {
        // A segment ends at the first frame beyond its size, so that offsets are small; see `Spool::append`.
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        self.frames.push(Known {
            offset: small(offset),
            length: small(length as u64),
            state,
        });
        self.open += u64::from(state != State::Settled);
        self.waiting += u64::from(state == State::Waiting);
    }

    /// Appends frames, all of them or none; returns the index of the first.
    pub(super) fn append(&mut self, frames: &[u8], lengths: &[usize]) -> io::Result<usize> {
        let mut file = self.writable()?;
        let result = file
            .seek(SeekFrom::Start(self.bytes))
            .and_then(|_| file.write_all(frames));
        if let Err(error) = result {
            // Half a frame would be counted as damage later.
            drop(file.set_len(self.bytes));
            return Err(error);
        }
        let first = self.frames.len();
        let mut offset = self.bytes;
        for length in lengths {
            self.push(offset, *length, State::Taken);
            offset += *length as u64;
        }
        self.bytes = offset;
        self.since = Instant::now();
        Ok(first)
    }

    /// Takes the oldest frames that are on disk only, up to both limits, but at least one if there is one. Frames that
    /// can no longer be read are settled and counted.
    pub(super) fn take(
        &mut self,
        most: usize,
        most_bytes: usize,
    ) -> io::Result<(Vec<(usize, Stored)>, u64)> {
        let mut taken = Vec::new();
        let mut damaged = 0;
        let mut bytes = 0;
        let mut file = File::open(&self.path)?;
        while let Some(known) = self.frames.get_mut(self.cursor) {
            if known.state == State::Waiting {
                if taken.len() >= most || (bytes > 0 && bytes + known.length as usize > most_bytes)
                {
                    break;
                }
                self.waiting -= 1;
                let mut buffer = vec![0; known.length as usize];
                let read = file
                    .seek(SeekFrom::Start(u64::from(known.offset)))
                    .and_then(|_| file.read_exact(&mut buffer));
                if let (Ok(()), Frame::Waiting(stored, _)) = (read, frame::read(&buffer)) {
                    known.state = State::Taken;
                    bytes += stored.body.len().max(HEAD);
                    taken.push((self.cursor, stored));
                } else {
                    known.state = State::Settled;
                    self.open -= 1;
                    damaged += 1;
                }
            }
            self.cursor += 1;
        }
        Ok((taken, damaged))
    }

    /// Gives a taken frame back: it is no longer in memory.
    pub(super) fn release(&mut self, index: usize) {
        if let Some(known) = self
            .frames
            .get_mut(index)
            .filter(|known| known.state == State::Taken)
        {
            known.state = State::Waiting;
            self.waiting += 1;
            self.cursor = self.cursor.min(index);
        }
    }

    /// Settles frames that the destination has decided on. An error leaves the file as it was: another process may send
    /// them again, with the same ids.
    pub(super) fn settle(&mut self, indexes: &[usize]) -> u64 {
        let mut file = self.writable().ok();
        let mut settled = 0;
        for index in indexes {
            let Some(known) = self
                .frames
                .get_mut(*index)
                .filter(|known| known.state != State::Settled)
            else {
                continue;
            };
            self.waiting -= u64::from(known.state == State::Waiting);
            known.state = State::Settled;
            settled += 1;
            if let Some(file) = &mut file {
                let sought = file.seek(SeekFrom::Start(u64::from(known.offset)));
                drop(sought.and_then(|_| file.write_all(&[SETTLED])));
            }
        }
        self.open -= settled;
        settled
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn writable(&self) -> io::Result<File> {
        OpenOptions::new().write(true).open(&self.path)
    }
}

/// Returns where the next good frame begins.
fn next_sound(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += frame::next_candidate(bytes.get(at..)?)?;
        if let Frame::Waiting(..) | Frame::Settled(_) = frame::read(bytes.get(at..)?) {
            return Some(at);
        }
    }
}

/// Returns options for files that only their owner may read.
pub(crate) fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Returns options for files of the spool: a link in their place, which may lead anywhere, is an error.
pub(super) fn no_link() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no flags"))]
    let mut options = private();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW);
    options
}
