//! Messages of a call, one after the other, from peers that may be slow. One
//! that is too large is refused before it is read, and a large one holds room
//! while it is.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::BodyExt;
use tonic::Status;

use super::answer;
use super::framing::{Framed, Framing};
use crate::intake::{Intake, Rejected};
use crate::packing::{Packing, Unpacked};
use crate::room::{FREE_BYTES, Hold};

/// The messages of one call.
pub(crate) struct Messages {
    intake: Arc<Intake>,
    body: Body,
    framing: Framing,
    /// How packed messages are packed.
    packing: Option<Packing>,
    is_first: bool,
    /// Room for the message under way, and for the last one until the next is
    /// asked for.
    hold: Option<Hold>,
}

impl Messages {
    /// The messages of a request, and what is left of it for the library.
    pub(crate) fn of(intake: Arc<Intake>, request: Request) -> (Self, Request) {
        let (mut parts, body) = request.into_parts();
        // The library would refuse what it does not unpack itself.
        let packing = parts.headers.remove("grpc-encoding");
        let packing = packing.as_ref().and_then(Packing::named);
        let framing = Framing::new(intake.settings.max_message_bytes);
        let messages = Self { intake, body, framing, packing, is_first: true, hold: None };
        (messages, Request::from_parts(parts, Body::empty()))
    }

    /// The next message; none once the peer has closed its side.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        self.hold = None;
        // Most messages are there already, and need no timer.
        let ready = match self.framing.take()? {
            Some(framed) => Some(Ok(Some(framed))),
            None => self.receive().now_or_never(),
        };
        let message = match ready {
            Some(message) => {
                tokio::task::coop::consume_budget().await;
                message
            }
            None => self.later().await,
        };
        self.is_first = false;
        match message? {
            Some(framed) if framed.is_packed => self.unpack(&framed).await.map(Some),
            Some(framed) => Ok(Some(framed.bytes)),
            None => Ok(None),
        }
    }

    /// The message of a call that has one.
    pub(crate) async fn only(&mut self) -> Result<Bytes, Status> {
        let message = self.next().await?;
        message.ok_or_else(|| Status::invalid_argument("the call brings no message"))
    }

    async fn later(&mut self) -> Result<Option<Framed>, Status> {
        let settings = &self.intake.settings;
        let (patience, key) = if self.is_first {
            (settings.first_message_timeout, "ingest.grpc.first_message_timeout")
        } else {
            (settings.idle_stream_timeout, "ingest.grpc.idle_stream_timeout")
        };
        let mut shutdown = self.intake.shutdown.clone();
        tokio::select! {
            message = self.receive() => message,
            () = tokio::time::sleep(patience) => {
                let patience = patience.as_secs_f64();
                Err(Status::deadline_exceeded(format!("no message within {key} ({patience} s)")))
            }
            () = shutdown.stopping() => Err(answer::status(&Rejected::Stopping)),
        }
    }

    /// Reads on until a message is whole. What was read stays when this is
    /// given up in between.
    async fn receive(&mut self) -> Result<Option<Framed>, Status> {
        loop {
            if let Some(framed) = self.framing.take()? {
                return Ok(Some(framed));
            }
            self.hold_room(self.framing.expected()).await?;
            match self.body.frame().await {
                Some(Ok(frame)) => self.framing.put(frame.into_data().unwrap_or_default()),
                Some(Err(error)) => return Err(Status::from_error(Box::new(error))),
                None if self.framing.is_between() => return Ok(None),
                None => return Err(Status::internal("the call ends within a message")),
            }
        }
    }

    async fn hold_room(&mut self, expected: usize) -> Result<(), Status> {
        if expected <= FREE_BYTES || self.hold.is_some() {
            return Ok(());
        }
        let hold = self.intake.room.take(expected, self.intake.settings.stall_timeout).await;
        if hold.is_none() {
            let message = "no room for a large message: ingest.batch.in_flight_size is in use";
            return Err(Status::resource_exhausted(message));
        }
        self.hold = hold;
        Ok(())
    }

    async fn unpack(&mut self, framed: &Framed) -> Result<Bytes, Status> {
        let Some(packing) = self.packing else {
            let message = "a message is packed, but grpc-encoding is neither gzip nor zstd";
            return Err(Status::unimplemented(message));
        };
        let limit = self.intake.settings.max_message_bytes;
        // One that came whole holds nothing yet, and is about to grow.
        self.hold_room(framed.expected(limit)).await?;
        match packing.unpack(&framed.bytes, limit) {
            Ok(unpacked) => Ok(unpacked.into()),
            Err(Unpacked::Broken(why)) => {
                Err(Status::internal(format!("a message cannot be unpacked: {why}")))
            }
            Err(Unpacked::TooLarge) => Err(Status::out_of_range(format!(
                "message exceeds ingest.grpc.max_message_size ({limit} bytes) after decompression"
            ))),
        }
    }
}
