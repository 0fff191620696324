//! The attributes of every source and where they stand in an event.

use skytrail_lang::oal::{AttributeDef, AttributeType};

use crate::oal::event::{Field, access, call, jvm};

/// An attribute and its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute {
    pub(crate) def: AttributeDef,
    pub(crate) field: Field,
}

const fn of(name: &'static str, ty: AttributeType, field: Field) -> Attribute {
    Attribute { def: AttributeDef { name, ty }, field }
}

const fn int(name: &'static str, place: u8) -> Attribute {
    of(name, AttributeType::Int, Field::Number(place))
}

const fn bool(name: &'static str, place: u8) -> Attribute {
    of(name, AttributeType::Bool, Field::Number(place))
}

const fn duration(name: &'static str, place: u8) -> Attribute {
    of(name, AttributeType::Duration, Field::Number(place))
}

const fn constant(name: &'static str, of_enum: &'static str, place: u8) -> Attribute {
    of(name, AttributeType::Enum(of_enum), Field::Number(place))
}

const fn text(name: &'static str, place: u8) -> Attribute {
    of(name, AttributeType::Text, Field::Text(place))
}

const STATUS: Attribute = bool("status", call::STATUS);
const LATENCY: Attribute = duration("latency", call::LATENCY);
const HTTP_STATUS: Attribute = int("httpResponseStatusCode", call::HTTP_STATUS);
const RPC_STATUS: Attribute = text("rpcStatusCode", call::RPC_STATUS);
const TYPE: Attribute = constant("type", "RequestType", call::TYPE);
const TAGS: Attribute = of("tags", AttributeType::TextList, Field::TagList);
const TAG: Attribute = of("tag", AttributeType::TextMap, Field::Tags);
const COMPONENT: Attribute = int("componentId", call::COMPONENT);
const DETECT_POINT: Attribute = constant("detectPoint", "DetectPoint", call::DETECT);

pub(super) const SERVICE: [Attribute; 11] = [
    text("name", call::DEST_SERVICE),
    text("serviceInstanceName", call::DEST_INSTANCE),
    text("endpointName", call::DEST_ENDPOINT),
    constant("layer", "Layer", call::DEST_LAYER),
    LATENCY,
    STATUS,
    HTTP_STATUS,
    RPC_STATUS,
    TYPE,
    TAGS,
    TAG,
];

pub(super) const SERVICE_INSTANCE: [Attribute; 11] = [
    text("name", call::DEST_INSTANCE),
    text("serviceName", call::DEST_SERVICE),
    text("endpointName", call::DEST_ENDPOINT),
    constant("serviceLayer", "Layer", call::DEST_LAYER),
    LATENCY,
    STATUS,
    HTTP_STATUS,
    RPC_STATUS,
    TYPE,
    TAGS,
    TAG,
];

pub(super) const ENDPOINT: [Attribute; 11] = [
    text("name", call::DEST_ENDPOINT),
    text("serviceName", call::DEST_SERVICE),
    text("serviceInstanceName", call::DEST_INSTANCE),
    constant("serviceLayer", "Layer", call::DEST_LAYER),
    LATENCY,
    STATUS,
    HTTP_STATUS,
    RPC_STATUS,
    TYPE,
    TAGS,
    TAG,
];

pub(super) const SERVICE_RELATION: [Attribute; 14] = [
    text("sourceServiceName", call::SOURCE_SERVICE),
    text("sourceServiceInstanceName", call::SOURCE_INSTANCE),
    constant("sourceLayer", "Layer", call::SOURCE_LAYER),
    text("destServiceName", call::DEST_SERVICE),
    text("destServiceInstanceName", call::DEST_INSTANCE),
    constant("destLayer", "Layer", call::DEST_LAYER),
    text("endpoint", call::DEST_ENDPOINT),
    COMPONENT,
    LATENCY,
    STATUS,
    HTTP_STATUS,
    RPC_STATUS,
    TYPE,
    DETECT_POINT,
];

