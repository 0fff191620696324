//! The protocol's operation.

use skytrail_lang::mqe::parse;

use super::answer::ExpressionResult;
use super::evaluate::Evaluation;
use super::leaf::Reader;
use super::value::Failure;
use crate::context::Ctx;
use crate::entity::EntityCondition;
use crate::error::Result;
use crate::query::Query;
use crate::time::Duration;

impl Query {
    /// `execExpression`: what an expression comes to for an entity over a range.
    /// What is wrong with the expression is in the answer.
    ///
    /// # Errors
    /// `Invalid` for a wrong range, `TooLarge` and `Timeout` past the limits.
    pub async fn exec_expression(
        &self,
        ctx: &Ctx,
        expression: &str,
        entity: &EntityCondition,
        duration: &Duration,
    ) -> Result<ExpressionResult> {
        let window = duration.window(&self.zone)?;
        let parsed = match parse(expression) {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Err(Failure::new(error.to_string())).into()),
        };
        let reader = Reader { query: self, ctx, entity, window };
        let leaves = reader.leaves(&parsed.expr).await?;
        let evaluation = Evaluation { source: expression, step: window.step, leaves: &leaves };
        let mut outcome = evaluation.run(&parsed.expr);
        // What follows an expression means nothing, but it often tells what was meant.
        let meant = parsed.trailing.and_then(|trailing| trailing.suggestion);
        if let (Err(failure), Some(name)) = (&mut outcome, meant) {
            failure.message.push_str(&format!(" Did you mean the function {name}?"));
        }
        Ok(outcome.into())
    }
}
