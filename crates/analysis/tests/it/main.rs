//! The analysis through its public doors: batches in, answers out.

mod budget;
mod calls;
mod golden;
mod live;
mod pairing;
mod queues;
mod replay;
mod reports;
mod rules;
mod running;
mod time;
mod virtuals;
mod world;
