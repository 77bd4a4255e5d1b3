//! `spanloom backup`.

use crate::args::BackupArgs;
use crate::error::Error;
use crate::output::note;
use crate::serve::default_database;

pub(crate) fn run(args: &BackupArgs) -> Result<(), Error> {
    let database = match &args.db {
        Some(path) => path.clone(),
        None => default_database()?,
    };
    if args.to.exists() {
        let to = args.to.display();
        let why = format!("{to} exists: name a file that does not, or remove it");
        return Err(Error::usage(why));
    }
    spanloom_server::backup(&database, &args.to)?;
    note(format_args!(
        "copied {} to {}",
        database.display(),
        args.to.display()
    ));
    Ok(())
}
