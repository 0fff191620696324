//! What the spans of a store take, by service and by column.

use skytrail_engine::store::view::View;

use super::opened::progress;
use crate::show;

/// Prints the services.
pub(super) fn services(view: &View) -> anyhow::Result<()> {
    let services = view.by_service(&mut progress("stats"))?;
    show::line("       bytes  segments  service");
    for one in &services {
        show::line(&format!("{:>12}  {:>8}  {}", one.bytes, one.segments, one.service));
    }
    show::line(
        "bytes of spans, each file apportioned by the segments of the services in its blocks",
    );
    Ok(())
}

/// Prints the columns.
pub(super) fn columns(view: &View) -> anyhow::Result<()> {
    let columns = view.by_column(&mut progress("stats"))?;
    let all = columns.iter().map(|one| one.bytes).sum::<u64>().max(1);
    show::line("       bytes  percent  column");
    for one in &columns {
        let percent = one.bytes as f64 * 100.0 / all as f64;
        let tag = if one.is_tag { "tag " } else { "" };
        show::line(&format!("{:>12}  {percent:>7.2}  {tag}{}", one.bytes, one.what));
    }
    show::line(
        "bytes of spans; what is compressed together is apportioned by the bytes before compression",
    );
    Ok(())
}
