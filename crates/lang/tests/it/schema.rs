//! A small schema with every type of attribute.

use skytrail_lang::oal::{AttributeDef, AttributeType, DecoratorDef, EnumDef, Schema, SourceDef};

const fn attribute(name: &'static str, ty: AttributeType) -> AttributeDef {
    AttributeDef { name, ty }
}

pub(crate) const SCHEMA: Schema = Schema {
    sources: &[
        SourceDef {
            name: "Service",
            scope: "SERVICE",
            attributes: &[
                attribute("name", AttributeType::Text),
                attribute("latency", AttributeType::Duration),
                attribute("status", AttributeType::Bool),
                attribute("httpResponseStatusCode", AttributeType::Int),
                attribute("type", AttributeType::Enum("RequestType")),
                attribute("tags", AttributeType::TextList),
                attribute("tag", AttributeType::TextMap),
                attribute("codes", AttributeType::IntList),
                attribute("sideCar.internalRequestLatencyNanos", AttributeType::Int),
            ],
        },
        SourceDef {
            name: "ServiceRelation",
            scope: "SERVICE_RELATION",
            attributes: &[
                attribute("latency", AttributeType::Duration),
                attribute("detectPoint", AttributeType::Enum("DetectPoint")),
                attribute("status", AttributeType::Bool),
            ],
        },
        SourceDef {
            name: "K8SService",
            scope: "SERVICE",
            attributes: &[
                attribute("name", AttributeType::Text),
                attribute("type", AttributeType::Text),
                attribute("protocol.type", AttributeType::Text),
                attribute("protocol.success", AttributeType::Bool),
                attribute("protocol.http.latency", AttributeType::Duration),
                attribute("protocol.http.statusCode", AttributeType::Int),
            ],
        },
        SourceDef {
            name: "PagePerf",
            scope: "ENDPOINT",
            attributes: &[
                attribute("cls", AttributeType::Float),
                attribute("size", AttributeType::Int),
                attribute("name", AttributeType::Text),
            ],
        },
    ],
    enums: &[
        EnumDef { name: "DetectPoint", constants: &["SERVER", "CLIENT", "PROXY"] },
        EnumDef { name: "RequestType", constants: &["HTTP", "RPC", "gRPC", "MQ"] },
    ],
    decorators: &[
        DecoratorDef { name: "ServiceDecorator", sources: &["Service"] },
        DecoratorDef { name: "K8SServiceDecorator", sources: &["K8SService"] },
    ],
};
