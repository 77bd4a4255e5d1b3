//! Files with certificates and keys.

use std::fs::{self, File};
use std::io::{self, Read as _};

use super::Variable;
use crate::error::{ErrorKind, Fault};

/// Far larger than all certificates of a system.
const MOST_BYTES: u64 = 4 << 20;

/// Reads the file that a variable names.
pub(super) fn read(variable: &Variable) -> Result<Vec<u8>, Fault> {
    bytes(variable.text()).map_err(|error| {
        let why = format!("the file {} cannot be read: {error}", variable.word());
        variable
            .fault(ErrorKind::Destination, why)
            .with_remedy("name a file with PEM text")
    })
}

fn bytes(path: &str) -> io::Result<Vec<u8>> {
    // Reading a device might never end, and a pipe could block forever.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut read = Vec::new();
    File::open(path)?
        .take(MOST_BYTES + 1)
        .read_to_end(&mut read)?;
    if u64::try_from(read.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(io::Error::other("it is larger than 4 MiB"));
    }
    Ok(read)
}
