//! Who is there and who calls whom.

use crate::random::Random;

pub(super) const TIERS: usize = 4;
pub(super) const SERVICES_PER_TIER: usize = 12;
pub(super) const SERVICES: usize = TIERS * SERVICES_PER_TIER;
pub(super) const INSTANCES: usize = 6;
pub(super) const ENDPOINTS: usize = 40;

/// Services of the next tier that a service calls.
const CALLED_SERVICES: usize = 7;
/// Endpoints of the next tier that an endpoint calls.
const CALLED_ENDPOINTS: usize = 13;

const DOMAINS: [&str; SERVICES_PER_TIER] = [
    "orders", "billing", "ledger", "pricing", "stock", "profile", "search", "session", "shipping",
    "reviews", "coupons", "audit",
];

const TIER_NAMES: [&str; TIERS] = ["edge", "api", "core", "data"];

/// One instance of a service that answers at one of its endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) tier: usize,
    /// Within the tier.
    pub(super) service: usize,
    pub(super) instance: usize,
    pub(super) endpoint: usize,
}

impl Stop {
    /// Where a trace begins.
    pub(super) fn first(random: &mut Random) -> Self {
        Self {
            tier: 0,
            service: random.place(SERVICES_PER_TIER),
            instance: random.place(INSTANCES),
            endpoint: random.place(ENDPOINTS),
        }
    }

    /// Where it goes on; none from the last tier.
    pub(super) fn next(self, random: &mut Random) -> Option<Self> {
        let tier = self.tier + 1;
        if tier == TIERS {
            return None;
        }
        let choice = random.place(CALLED_ENDPOINTS);
        // Choices that lead to the same service lead to different endpoints of it.
        let service = (self.service + choice % CALLED_SERVICES) % SERVICES_PER_TIER;
        let step = choice / CALLED_SERVICES * 17;
        let endpoint = (self.endpoint * 7 + self.service * 3 + choice + step) % ENDPOINTS;
        Some(Self { tier, service, instance: random.place(INSTANCES), endpoint })
    }

    /// Place among all services.
    pub(super) fn service_number(self) -> usize {
        self.tier * SERVICES_PER_TIER + self.service
    }

    /// Place among all instances.
    pub(super) fn instance_number(self) -> usize {
        self.service_number() * INSTANCES + self.instance
    }

    pub(super) fn service_name(self) -> String {
        format!("{}-{}", self.domain(), TIER_NAMES.get(self.tier).unwrap_or(&"edge"))
    }

    pub(super) fn instance_name(self) -> String {
        format!("{}-7d9c5b6f8-{}", self.service_name(), self.instance)
    }

    pub(super) fn domain(self) -> &'static str {
        DOMAINS.get(self.service).copied().unwrap_or("orders")
    }

    pub(super) fn endpoint_name(self) -> String {
        let method = if self.endpoint.is_multiple_of(4) { "POST" } else { "GET" };
        format!("{method}:/api/v1/{}/{:02}/{{id}}", self.domain(), self.endpoint)
    }

    pub(super) fn address(self) -> String {
        format!("10.{}.{}.{}:8080", self.tier + 10, self.service + 1, self.instance + 1)
    }

    /// Whom the last tier calls.
    pub(super) fn partner(self) -> String {
        format!("{}.partner.example:443", self.domain())
    }
}
