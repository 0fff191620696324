//! How layers stand above one another.

use crate::query::Query;

/// The level of a layer (protocol `LayerLevel`): what runs on something else
/// has the higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerLevel {
    /// Name of the layer.
    pub layer: &'static str,
    /// 3 is an application, 2 a middleware, 1 a proxy beside it, 0 the platform.
    pub level: i32,
}

/// Levels as SkyWalking's `hierarchy-definition.yml` sets them.
const LEVELS: [LayerLevel; 20] = [
    level("MESH", 3),
    level("GENERAL", 3),
    level("SO11Y_OAP", 3),
    level("VIRTUAL_DATABASE", 3),
    level("VIRTUAL_MQ", 3),
    level("MYSQL", 2),
    level("POSTGRESQL", 2),
    level("APISIX", 2),
    level("NGINX", 2),
    level("ROCKETMQ", 2),
    level("CLICKHOUSE", 2),
    level("RABBITMQ", 2),
    level("KAFKA", 2),
    level("PULSAR", 2),
    level("ACTIVEMQ", 2),
    level("KONG", 2),
    level("AIRFLOW", 2),
    level("MESH_DP", 1),
    level("CILIUM_SERVICE", 1),
    level("K8S_SERVICE", 0),
];

const fn level(layer: &'static str, level: i32) -> LayerLevel {
    LayerLevel { layer, level }
}

impl Query {
    /// `listLayerLevels`.
    pub fn list_layer_levels(&self) -> &'static [LayerLevel] {
        &LEVELS
    }
}

#[cfg(test)]
mod tests {
    use skytrail_model::layer::Layer;

    #[test]
    fn levels_are_those_of_known_layers() {
        for level in super::LEVELS {
            assert!(Layer::from_name(level.layer).is_some(), "{}", level.layer);
        }
    }
}
