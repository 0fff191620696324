//! What each kind of call does.

use std::sync::Arc;

use futures_util::stream::{self, Stream};
use prost::Message;
use skytrail_base::account::Signal;
use skytrail_model::command;
use skytrail_proto::v3::{
    Command, Commands, ConfigurationSyncRequest, KeyStringValuePair, ProfileTaskCommandQuery,
};
use skytrail_proto::v10::{AsyncProfilerCollectionResponse, AsyncProfilingStatus};
use tonic::{Response, Status};

use super::methods::Call;
use crate::grpc::{Messages, answer};
use crate::intake::{Intake, Rejected};
use crate::promise::Promise;

/// Answers one call that ends with one answer.
pub(super) async fn answer(
    intake: Arc<Intake>,
    call: Call,
    messages: Messages,
) -> Result<Response<Commands>, Status> {
    let _open = intake.metrics.open_stream();
    let answer = run(&intake, call, messages).await;
    if let Err(status) = &answer {
        intake.metrics.ended(answer::reason(status));
    }
    answer.map(|commands| Response::new(Commands { commands }))
}

async fn run(intake: &Intake, call: Call, mut messages: Messages) -> Result<Vec<Command>, Status> {
    match call {
        Call::Segments => segments(intake, messages).await?,
        Call::Collection => {
            let message = messages.only().await?;
            collection(intake, &message).await.map_err(|rejected| answer::status(&rejected))?;
        }
        Call::Report(kind) => {
            let message = messages.only().await?;
            let mut promise = Promise::default();
            let taken = intake.report(kind, &message, &mut promise).await;
            taken.map_err(|rejected| answer::status(&rejected))?;
            let stored = intake.stored(promise).await;
            stored.map_err(|rejected| answer::status(&rejected))?;
        }
        Call::ProfileTasks => {
            let query: ProfileTaskCommandQuery = read(&messages.only().await?)?;
            let (service, instance) = (&query.service, &query.service_instance);
            let tasks = intake.commands.profile_tasks(service, instance, query.last_command_time);
            return Ok(tasks.into_iter().map(command).collect());
        }
        Call::Configuration => {
            let query: ConfigurationSyncRequest = read(&messages.only().await?)?;
            let changes = intake.commands.configuration(&query.service, &query.uuid);
            return Ok(changes.into_iter().map(command).collect());
        }
        Call::Nothing => drop(messages.only().await?),
        Call::Ignore(signal) | Call::Decline(signal) => {
            while messages.next().await?.is_some() {
                intake.ignore(signal, 1);
            }
        }
    }
    Ok(Vec::new())
}

/// A segment that is refused is in the books and in the log; the stream goes on.
async fn segments(intake: &Intake, mut messages: Messages) -> Result<(), Status> {
    let mut promise = Promise::default();
    while let Some(message) = messages.next().await? {
        match intake.segment(&message, &mut promise).await {
            Ok(()) | Err(Rejected::Refused { .. }) => {}
            Err(rejected) => return Err(answer::status(&rejected)),
        }
        let stored = intake.stored_so_far(&mut promise).await;
        stored.map_err(|rejected| answer::status(&rejected))?;
    }
    intake.stored(promise).await.map_err(|rejected| answer::status(&rejected))
}

async fn collection(intake: &Intake, message: &[u8]) -> Result<(), Rejected> {
    let mut promise = Promise::default();
    let taken = intake.collection(message, &mut promise).await?;
    intake.stored(promise).await?;
    taken.verdict()
}

fn read<M: Message + Default>(message: &[u8]) -> Result<M, Status> {
    M::decode(message).map_err(|error| Status::invalid_argument(error.to_string()))
}

fn command(command: command::Command) -> Command {
    let args = command.arguments.into_iter();
    Command {
        command: command.name,
        args: args.map(|(key, value)| KeyStringValuePair { key, value }).collect(),
    }
}

/// Counts the messages of an upload. The first one announces it, and is
/// answered with what makes an agent keep the rest.
pub(super) fn decline(
    intake: Arc<Intake>,
    signal: Signal,
    messages: Messages,
) -> impl Stream<Item = Result<AsyncProfilerCollectionResponse, Status>> + Send {
    let open = intake.metrics.open_stream();
    let state = Some((messages, true, intake, open));
    stream::unfold(state, move |state| async move {
        let (mut messages, mut is_first, intake, open) = state?;
        loop {
            match messages.next().await {
                Ok(None) => return None,
                Err(status) => return Some((Err(status), None)),
                Ok(Some(_)) => intake.ignore(signal, 1),
            }
            if is_first {
                is_first = false;
                let declined = AsyncProfilingStatus::TerminatedByOversize as i32;
                let answer = AsyncProfilerCollectionResponse { r#type: declined };
                return Some((Ok(answer), Some((messages, is_first, intake, open))));
            }
        }
    })
}
