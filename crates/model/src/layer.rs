//! Layers: which technology a service belongs to.

/// A layer. Order and names are those of SkyWalking's `Layer`, because the
/// order number is part of stored and exchanged ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Layer(u8);

/// Names by order number.
pub const NAMES: [&str; 51] = [
    "UNDEFINED",
    "MESH",
    "GENERAL",
    "OS_LINUX",
    "K8S",
    "FAAS",
    "MESH_CP",
    "MESH_DP",
    "DATABASE",
    "CACHE",
    "BROWSER",
    "SO11Y_OAP",
    "SO11Y_SATELLITE",
    "MQ",
    "VIRTUAL_DATABASE",
    "VIRTUAL_MQ",
    "VIRTUAL_GATEWAY",
    "K8S_SERVICE",
    "MYSQL",
    "VIRTUAL_CACHE",
    "POSTGRESQL",
    "APISIX",
    "AWS_EKS",
    "OS_WINDOWS",
    "AWS_S3",
    "AWS_DYNAMODB",
    "AWS_GATEWAY",
    "REDIS",
    "ELASTICSEARCH",
    "RABBITMQ",
    "MONGODB",
    "KAFKA",
    "PULSAR",
    "BOOKKEEPER",
    "NGINX",
    "ROCKETMQ",
    "CLICKHOUSE",
    "ACTIVEMQ",
    "CILIUM_SERVICE",
    "SO11Y_JAVA_AGENT",
    "KONG",
    "SO11Y_GO_AGENT",
    "FLINK",
    "BANYANDB",
    "GENAI",
    "VIRTUAL_GENAI",
    "ENVOY_AI_GATEWAY",
    "IOS",
    "WECHAT_MINI_PROGRAM",
    "ALIPAY_MINI_PROGRAM",
    "AIRFLOW",
];

impl Layer {
    /// Nothing known; not a real service.
    pub const UNDEFINED: Self = Self(0);
    /// A service watched through its mesh.
    pub const MESH: Self = Self(1);
    /// A service watched by agents.
    pub const GENERAL: Self = Self(2);
    /// A function as a service.
    pub const FAAS: Self = Self(5);
    /// A web page or app.
    pub const BROWSER: Self = Self(10);
    /// A database, as its callers see it.
    pub const VIRTUAL_DATABASE: Self = Self(14);
    /// A message queue, as its clients see it.
    pub const VIRTUAL_MQ: Self = Self(15);
    /// A gateway, as its upstreams see it.
    pub const VIRTUAL_GATEWAY: Self = Self(16);
    /// A cache, as its callers see it.
    pub const VIRTUAL_CACHE: Self = Self(19);
    /// A generative model, as its callers see it.
    pub const VIRTUAL_GENAI: Self = Self(45);

    /// Every layer.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..NAMES.len()).map(|number| Self(number as u8))
    }

    /// From its name, as agents and clients spell it.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().position(|known| *known == name).map(|number| Self(number as u8))
    }

    /// From its order number.
    pub fn from_number(number: u8) -> Option<Self> {
        ((number as usize) < NAMES.len()).then_some(Self(number))
    }

    /// The name.
    pub fn name(self) -> &'static str {
        NAMES.get(self.0 as usize).copied().unwrap_or("UNDEFINED")
    }

    /// The order number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Whether its services are real, that is: report themselves. The others
    /// are conjectured from what their clients say.
    pub fn is_normal(self) -> bool {
        !matches!(self.0, 0 | 14 | 15 | 16 | 19 | 45)
    }
}

/// A set of layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LayerSet(u64);

impl LayerSet {
    /// The set of one layer.
    pub fn of(layer: Layer) -> Self {
        Self(1 << layer.0)
    }

    /// Both sets together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a layer is in it.
    pub fn contains(self, layer: Layer) -> bool {
        self.0 & (1 << layer.0) != 0
    }

    /// Whether it is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The layers, by order number.
    pub fn iter(self) -> impl Iterator<Item = Layer> {
        Layer::all().filter(move |layer| self.contains(*layer))
    }
}

#[cfg(test)]
mod tests {
    use super::{Layer, LayerSet};

    #[test]
    fn names_stand_at_their_order_numbers() {
        for (name, number) in
            [("GENERAL", 2), ("VIRTUAL_DATABASE", 14), ("AWS_S3", 24), ("AIRFLOW", 50)]
        {
            assert_eq!(Layer::from_name(name).map(Layer::number), Some(number));
        }
        let conjectured: Vec<_> =
            Layer::all().filter(|l| !l.is_normal()).map(Layer::name).collect();
        assert_eq!(
            conjectured,
            [
                "UNDEFINED",
                "VIRTUAL_DATABASE",
                "VIRTUAL_MQ",
                "VIRTUAL_GATEWAY",
                "VIRTUAL_CACHE",
                "VIRTUAL_GENAI"
            ]
        );
    }

    #[test]
    fn sets_unite() {
        let set = LayerSet::of(Layer::GENERAL).union(LayerSet::of(Layer::MESH));
        assert_eq!(set.iter().map(Layer::name).collect::<Vec<_>>(), ["MESH", "GENERAL"]);
    }
}
