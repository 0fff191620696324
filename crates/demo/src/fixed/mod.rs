//! A few segments with round numbers, whose metrics can be worked out by hand.
//!
//! Three services: `web` (web-1) calls `orders` (orders-1, orders-2) over HTTP and `stock` (stock-1)
//! over RPC; `orders` sends messages that `stock` reads. `M0` is the base minute and `M1` the one
//! after; milliseconds count from the start of `M0`. In the order in which they are sent:
//!
//! | trace | when | segments (milliseconds each took) |
//! |---|---|---|
//! | 0 quick | M0, 1,000 | web-1 `GET:/buy` (100), exit (80) → orders-1 `POST:/orders` (60): statement (20), cache read (2), message (2); in another thread `Audit.run` (20) with a statement (10) |
//! | 1 slow | M0, 11,000 | web-1 `GET:/buy` (400), exit (380) → orders-2 `POST:/orders` (300): slow statement (250), slow cache write (25), message (2) |
//! | 2 failed | M0, 21,000 | web-1 `GET:/buy` (200, failed), exit (180, failed) → orders-1 `POST:/orders` (100, failed): statement (80, failed, with an exception) |
//! | 0 | M0, 30,000 | stock-1 `Kafka/orders/Consumer/stock` (40) reads the messages of traces 0 and 1 at once, the first 28,938 ms after it was sent: statement (20) |
//! | 3 RPC | M1, 65,000 | web-1 `GET:/stock` (50), exit (40) → stock-1 `Stock.Query` (30): logic endpoint `Stock.count` (20) |
//! | 4 skipped | M1, 70,000 | web-1 `GET:/health` (10), marked to be left out of the analysis |
//! | 5 outside | M1, 75,000 | web-1 `GET:/pay` (600): exit to `pay.fixed:443` (550), which has no agent |
//! | 6 | an hour before M0, 1,000 | web-1 `GET:/buy` (2,100) |
//! | 7 | a day before M0, 1,000 | web-1 `GET:/buy` (300) |
//! | 8 late | M0, 40,000 | web-1 `GET:/buy` (500), sent last |
//!
//! What follows, where the Apdex threshold is 500 ms (rates and shares of 10,000; averages cut to
//! whole milliseconds as the protocol does). A message read together with others counts once for
//! each of them.
//!
//! | entity | minute | calls | average | success | Apdex |
//! |---|---|---|---|---|---|
//! | service web | M0 | 4 | 300 | 7500 | 7500 |
//! | service web | M1 | 2 | 325 | 10000 | 7500 |
//! | service web | hour of M0 and M1 | 6 | 308 | 8333 | 7500 |
//! | service web | an hour before | 1 | 2100 | 10000 | 0 |
//! | service web | day of M0, both hours in it | 7 | 564 | 8571 | 6428 |
//! | service web | a day before | 1 | 300 | 10000 | 10000 |
//! | service orders | M0 | 3 | 153 | 6666 | 6666 |
//! | instance orders-1 | M0 | 2 | 80 | 5000 | |
//! | instance orders-2 | M0 | 1 | 300 | 10000 | |
//! | endpoint orders `Audit.run` | M0 | 1 | 20 | 10000 | |
//! | service stock | M0 | 2 | 40 | 10000 | 10000 |
//! | service stock | M1 | 1 | 30 | 10000 | 10000 |
//! | endpoint stock `Stock.count` | M1 | 1 | 20 | 10000 | |
//! | web → orders, seen by web | M0 | 3 | 213 | 6666 | |
//! | web → orders, seen by orders | M0 | 3 | 153 | 6666 | |
//! | web → stock, seen by web | M1 | 1 | 40 | 10000 | |
//! | web → stock, seen by stock | M1 | 1 | 30 | 10000 | |
//! | web → `pay.fixed:443` | M1 | 1 | 550 | 10000 | |
//! | orders → `db.fixed:3306` | M0 | 4 | 90 | 7500 | |
//! | orders → `redis.fixed:6379` | M0 | 2 | 13 | 10000 | |
//! | orders → `kafka.fixed:9092` | M0 | 2 | 2 | 10000 | |
//! | `kafka.fixed:9092` → stock | M0 | 2 | 40 | 10000 | |
//! | database `db.fixed:3306` | M0 | 5 | 76 | 8000 | |
//!
//! One statement is slow (250 ms) and one cache write (25 ms). Of the JVM of web-1 there are two
//! readings in M0: 20 and 40 percent of the processor, 100 and 200 MiB of heap.

mod scene;
#[cfg(test)]
mod tests;
mod traces;

pub use scene::{jvm, properties};
pub use traces::segments;
