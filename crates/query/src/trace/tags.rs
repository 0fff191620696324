//! Completion of tag keys and values.

use skytrail_model::time::Downsampling;
use skytrail_storage::{TagKind, TagRead};

use crate::context::Ctx;
use crate::error::Result;
use crate::query::Query;
use crate::time::Duration;

impl Query {
    /// `queryTraceTagAutocompleteKeys`: keys seen on the days of a range.
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn query_trace_tag_autocomplete_keys(
        &self,
        ctx: &Ctx,
        duration: &Duration,
    ) -> Result<Vec<String>> {
        self.complete_tag(ctx, None, duration).await
    }

    /// `queryTraceTagAutocompleteValues`: values of a key seen on the days of a
    /// range.
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn query_trace_tag_autocomplete_values(
        &self,
        ctx: &Ctx,
        tag_key: &str,
        duration: &Duration,
    ) -> Result<Vec<String>> {
        self.complete_tag(ctx, Some(tag_key.to_owned()), duration).await
    }

    async fn complete_tag(
        &self,
        ctx: &Ctx,
        key: Option<String>,
        duration: &Duration,
    ) -> Result<Vec<String>> {
        let window = duration.window(&self.zone)?;
        let read = TagRead {
            kind: TagKind::Trace,
            key,
            from: self.zone.bucket(Downsampling::Day, window.first),
            to: self.zone.bucket(Downsampling::Day, window.end),
            limit: self.config.max_tag_options,
        };
        let options = self.storage.tags().list(&read).await?;
        ctx.charge(options.len())?;
        Ok(options)
    }
}