pub(super) const SERVICE_INSTANCE_RELATION: [Attribute; 14] = [
    text("sourceServiceName", call::SOURCE_SERVICE),
    text("sourceServiceInstanceName", call::SOURCE_INSTANCE),
    constant("sourceServiceLayer", "Layer", call::SOURCE_LAYER),
    text("destServiceName", call::DEST_SERVICE),
    text("destServiceInstanceName", call::DEST_INSTANCE),
    constant("destServiceLayer", "Layer", call::DEST_LAYER),
    text("endpoint", call::DEST_ENDPOINT),
    COMPONENT,
    LATENCY,
    STATUS,
    HTTP_STATUS,
    RPC_STATUS,
    TYPE,
    DETECT_POINT,
];

pub(super) const ENDPOINT_RELATION: [Attribute; 15] = [
    text("endpoint", call::SOURCE_ENDPOINT),
    text("serviceName", call::OWNER_SERVICE),
    text("serviceInstanceName", call::SOURCE_INSTANCE),
    constant("serviceLayer", "Layer", call::OWNER_LAYER),
    text("childEndpoint", call::DEST_ENDPOINT),
    text("childServiceName", call::DEST_SERVICE),
    text("childServiceInstanceName", call::DEST_INSTANCE),
    constant("childServiceLayer", "Layer", call::DEST_LAYER),
    COMPONENT,
    duration("rpcLatency", call::LATENCY),
    STATUS,
    HTTP_STATUS,
    RPC_STATUS,
    TYPE,
    DETECT_POINT,
];

pub(super) const DATABASE_ACCESS: [Attribute; 4] = [
    text("name", access::NAME),
    int("databaseTypeId", access::TYPE_ID),
    duration("latency", access::LATENCY),
    bool("status", access::STATUS),
];

pub(super) const CACHE_ACCESS: [Attribute; 5] = [
    text("name", access::NAME),
    int("cacheTypeId", access::TYPE_ID),
    duration("latency", access::LATENCY),
    bool("status", access::STATUS),
    constant("operation", "VirtualCacheOperation", access::OPERATION),
];

// What agents say in `transmission.latency` is whole milliseconds.
pub(super) const MQ_ACCESS: [Attribute; 5] = [
    text("name", access::NAME),
    int("typeId", access::TYPE_ID),
    int("transmissionLatency", access::TRANSMISSION),
    bool("status", access::STATUS),
    constant("operation", "MQOperation", access::OPERATION),
];

pub(super) const MQ_ENDPOINT_ACCESS: [Attribute; 6] = [
    text("serviceName", access::NAME),
    text("endpoint", access::ENDPOINT),
    int("typeId", access::TYPE_ID),
    int("transmissionLatency", access::TRANSMISSION),
    bool("status", access::STATUS),
    constant("operation", "MQOperation", access::OPERATION),
];

const INSTANCE_NAME: Attribute = text("name", jvm::INSTANCE);
const SERVICE_NAME: Attribute = text("serviceName", jvm::SERVICE);

pub(super) const JVM_CPU: [Attribute; 3] =
    [INSTANCE_NAME, SERVICE_NAME, of("usePercent", AttributeType::Float, Field::Float(0))];

pub(super) const JVM_MEMORY: [Attribute; 5] =
    [INSTANCE_NAME, SERVICE_NAME, bool("heapStatus", 0), int("max", 1), int("used", 2)];

pub(super) const JVM_MEMORY_POOL: [Attribute; 4] =
    [INSTANCE_NAME, SERVICE_NAME, constant("poolType", "MemoryPoolType", 0), int("used", 1)];

pub(super) const JVM_GC: [Attribute; 5] =
    [INSTANCE_NAME, SERVICE_NAME, constant("phase", "GCPhase", 0), int("time", 1), int("count", 2)];

pub(super) const JVM_THREAD: [Attribute; 9] = [
    INSTANCE_NAME,
    SERVICE_NAME,
    int("liveCount", 0),
    int("daemonCount", 1),
    int("peakCount", 2),
    int("runnableStateThreadCount", 3),
    int("blockedStateThreadCount", 4),
    int("waitingStateThreadCount", 5),
    int("timedWaitingStateThreadCount", 6),
];

pub(super) const JVM_CLASS: [Attribute; 5] = [
    INSTANCE_NAME,
    SERVICE_NAME,
    int("loadedClassCount", 0),
    int("totalUnloadedClassCount", 1),
    int("totalLoadedClassCount", 2),
];
