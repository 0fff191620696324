//! Receipts, the journal seam, clock, bounded queues, byte budgets, shutdown, self-metrics and error codes.
