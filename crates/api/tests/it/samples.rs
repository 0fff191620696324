//! Arguments for every request, made from the schema and from what there is in the shop.

use std::collections::BTreeMap;

use apollo_compiler::ast::{OperationDefinition, Type};
use axum::Router;
use serde_json::{Map, Value, json};

use crate::client::post;
use crate::contract::INTROSPECTION;

const SHOP: &str = "c2hvcA==.1";
const STOCK: &str = "c3RvY2s=.1";
const INSTANCE: &str = "c2hvcA==.1_c2hvcC0x";
const ENDPOINT: &str = "c3RvY2s=.1_R0VUOi9pdGVtcw==";
const DATABASE: &str = "c2hvcC1kYjozMzA2.0";

/// Input types and enums of the schema.
pub(crate) struct Samples(BTreeMap<String, Value>);

impl Samples {
    pub(crate) async fn load(router: &Router) -> Self {
        let answer = post(router, INTROSPECTION, Value::Null).await;
        let types = answer["data"]["__schema"]["types"].as_array().cloned();
        let types = types.expect("types").into_iter();
        Self(
            types
                .map(|definition| (definition["name"].as_str().expect("name").into(), definition))
                .collect(),
        )
    }

    /// Variables of an operation that asks for a root field.
    pub(crate) fn variables(&self, field: &str, operation: &OperationDefinition) -> Value {
        let variables = operation.variables.iter();
        let variables = variables.map(|variable| {
            let name = variable.name.to_string();
            let value = self.sample(&name, &variable.ty);
            (name, value)
        });
        let mut variables = Value::Object(variables.collect());
        merge(&mut variables, &special(field));
        variables
    }

    fn sample(&self, name: &str, ty: &Type) -> Value {
        match ty {
            Type::Named(of) | Type::NonNullNamed(of) => self.named(name, of),
            Type::List(item) | Type::NonNullList(item) => json!([self.sample(name, item)]),
        }
    }

    fn reference(&self, name: &str, reference: &Value) -> Value {
        match reference["kind"].as_str() {
            Some("NON_NULL") => self.reference(name, &reference["ofType"]),
            Some("LIST") => json!([self.reference(name, &reference["ofType"])]),
            _ => self.named(name, reference["name"].as_str().expect("name")),
        }
    }

    fn named(&self, name: &str, of: &str) -> Value {
        match of {
            "Duration" => {
                json!({"start": "2026-11-22 0900", "end": "2026-11-22 0903", "step": "MINUTE"})
            }
            "String" | "ID" => json!(text(name)),
            "Int" | "Long" => number(name),
            "Boolean" => json!(name == "normal" || name == "destNormal"),
            _ => self.defined(&self.0[of]),
        }
    }

    fn defined(&self, definition: &Value) -> Value {
        if let Some(values) = definition["enumValues"].as_array() {
            return values[0]["name"].clone();
        }
        let fields = definition["inputFields"].as_array().expect("input");
        let fields = fields.iter().map(|field| {
            let name = field["name"].as_str().expect("name");
            (name.to_owned(), self.reference(name, &field["type"]))
        });
        Value::Object(fields.collect::<Map<_, _>>())
    }
}

fn number(name: &str) -> Value {
    match name {
        "pageSize" | "limit" | "topN" => json!(10),
        "numOfLinear" => json!(2),
        "linearIndex" => json!(4),
        _ if name.starts_with("max") => json!(1000),
        _ => json!(1),
    }
}

fn text(name: &str) -> &str {
    match name {
        "id" | "ids" | "serviceId" | "serviceIds" | "clientServiceId" => SHOP,
        "serverServiceId" => STOCK,
        "serviceInstanceId" | "instanceId" | "instanceIds" | "serviceInstanceIds" => INSTANCE,
        "endpointId" => ENDPOINT,
        "serviceName" | "parentService" | "serviceCode" => "shop",
        "destServiceName" => "stock",
        "serviceInstanceName" | "instanceName" => "shop-1",
        "endpointName" => "GET:/orders",
        "layer" => "GENERAL",
        "traceId" => "trace-1",
        "spanId" => "segment-1",
        "key" | "tagKey" => "http.method",
        "value" => "GET",
        "labels" => "99",
        "name" | "metricName" => "service_cpm",
        "keyword" => "o",
        "regex" => "service_.*",
        "expression" | "expression00" => "service_cpm",
        "expression01" => "avg(service_resp_time)",
        "expression10" => "service_percentile{p='50,99'}",
        "configuration" => "{}",
        _ => "x",
    }
}

/// What one root field needs beside, or in place of, the general samples; null takes away.
fn special(field: &str) -> Value {
    match field {
        "searchBrowserService" => json!({"serviceCode": "page"}),
        "searchBrowserServices" => json!({"keyword": "pa"}),
        "getAllServices" => json!({"group": ""}),
        "getAllServiceInstanceTopN" | "getServiceInstanceTopN" => {
            json!({"name": "service_instance_cpm"})
        }
        "getAllEndpointTopN" | "getEndpointTopN" => json!({"name": "endpoint_cpm"}),
        "getMultipleLinearIntValues" | "getSubsetOfMultipleLinearIntValues" => {
            json!({"metric": {"name": "service_percentile"}})
        }
        "getThermodynamic" => json!({"metric": {"name": "service_heatmap"}}),
        "readHeatMap" => json!({"condition": {"name": "service_heatmap"}}),
        "readLabeledMetricsValues" => json!({"condition": {"name": "service_percentile"}}),
        "sortMetrics" => {
            json!({"condition": {"name": "endpoint_cpm", "parentService": null}})
        }
        "readSampledRecords" => json!({"condition": {
            "name": "top_n_database_statement", "parentService": "shop-db:3306", "normal": false,
        }}),
        "readRecords" => json!({"condition": {
            "name": "top_n_database_statement",
            "parentEntity": {"serviceName": "shop-db:3306", "normal": false},
        }}),
        "getTopNRecords" => json!({"condition": {
            "serviceId": DATABASE, "metricName": "top_n_database_statement",
        }}),
        "queryBasicTraces" | "queryTraces" => json!({"condition": {"endpointId": null}}),
        "searchTraces" => json!({"condition": {
            "endpointId": null, "keyword": "FROM ORDERS", "cursor": null,
        }}),
        "getTemplate" | "disableTemplate" => json!({"id": "General-Root"}),
        "changeTemplate" => json!({"setting": {"id": "General-Root"}}),
        "getEndpointDependenciesByName" => {
            json!({"endpoint": {"serviceName": "stock", "endpointName": "GET:/items"}})
        }
        "getServiceInstanceTopologyByName" => json!({"serverService": {"serviceName": "stock"}}),
        _ => json!({}),
    }
}

/// Puts `patch` over those members of `value` that are there.
fn merge(value: &mut Value, patch: &Value) {
    let (Some(members), Some(patch)) = (value.as_object_mut(), patch.as_object()) else { return };
    for (name, patched) in patch {
        match (members.get_mut(name), patched) {
            (None, _) => {}
            (Some(_), Value::Null) => drop(members.remove(name)),
            (Some(inner), Value::Object(_)) => merge(inner, patched),
            (Some(inner), _) => *inner = patched.clone(),
        }
    }
}
