//! One file of a store as people read it.

use anyhow::Context;
use skytrail_engine::store::view::{Take, View};
use skytrail_storage::SpanAppend;

use super::export::Printing;
use crate::show;

struct Printed(Printing);

impl Take for Printed {
    fn line(&mut self, text: &str) {
        show::line(text);
    }

    fn spans(&mut self, rows: &SpanAppend) {
        self.0.print(rows);
    }
}

/// Prints what is in a file, named by its number or its name.
pub(super) fn dump(view: &View, file: &str, with_rows: bool) -> anyhow::Result<()> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let number = name.split('.').next().unwrap_or(name);
    let number = number.parse().with_context(|| {
        format!("'{file}' is not the number of a file, nor its name; store/manifest lists them")
    })?;
    Ok(view.dump(number, with_rows, &mut Printed(Printing::of("dump")))?)
}
