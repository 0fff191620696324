//! Input types of the schema in the words of `skytrail_query`.
//!
//! Each form below is deserialised from a coerced argument and turns into the type that it stands
//! for; [`take`] does both.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use skytrail_query::{
    Duration, EndpointCondition, EntityCondition, InstanceCondition, Order, Pagination,
    ServiceCondition, Step,
};

use crate::graphql::{Arguments, FieldError};

/// A type that an argument can be.
pub(super) trait Input: Sized {
    /// How it is written.
    type Form: DeserializeOwned + Into<Self>;
}

/// An argument that the schema demands.
pub(super) fn take<T: Input>(arguments: &Arguments, name: &str) -> Result<T, FieldError> {
    Ok(arguments.get::<T::Form>(name)?.into())
}

/// An argument that may be left out.
pub(super) fn take_optional<T: Input>(
    arguments: &Arguments,
    name: &str,
) -> Result<Option<T>, FieldError> {
    Ok(arguments.get::<Option<T::Form>>(name)?.map(Into::into))
}

/// An argument that is a list.
pub(super) fn take_list<T: Input>(arguments: &Arguments, name: &str) -> Result<Vec<T>, FieldError> {
    Ok(arguments.get::<Vec<T::Form>>(name)?.into_iter().map(Into::into).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DurationForm {
    start: String,
    end: String,
    step: StepForm,
    cold_stage: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum StepForm {
    Day,
    Hour,
    Minute,
    Second,
}

impl Input for Duration {
    type Form = DurationForm;
}

impl From<DurationForm> for Duration {
    fn from(form: DurationForm) -> Self {
        let step = match form.step {
            StepForm::Day => Step::Day,
            StepForm::Hour => Step::Hour,
            StepForm::Minute => Step::Minute,
            StepForm::Second => Step::Second,
        };
        let cold_stage = form.cold_stage.unwrap_or_default();
        Self { start: form.start, end: form.end, step, cold_stage }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaginationForm {
    page_num: Option<i64>,
    page_size: i64,
}

impl Input for Pagination {
    type Form = PaginationForm;
}

impl From<PaginationForm> for Pagination {
    fn from(form: PaginationForm) -> Self {
        Self { page_num: form.page_num, page_size: form.page_size }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum OrderForm {
    Asc,
    Des,
}

impl Input for Order {
    type Form = OrderForm;
}

impl From<OrderForm> for Order {
    fn from(form: OrderForm) -> Self {
        match form {
            OrderForm::Asc => Self::Asc,
            OrderForm::Des => Self::Des,
        }
    }
}

/// Its `scope` is left unread: the metric decides.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntityForm {
    service_name: Option<String>,
    normal: Option<bool>,
    service_instance_name: Option<String>,
    endpoint_name: Option<String>,
    dest_service_name: Option<String>,
    dest_normal: Option<bool>,
    dest_service_instance_name: Option<String>,
    dest_endpoint_name: Option<String>,
}

impl Input for EntityCondition {
    type Form = EntityForm;
}

impl From<EntityForm> for EntityCondition {
    fn from(form: EntityForm) -> Self {
        Self {
            service_name: form.service_name,
            normal: form.normal,
            service_instance_name: form.service_instance_name,
            endpoint_name: form.endpoint_name,
            dest_service_name: form.dest_service_name,
            dest_normal: form.dest_normal,
            dest_service_instance_name: form.dest_service_instance_name,
            dest_endpoint_name: form.dest_endpoint_name,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceForm {
    service_name: String,
    layer: Option<String>,
}

impl Input for ServiceCondition {
    type Form = ServiceForm;
}

impl From<ServiceForm> for ServiceCondition {
    fn from(form: ServiceForm) -> Self {
        Self { service_name: form.service_name, layer: form.layer }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InstanceForm {
    service_name: String,
    instance_name: String,
    layer: Option<String>,
}

impl Input for InstanceCondition {
    type Form = InstanceForm;
}

impl From<InstanceForm> for InstanceCondition {
    fn from(form: InstanceForm) -> Self {
        let InstanceForm { service_name, instance_name, layer } = form;
        Self { service_name, instance_name, layer }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndpointForm {
    service_name: String,
    endpoint_name: String,
    layer: Option<String>,
}

impl Input for EndpointCondition {
    type Form = EndpointForm;
}

impl From<EndpointForm> for EndpointCondition {
    fn from(form: EndpointForm) -> Self {
        let EndpointForm { service_name, endpoint_name, layer } = form;
        Self { service_name, endpoint_name, layer }
    }
}
