//! `/ui/trace`: a whole trace as columns, little-endian, behind a header in JSON.
//!
//! ```text
//! "STC1"  u32 length of the header  header, padded with spaces to a multiple of 8 bytes
//! start f64 · duration f64 · parent i32 · segment i32 · number i32 · operation i32 · peer i32 ·
//! component i16 · layer u8 · kind u8 · flags u16, each padded with zeros to a multiple of 8 bytes
//! ```

use skytrail_query::trace::{Names, TraceColumns, TraceLink, TraceLinkKind};

use super::answering::Made;
use super::json::{Json, Out};

/// The first bytes.
const MAGIC: &[u8; 4] = b"STC1";

/// Bytes that are written at once.
const PIECE: usize = 8 << 10;

impl Made for TraceColumns {
    const MEDIA: &'static str = "application/vnd.skytrail.trace-columns";

    const IS_REPLACED: bool = true;

    const IS_TAGGED: bool = true;

    fn write(self, out: &mut Out) {
        let mut header = out.part();
        head(&self, &mut header);
        // Behind eight bytes, so that the columns begin at a multiple of eight.
        while !header.len().is_multiple_of(8) {
            header.raw(b" ");
        }
        out.raw(MAGIC);
        out.raw(&(header.len() as u32).to_le_bytes());
        out.join(header);
        // The largest column while it is written.
        out.reserve(self.len() * 8);
        column(out, self.start, f64::to_le_bytes);
        column(out, self.duration, f64::to_le_bytes);
        for whole in [self.parent, self.segment, self.number, self.operation, self.peer] {
            column(out, whole, i32::to_le_bytes);
        }
        column(out, self.component, i16::to_le_bytes);
        column(out, self.layer, u8::to_le_bytes);
        column(out, self.kind, u8::to_le_bytes);
        column(out, self.flags, u16::to_le_bytes);
    }
}

/// Writes a column and lets it go.
fn column<T: Copy, const N: usize>(out: &mut Out, rows: Vec<T>, bytes: fn(T) -> [u8; N]) {
    let mut piece = Vec::with_capacity(PIECE);
    for row in &rows {
        piece.extend_from_slice(&bytes(*row));
        if piece.len() + N > PIECE {
            out.raw(&piece);
            piece.clear();
        }
    }
    let over = (rows.len() * N) % 8;
    piece.resize(piece.len() + (8 - over) % 8, 0);
    drop(rows);
    out.raw(&piece);
}

fn head(columns: &TraceColumns, out: &mut Out) {
    out.object(|out| {
        out.member("traceId", &columns.trace_id);
        out.member("base", &columns.base);
        out.member("spans", &columns.len());
        out.member("complete", &columns.missing.is_none());
        out.member("missing", &columns.missing);
        out.member("services", &columns.services);
        out.member("instances", &columns.instances);
        out.member("operations", &columns.operations);
        out.member("peers", &columns.peers);
        out.member("components", &columns.components);
        out.member("layers", &columns.layers);
        out.member_with("segments", |out| segments(columns, out));
        out.member_with("links", |out| {
            out.list(|out| columns.links.iter().for_each(|link| out.element(&(columns, link))));
        });
    });
}

fn segments(columns: &TraceColumns, out: &mut Out) {
    let segments = &columns.segments;
    out.object(|out| {
        out.member_with("id", |out| {
            let ids = segments.iter().map(|one| columns.segment_ids.get(one.id as usize));
            out.list(|out| ids.for_each(|id| out.element(id)));
        });
        out.member_with("service", |out| {
            out.list(|out| segments.iter().for_each(|one| out.element(&one.service)));
        });
        out.member_with("instance", |out| {
            out.list(|out| segments.iter().for_each(|one| out.element(&one.instance)));
        });
    });
}

impl Json for Names {
    fn write(&self, out: &mut Out) {
        out.list(|out| self.iter().for_each(|name| out.element(name)));
    }
}

impl Json for (&TraceColumns, &TraceLink) {
    fn write(&self, out: &mut Out) {
        let (columns, link) = self;
        let kind = match link.kind {
            TraceLinkKind::Process => "process",
            TraceLinkKind::Thread => "thread",
            TraceLinkKind::Batch => "batch",
            TraceLinkKind::Follows => "follows",
        };
        out.object(|out| {
            out.member("row", &link.row);
            out.member("to", &link.to);
            out.member("kind", kind);
            out.member("traceId", &link.trace_id);
            out.member("segmentId", columns.segment_ids.get(link.segment as usize));
        });
    }
}
