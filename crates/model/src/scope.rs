//! Kinds of things that metrics describe.

/// What a metric is about. Numbers are SkyWalking's scope ids, which alarm
/// messages carry; names are its catalogue names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Scope {
    /// A service.
    Service = 1,
    /// An instance of a service.
    ServiceInstance = 2,
    /// An operation of a service.
    Endpoint = 3,
    /// One service calling another.
    ServiceRelation = 4,
    /// One instance calling another.
    ServiceInstanceRelation = 5,
    /// One endpoint calling another.
    EndpointRelation = 6,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] = [
        Self::Service,
        Self::ServiceInstance,
        Self::Endpoint,
        Self::ServiceRelation,
        Self::ServiceInstanceRelation,
        Self::EndpointRelation,
    ];

    /// The protocol's catalogue name.
    pub fn catalogue_name(self) -> &'static str {
        match self {
            Self::Service => "SERVICE",
            Self::ServiceInstance => "SERVICE_INSTANCE",
            Self::Endpoint => "ENDPOINT",
            Self::ServiceRelation => "SERVICE_RELATION",
            Self::ServiceInstanceRelation => "SERVICE_INSTANCE_RELATION",
            Self::EndpointRelation => "ENDPOINT_RELATION",
        }
    }

    /// Whether it has two ends.
    pub fn is_relation(self) -> bool {
        matches!(
            self,
            Self::ServiceRelation | Self::ServiceInstanceRelation | Self::EndpointRelation
        )
    }
}
