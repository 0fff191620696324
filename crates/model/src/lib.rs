//! The vocabulary: ids, segment, span, entity, layer, metric, time bucket, records.
