//! Prints how many bytes metric rows, relations and records take in parts, after a flush and after
//! a merge, and how long it takes to read them.
//!
//! `cargo run --release -p skytrail-series --example sizes`

mod made;

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use made::{Dice, catalogue};
use skytrail_columns::Result;
use skytrail_model::metric::{Catalogue, ColumnId, MetricBlock};
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_series::{PartInfo, Sink, metrics, records, relations};
use skytrail_storage::{
    ColumnSelection, EntitySelection, Origin, RecordRead, RelationRead, Visible,
};

type Rows = Vec<(Option<Origin>, Arc<MetricBlock>)>;

fn bytes_of(write: impl FnOnce(Sink<'_>) -> Result<PartInfo>) -> Result<(Bytes, PartInfo)> {
    let mut bytes = Vec::new();
    let info = write(&mut |more: &[u8]| {
        bytes.extend_from_slice(more);
        Ok(())
    })?;
    Ok((Bytes::from(bytes), info))
}

fn open(bytes: &Bytes, catalogue: &Arc<Catalogue>) -> Result<metrics::Part> {
    metrics::Part::open(Arc::new(bytes.clone()), bytes.len() as u64, catalogue)
}

fn timed<T>(times: u32, mut run: impl FnMut() -> Result<T>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..times {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    histograms(&mut out)?;
    flushes(&mut out)?;
    one_entity(&mut out)?;
    others(&mut out)?;
    Ok(())
}

/// Bytes of a row that is a histogram of so many calls, beside what the same rows take without.
fn histograms(out: &mut impl Write) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let catalogue = catalogue();
    writeln!(out, "bytes of a percentile row, 10,000 rows, by sigma of log-normal latencies")?;
    for calls in [10, 100, 10_000] {
        write!(out, "{calls:>8} calls")?;
        for sigma in [0.4, 0.7, 1.0] {
            let rows = if calls == 10_000 { 1_000 } else { 10_000 };
            let mut sizes = [0.0; 2];
            for (size, has) in sizes.iter_mut().zip([false, true]) {
                let block =
                    made::percentiles(&mut Dice::new(1), rows, if has { calls } else { 0 }, sigma);
                let rows: Rows = vec![(None, Arc::new(block))];
                let (bytes, _) =
                    bytes_of(|sink| metrics::write(&catalogue, Downsampling::Minute, &rows, sink))?;
                *size = bytes.len() as f64;
            }
            write!(out, "  sigma {sigma}: {:6.1}", (sizes[1] - sizes[0]) / rows as f64)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Ten minutes of 42,000 entities: four flushes, then one part.
fn flushes(out: &mut impl Write) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let catalogue = catalogue();
    let mut dice = Dice::new(2);
    let mut parts = Vec::new();
    let (mut flushed, mut values) = (0, 0);
    let mut writing = Duration::ZERO;
    for minutes in [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]] {
        let mut rows = Rows::new();
        for (sequence, minute) in minutes.into_iter().enumerate() {
            let origin = Origin { shard: 0, sequence: sequence as u64 + 1 };
            let blocks = made::minute(&mut dice, Minute(29_000_040 + minute));
            rows.extend(blocks.into_iter().map(|block| (Some(origin), Arc::new(block))));
        }
        values += rows.iter().map(|(_, block)| made::values(block)).sum::<usize>();
        let write =
            || bytes_of(|sink| metrics::write(&catalogue, Downsampling::Minute, &rows, sink));
        writing += timed(5, write)?;
        let (bytes, _) = write()?;
        flushed += bytes.len();
        parts.push(open(&bytes, &catalogue)?);
    }
    let inputs: Vec<_> = parts.iter().collect();
    let zone = Zone::utc();
    writeln!(
        out,
        "ten minutes of 42,000 entities, {values} values of whole numbers and histograms"
    )?;
    let rows: u64 = parts.iter().map(metrics::Part::rows).sum();
    writeln!(
        out,
        "  flushed: {:.2} bytes a value, {:.1} a row; {:.0} ns a row to write",
        flushed as f64 / values as f64,
        flushed as f64 / rows as f64,
        writing.as_nanos() as f64 / rows as f64,
    )?;
    for downsampling in [Downsampling::Minute, Downsampling::Hour] {
        let target = metrics::Target { downsampling, zone: &zone, from: Minute(0) };
        let merge = || bytes_of(|sink| metrics::merge(&inputs, &target, sink));
        let took = timed(5, merge)?;
        let (bytes, info) = merge()?;
        let part = open(&bytes, &catalogue)?;
        part.check()?;
        writeln!(
            out,
            "  merged to {downsampling:?}: {} rows, {:.1} bytes a row, {:.2} of the flushed; {:.0} ns a row read; {} bytes of memory",
            info.rows,
            bytes.len() as f64 / info.rows as f64,
            bytes.len() as f64 / flushed as f64,
            took.as_nanos() as f64 / rows as f64,
            part.memory(),
        )?;
    }
    by_column(out, &catalogue)
}

/// Bytes by column: what a part takes more than one without the column.
fn by_column(
    out: &mut impl Write,
    catalogue: &Arc<Catalogue>,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let size = |without: Option<(u16, usize)>| -> Result<(usize, Vec<usize>)> {
        let mut rows = Rows::new();
        let mut dice = Dice::new(3);
        let mut lens = vec![0; catalogue.tables().len()];
        for minute in 0..10 {
            for mut block in made::minute(&mut dice, Minute(29_000_040 + minute)) {
                if let Some((table, column)) = without
                    && block.table.0 == table
                {
                    let merge = catalogue.tables()[table as usize].columns[column].merge;
                    block.columns[column] = skytrail_model::metric::ColumnData::empty(merge);
                }
                lens[block.table.0 as usize] += block.len();
                rows.push((None, Arc::new(block)));
            }
        }
        let (bytes, _) =
            bytes_of(|sink| metrics::write(catalogue, Downsampling::Minute, &rows, sink))?;
        Ok((bytes.len(), lens))
    };
    let (whole, lens) = size(None)?;
    let (mut scalars, mut scalar_values) = (0.0, 0.0);
    for (number, table) in (0_u16..).zip(catalogue.tables()) {
        let rows = lens[number as usize] as f64;
        write!(out, "  {:<24}", table.name)?;
        for (column, named) in table.columns.iter().enumerate() {
            let bytes = whole as f64 - size(Some((number, column)))?.0 as f64;
            if named.merge != skytrail_model::metric::Merge::Histogram {
                (scalars, scalar_values) = (scalars + bytes, scalar_values + rows);
            }
            write!(out, " {} {:.2}", named.name, bytes / rows)?;
        }
        writeln!(out)?;
    }
    writeln!(out, "  a whole number alone: {:.2} bytes", scalars / scalar_values)?;
    Ok(())
}

/// One entity over an hour, and all of one bucket.
fn one_entity(out: &mut impl Write) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let catalogue = catalogue();
    let mut dice = Dice::new(4);
    let mut rows = Rows::new();
    for minute in 0..60 {
        let blocks = made::minute(&mut dice, Minute(29_000_040 + minute));
        let is_read =
            |block: &MetricBlock| [made::SERVICES, made::RELATIONS].contains(&block.table);
        let blocks = blocks.into_iter().filter(is_read);
        rows.extend(blocks.map(|block| (None, Arc::new(block))));
    }
    let (bytes, _) =
        bytes_of(|sink| metrics::write(&catalogue, Downsampling::Minute, &rows, sink))?;
    let part = open(&bytes, &catalogue)?;
    let entity = rows.iter().find(|(_, block)| block.table == made::RELATIONS);
    let entity = entity.and_then(|(_, block)| block.entities.get(700)).copied();
    let one = EntitySelection::these(entity.into_iter().collect());
    let (from, to) = (Minute(29_000_040), Minute(29_000_099));
    for (what, columns) in [
        ("two numbers", ColumnSelection::these(vec![ColumnId(0), ColumnId(1)])),
        ("a histogram", ColumnSelection::these(vec![ColumnId(3)])),
        ("all columns", ColumnSelection::All),
    ] {
        let took = timed(200, || {
            let mut found = 0;
            let selection = part.select(made::RELATIONS, &one, &columns, &|_| true)?;
            let Some(mut selection) = selection else { return Ok(0) };
            for bucket in selection.buckets(from, to)? {
                selection.read(bucket, &mut |block| {
                    found += block.len();
                    true
                })?;
            }
            Ok(found)
        })?;
        writeln!(out, "one entity of 20,000 over 60 buckets, {what}: {took:?}")?;
    }
    for table in [made::SERVICES, made::RELATIONS] {
        let (mut rows, all) = (0, EntitySelection::All);
        let took = timed(10, || {
            rows = 0;
            let selection = part.select(table, &all, &ColumnSelection::All, &|_| true)?;
            let Some(mut selection) = selection else { return Ok(()) };
            selection.read(from, &mut |block| {
                rows += block.len();
                true
            })?;
            Ok(())
        })?;
        let name = &catalogue.tables()[table.0 as usize].name;
        writeln!(out, "all of one bucket of {name}: {rows} rows, {took:?}")?;
    }
    Ok(())
}

/// Relations of a day and records.
fn others(out: &mut impl Write) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut dice = Dice::new(5);
    let mut parts = Vec::new();
    let mut flushed = 0;
    for hour in 0..24 {
        let rows = made::relations(&mut dice, hour);
        let (bytes, _) = bytes_of(|sink| relations::write(|| rows.iter().copied(), sink))?;
        flushed += bytes.len();
        parts.push(relations::Part::open(Arc::new(bytes.clone()), bytes.len() as u64)?);
    }
    let (bytes, info) = bytes_of(|sink| relations::merge(&parts.iter().collect::<Vec<_>>(), sink))?;
    let part = relations::Part::open(Arc::new(bytes.clone()), bytes.len() as u64)?;
    let read = RelationRead {
        scope: skytrail_model::scope::Scope::ServiceInstanceRelation,
        touching: EntitySelection::All,
        from: Minute(0),
        to: Minute(24 * 60),
        visible: Visible::All,
    };
    let took = timed(10, || part.read(&read, &|_| true, &mut |_, _| true))?;
    writeln!(
        out,
        "relations of 24 hours: {} edges, {} rows; flushed {:.1}, merged {:.1} bytes a row; all read in {took:?}",
        part.edges(),
        info.rows,
        flushed as f64 / info.rows as f64,
        bytes.len() as f64 / info.rows as f64,
    )?;
    let (bytes, info) = bytes_of(|sink| records::write(made::records(&mut dice), sink))?;
    let part = records::Part::open(Arc::new(bytes.clone()), bytes.len() as u64)?;
    let read = RecordRead {
        stream: skytrail_model::record::TopStream::DatabaseStatement,
        entity: None,
        from: 0,
        to: i64::MAX,
        descending: true,
        limit: 20,
    };
    let took = timed(10, || part.read(&read, &mut |_| true))?;
    writeln!(
        out,
        "records: {} of {:.1} bytes; the slowest 20 in {took:?}",
        info.rows,
        bytes.len() as f64 / info.rows as f64
    )?;
    Ok(())
}
