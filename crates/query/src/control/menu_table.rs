//! What the menu holds. Titles, icons, layers and keys are those that the
//! user interface of SkyWalking 10 has icons and translations for.

/// A menu item, or a group of them.
pub(super) struct Entry {
    pub(super) title: &'static str,
    pub(super) icon: &'static str,
    pub(super) layer: &'static str,
    pub(super) key: &'static str,
    pub(super) description: &'static str,
    pub(super) entries: &'static [Entry],
}

const fn leaf(
    title: &'static str,
    layer: &'static str,
    key: &'static str,
    description: &'static str,
) -> Entry {
    Entry { title, icon: "", layer, key, description, entries: &[] }
}

const fn group(
    title: &'static str,
    icon: &'static str,
    key: &'static str,
    description: &'static str,
    entries: &'static [Entry],
) -> Entry {
    Entry { title, icon, layer: "", key, description, entries }
}

/// The menu, in order.
pub(super) static MENU: &[Entry] = &[
    group(
        "General Service",
        "general_service",
        "general_service",
        "Applications watched by language agents, and what they depend on.",
        &[
            leaf(
                "Services",
                "GENERAL",
                "general_service_services",
                "Applications that report their own traces.",
            ),
            leaf(
                "Virtual Database",
                "VIRTUAL_DATABASE",
                "general_service_virtual_database",
                "Databases as the applications that use them see them.",
            ),
            leaf(
                "Virtual Cache",
                "VIRTUAL_CACHE",
                "general_service_virtual_cache",
                "Caches as the applications that use them see them.",
            ),
            leaf(
                "Virtual MQ",
                "VIRTUAL_MQ",
                "general_service_virtual_mq",
                "Message queues as producers and consumers see them.",
            ),
        ],
    ),
    group(
        "Service Mesh",
        "service_mesh",
        "service_mesh",
        "Services watched through their proxies.",
        &[
            leaf(
                "Services",
                "MESH",
                "service_mesh_service",
                "Services in a mesh, from the access logs of their proxies.",
            ),
            leaf(
                "Control Plane",
                "MESH_CP",
                "service_mesh_control_plane",
                "The control plane of the mesh.",
            ),
            leaf("Data Plane", "MESH_DP", "service_mesh_data_plane", "The proxies of the mesh."),
        ],
    ),
    group(
        "Kubernetes",
        "kubernetes",
        "kubernetes",
        "Clusters and what runs in them.",
        &[
            leaf("Cluster", "K8S", "kubernetes_cluster", "State and resources of clusters."),
            leaf(
                "Service",
                "K8S_SERVICE",
                "kubernetes_service",
                "State and resources of services in a cluster.",
            ),
        ],
    ),
    group(
        "Cilium",
        "cilium",
        "cilium",
        "Networking of clusters by Cilium.",
        &[leaf("Service", "CILIUM_SERVICE", "cilium_service", "Services as Hubble sees them.")],
    ),
    group(
        "Infrastructure",
        "infrastructure",
        "infrastructure",
        "Machines and their operating systems.",
        &[
            leaf("Linux", "OS_LINUX", "infrastructure_linux", "Linux machines."),
            leaf("Windows", "OS_WINDOWS", "infrastructure_windows", "Windows machines."),
        ],
    ),
    group(
        "AWS Cloud",
        "aws_cloud",
        "aws_cloud",
        "Services of Amazon Web Services.",
        &[
            leaf("EKS", "AWS_EKS", "aws_cloud_eks", "Managed Kubernetes clusters."),
            leaf("S3", "AWS_S3", "aws_cloud_s3", "Object storage."),
            leaf("DynamoDB", "AWS_DYNAMODB", "aws_cloud_dynamodb", "Key-value tables."),
            leaf("API Gateway", "AWS_GATEWAY", "aws_cloud_api_gateway", "Managed API gateways."),
        ],
    ),
    Entry {
        icon: "browser",
        ..leaf(
            "Browser",
            "BROWSER",
            "browser",
            "Web applications, their versions and pages, as browsers see them.",
        )
    },
    group(
        "Gateway",
        "gateway",
        "gateway",
        "Gateways in front of services.",
        &[
            leaf("Nginx", "NGINX", "gateway_nginx", "Nginx servers."),
            leaf("APISIX", "APISIX", "gateway_apisix", "Apache APISIX gateways."),
            leaf(
                "AWS API Gateway",
                "AWS_GATEWAY",
                "gateway_aws_api_gateway",
                "Managed API gateways of Amazon Web Services.",
            ),
        ],
    ),
    group(
        "Database",
        "database",
        "database",
        "Database servers.",
        &[
            leaf("MySQL/MariaDB", "MYSQL", "database_mysql_mariadb", "MySQL and MariaDB servers."),
            leaf("PostgreSQL", "POSTGRESQL", "database_postgresql", "PostgreSQL servers."),
            leaf(
                "DynamoDB",
                "AWS_DYNAMODB",
                "database_dynamodb",
                "Key-value tables of Amazon Web Services.",
            ),
            leaf("Redis", "REDIS", "database_redis", "Redis servers."),
            leaf(
                "Elasticsearch",
                "ELASTICSEARCH",
                "database_elasticsearch",
                "Elasticsearch clusters.",
            ),
            leaf("MongoDB", "MONGODB", "database_mongodb", "MongoDB servers."),
            leaf("BookKeeper", "BOOKKEEPER", "database_bookkeeper", "Apache BookKeeper clusters."),
            leaf("ClickHouse", "CLICKHOUSE", "database_clickhouse", "ClickHouse servers."),
        ],
    ),
    group(
        "Message Queue",
        "mq",
        "mq",
        "Message brokers.",
        &[
            leaf("RabbitMQ", "RABBITMQ", "mq_rabbitmq", "RabbitMQ clusters."),
            leaf("Kafka", "KAFKA", "mq_kafka", "Apache Kafka clusters."),
            leaf("Pulsar", "PULSAR", "mq_pulsar", "Apache Pulsar clusters."),
            leaf("RocketMQ", "ROCKETMQ", "mq_rocketmq", "Apache RocketMQ clusters."),
            leaf("ActiveMQ", "ACTIVEMQ", "mq_activemq", "Apache ActiveMQ brokers."),
        ],
    ),
    group(
        "Data Processing Engine",
        "data_processing_engine",
        "data_processing_engine",
        "Engines for batches and streams of data.",
        &[leaf(
            "Flink",
            "FLINK",
            "data_processing_engine_flink",
            "Apache Flink clusters and their jobs.",
        )],
    ),
    group(
        "Mobile",
        "mobile",
        "mobile",
        "Applications on phones.",
        &[
            leaf("iOS", "IOS", "mobile_ios", "Applications on iOS and iPadOS."),
            leaf(
                "WeChat Mini Program",
                "WECHAT_MINI_PROGRAM",
                "mobile_wechat_mini_program",
                "Mini programs in WeChat.",
            ),
            leaf(
                "Alipay Mini Program",
                "ALIPAY_MINI_PROGRAM",
                "mobile_alipay_mini_program",
                "Mini programs in Alipay.",
            ),
        ],
    ),
    group(
        "GenAI",
        "gen_ai",
        "virtual_genai",
        "Generative models and the gateways in front of them.",
        &[
            leaf(
                "Virtual GenAI",
                "VIRTUAL_GENAI",
                "virtual_gen_ai",
                "Providers and models as the applications that use them see them.",
            ),
            leaf(
                "Envoy AI Gateway",
                "ENVOY_AI_GATEWAY",
                "envoy_ai_gateway",
                "Traffic to models through Envoy.",
            ),
        ],
    ),
    group(
        "Self Observability",
        "self_observability",
        "self_observability",
        "The observability stack itself.",
        &[
            leaf(
                "SkyWalking Server",
                "SO11Y_OAP",
                "self_observability_oap",
                "Servers that analyse telemetry.",
            ),
            leaf(
                "Satellite",
                "SO11Y_SATELLITE",
                "self_observability_satellite",
                "Proxies that collect telemetry near its source.",
            ),
            leaf("BanyanDB Server", "BANYANDB", "self_observability_banyandb", "BanyanDB servers."),
            leaf(
                "SkyWalking Java Agent",
                "SO11Y_JAVA_AGENT",
                "self_observability_java_agent",
                "Java agents.",
            ),
            leaf(
                "SkyWalking Go Agent",
                "SO11Y_GO_AGENT",
                "self_observability_go_agent",
                "Go agents.",
            ),
        ],
    ),
];
