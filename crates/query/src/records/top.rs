//! Records by latency.

use skytrail_model::entity::{EntityId, ServiceRef};
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::scope::Scope;
use skytrail_storage::RecordRead;

use crate::context::Ctx;
use crate::entity::{EntityCondition, Order, parse_service};
use crate::error::Result;
use crate::metrics::{Known, SelectedRecord, TopNCondition};
use crate::query::Query;
use crate::time::{Duration, Window};

/// Which records (protocol `RecordCondition`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCondition {
    /// Name of the list.
    pub name: String,
    /// Whose list: the database, cache or calling service.
    pub parent_entity: EntityCondition,
    /// Entries.
    pub top_n: i64,
    /// Order by latency.
    pub order: Order,
}

/// A record (protocol `Record`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The statement or command.
    pub name: String,
    /// The trace, again.
    pub id: String,
    /// Latency in milliseconds, as text.
    pub value: String,
    /// The trace it happened in.
    pub ref_id: String,
}

/// Which records, in the oldest form (protocol `TopNRecordsCondition`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopNRecordsCondition {
    /// Id of the service whose list it is.
    pub service_id: String,
    /// Name of the list.
    pub metric_name: String,
    /// Entries.
    pub top_n: i64,
    /// Order by latency.
    pub order: Order,
    /// When they happened.
    pub duration: Duration,
}

/// A record in the oldest form (protocol `TopNRecord`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopNRecord {
    /// The statement or command.
    pub statement: String,
    /// Milliseconds.
    pub latency: i64,
    /// The trace it happened in.
    pub trace_id: String,
}

impl Query {
    pub(crate) async fn top_records(
        &self,
        ctx: &Ctx,
        stream: TopStream,
        entity: EntityId,
        window: &Window,
        (top_n, order): (i64, Order),
    ) -> Result<Vec<TopRecord>> {
        let read = RecordRead {
            stream,
            entity: Some(entity),
            from: window.from_nanos,
            to: window.to_nanos,
            descending: order == Order::Des,
            limit: usize::try_from(top_n).unwrap_or(0).min(self.config.max_records),
        };
        ctx.charge_examined(self.storage.records().examined(&read))?;
        // What is looked through for them is more than what is answered.
        ctx.keep(read.limit.saturating_mul(2 * size_of::<TopRecord>()))?;
        let (records, completeness) = self.storage.records().top(&read).await?;
        ctx.note(completeness);
        let texts = |record: &TopRecord| {
            record.id.len() + record.statement.len() + 2 * record.trace_id.len()
        };
        ctx.keep(records.iter().map(texts).sum())?;
        Ok(records)
    }

    async fn named_records(
        &self,
        ctx: &Ctx,
        name: &str,
        service: Option<ServiceRef>,
        duration: &Duration,
        take: (i64, Order),
    ) -> Result<Vec<TopRecord>> {
        let window = duration.window(&self.zone)?;
        match (self.known(name), service) {
            (Some(Known::Records(stream)), Some(service)) => {
                self.top_records(ctx, stream, service.id(), &window, take).await
            }
            _ => Ok(Vec::new()),
        }
    }

    /// `readRecords`: the records of a service by latency; none when the list
    /// or the service is not named well.
    ///
    /// # Errors
    /// `Invalid` for a wrong range; so with the other forms.
    pub async fn read_records(
        &self,
        ctx: &Ctx,
        condition: &RecordCondition,
        duration: &Duration,
    ) -> Result<Vec<Record>> {
        let entity = condition.parent_entity.entity(Scope::Service);
        let service = entity.map(|entity| entity.service().clone());
        let take = (condition.top_n, condition.order);
        let records = self.named_records(ctx, &condition.name, service, duration, take).await?;
        let answer = |record: TopRecord| Record {
            name: record.statement,
            id: record.trace_id.clone(),
            value: record.latency_ms.to_string(),
            ref_id: record.trace_id,
        };
        Ok(records.into_iter().map(answer).collect())
    }

    /// `readSampledRecords`: the same in an older form.
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn read_sampled_records(
        &self,
        ctx: &Ctx,
        condition: &TopNCondition,
        duration: &Duration,
    ) -> Result<Vec<SelectedRecord>> {
        let service = condition.parent().flatten();
        let take = (condition.top_n, condition.order);
        let records = self.named_records(ctx, &condition.name, service, duration, take).await?;
        let answer = |record: TopRecord| SelectedRecord {
            name: record.statement,
            id: record.trace_id.clone(),
            value: record.latency_ms.to_string(),
            ref_id: Some(record.trace_id),
            owner: None,
        };
        Ok(records.into_iter().map(answer).collect())
    }

    /// `getTopNRecords`: the same in the oldest form.
    ///
    /// # Errors
    /// `Invalid` for a wrong range or id.
    pub async fn get_top_n_records(
        &self,
        ctx: &Ctx,
        condition: &TopNRecordsCondition,
    ) -> Result<Vec<TopNRecord>> {
        let service = Some(parse_service("serviceId", &condition.service_id)?);
        let take = (condition.top_n, condition.order);
        let name = &condition.metric_name;
        let records = self.named_records(ctx, name, service, &condition.duration, take).await?;
        let answer = |record: TopRecord| TopNRecord {
            statement: record.statement,
            latency: record.latency_ms,
            trace_id: record.trace_id,
        };
        Ok(records.into_iter().map(answer).collect())
    }
}
