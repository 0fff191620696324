//! The shop as data: who there is, what each can be asked for, and whom it asks in turn.

use super::script::{
    Language, Protocol, Service, Tenant, ask, call, endpoint, in_a_thread, local, micros, millis,
    publish, redis, sql,
};
use super::surroundings::{
    BANK, DEADLOCK, LETTERS, MAILER, MODEL_MISSING, MYSQL, NO_SUCH_PRODUCT, OUT_OF_STOCK,
    PLACED_ORDERS, REDIS, WRONG_PASSWORD,
};

const HTTP_CLIENT: i32 = 2;
const FEIGN: i32 = 11;
const SPRING_MVC: i32 = 14;
const GRPC: i32 = 23;
const JEDIS: i32 = 30;
const UNDERTOW: i32 = 84;
const REDIS_PY: i32 = 7;
const EXPRESS: i32 = 4002;
const AXIOS: i32 = 4005;
const FLASK: i32 = 7001;
const REQUESTS: i32 = 7002;

/// What the customers ask the gateway for, and how often in proportion.
pub(super) static CUSTOMERS: &[(u64, &str)] = &[
    (30, "GET:/"),
    (28, "GET:/products/{id}"),
    (12, "GET:/search"),
    (12, "POST:/cart/items"),
    (6, "GET:/cart"),
    (8, "POST:/checkout"),
    (3, "POST:/login"),
    (1, "GET:/orders/{id}"),
];

/// A new order.
const INSERT_PURCHASE: &str = "INSERT INTO purchase (id, account, total) VALUES (?, ?, ?)";

/// Whose customers they are. The orders of one tenant are kept in a table that grew too large, so
/// that its customers, and they alone, wait at the checkout.
pub(super) static TENANTS: &[Tenant] = &[
    tenant("contoso", 30),
    tenant("fabrikam", 22),
    tenant("tailspin", 16),
    tenant("litware", 12),
    tenant("adatum", 8),
    Tenant { slow: Some((INSERT_PURCHASE, millis(450, 1_100))), ..tenant("northwind", 12) },
];

const fn tenant(name: &'static str, weight: u64) -> Tenant {
    Tenant { name, weight, slow: None }
}

/// The service that the customers reach.
pub(super) const ENTRANCE: &str = "gateway";

pub(super) static SERVICES: &[Service] = &[
    Service {
        name: "gateway",
        language: Language::Java,
        instances: 2,
        protocol: Protocol::Http,
        port: 8080,
        server: UNDERTOW,
        client: HTTP_CLIENT,
        redis: JEDIS,
        endpoints: &[
            endpoint("GET:/", micros(300, 900), &[call("storefront", "GET:/home")]),
            endpoint(
                "GET:/products/{id}",
                micros(300, 900),
                &[call("storefront", "GET:/product/{id}")],
            ),
            endpoint("GET:/search", micros(300, 900), &[call("catalogue", "GET:/products")]),
            endpoint("POST:/cart/items", micros(300, 900), &[call("storefront", "POST:/basket")]),
            endpoint("GET:/cart", micros(300, 900), &[call("storefront", "GET:/basket")]),
            endpoint("POST:/checkout", micros(400, 1_200), &[call("orders", "POST:/orders")]),
            endpoint("POST:/login", micros(300, 900), &[call("users", "POST:/sessions")]),
            endpoint("GET:/orders/{id}", micros(300, 900), &[call("orders", "GET:/orders/{id}")]),
        ],
    },
    Service {
        name: "storefront",
        language: Language::Java,
        instances: 3,
        protocol: Protocol::Http,
        port: 8081,
        server: SPRING_MVC,
        client: FEIGN,
        redis: JEDIS,
        endpoints: &[
            endpoint(
                "GET:/home",
                millis(1, 4),
                &[
                    call("catalogue", "GET:/products"),
                    call("recommendations", "GET:/recommend").percent(70).or_without(),
                    local("shop.storefront.HomePage.render()", millis(2, 9), &[]),
                ],
            ),
            endpoint(
                "GET:/product/{id}",
                millis(1, 3),
                &[
                    call("catalogue", "GET:/products/{id}"),
                    call("inventory", "shop.Inventory.available"),
                    call("recommendations", "GET:/recommend").percent(50).or_without(),
                    local("shop.storefront.ProductPage.render()", millis(1, 6), &[]),
                ],
            ),
            endpoint(
                "POST:/basket",
                millis(1, 3),
                &[call("users", "GET:/sessions/{id}"), call("cart", "shop.Cart.add")],
            ),
            endpoint(
                "GET:/basket",
                millis(1, 3),
                &[
                    call("users", "GET:/sessions/{id}"),
                    call("cart", "shop.Cart.list"),
                    call("catalogue", "GET:/products"),
                ],
            ),
        ],
    },
    Service {
        name: "catalogue",
        language: Language::Java,
        instances: 3,
        protocol: Protocol::Http,
        port: 8082,
        server: SPRING_MVC,
        client: HTTP_CLIENT,
        redis: JEDIS,
        endpoints: &[
            endpoint(
                "GET:/products",
                millis(1, 4),
                &[
                    redis(&REDIS, "GET", "catalogue:page:{id}"),
                    sql(
                        &MYSQL,
                        "SELECT id, name, price FROM product WHERE category = ? ORDER BY rank LIMIT 24",
                        millis(2, 14),
                    )
                    .percent(35),
                    redis(&REDIS, "SETEX", "catalogue:page:{id}").percent(35).or_without(),
                ],
            ),
            endpoint(
                "GET:/products/{id}",
                millis(1, 3),
                &[
                    redis(&REDIS, "HGETALL", "product:{id}"),
                    sql(&MYSQL, "SELECT * FROM product WHERE id = ?", millis(1, 6)).percent(25),
                ],
            )
            .failing(8, &NO_SUCH_PRODUCT),
        ],
    },
    Service {
        name: "users",
        language: Language::Java,
        instances: 2,
        protocol: Protocol::Http,
        port: 8083,
        server: SPRING_MVC,
        client: HTTP_CLIENT,
        redis: JEDIS,
        endpoints: &[
            endpoint(
                "POST:/sessions",
                millis(1, 3),
                &[
                    sql(&MYSQL, "SELECT id, hash FROM account WHERE name = ?", millis(1, 7)),
                    local("shop.users.Passwords.verify(String,String)", millis(18, 45), &[]),
                    redis(&REDIS, "SETEX", "session:{id}"),
                ],
            )
            .failing(60, &WRONG_PASSWORD),
            endpoint(
                "GET:/sessions/{id}",
                micros(400, 1_500),
                &[redis(&REDIS, "GET", "session:{id}")],
            ),
        ],
    },
    Service {
        name: "cart",
        language: Language::Java,
        instances: 2,
        protocol: Protocol::Grpc,
        port: 9090,
        server: GRPC,
        client: HTTP_CLIENT,
        redis: JEDIS,
        endpoints: &[
            endpoint(
                "shop.Cart.add",
                micros(500, 2_000),
                &[
                    redis(&REDIS, "HSET", "cart:{id}"),
                    redis(&REDIS, "EXPIRE", "cart:{id}"),
                ],
            ),
            endpoint(
                "shop.Cart.list",
                micros(500, 2_000),
                &[redis(&REDIS, "HGETALL", "cart:{id}")],
            ),
            endpoint("shop.Cart.clear", micros(500, 1_500), &[redis(&REDIS, "DEL", "cart:{id}")]),
        ],
    },
    Service {
        name: "orders",
        language: Language::Java,
        instances: 3,
        protocol: Protocol::Http,
        port: 8084,
        server: SPRING_MVC,
        client: FEIGN,
        redis: JEDIS,
        endpoints: &[
            endpoint(
                "POST:/orders",
                millis(2, 6),
                &[
                    call("users", "GET:/sessions/{id}"),
                    call("cart", "shop.Cart.list"),
                    call("inventory", "shop.Inventory.reserve"),
                    call("payments", "POST:/charges"),
                    local(
                        "shop.orders.OrderService.place(Order)",
                        millis(1, 4),
                        &[
                            sql(&MYSQL, INSERT_PURCHASE, millis(2, 9)).failing(10, &DEADLOCK),
                            publish(&PLACED_ORDERS),
                        ],
                    ),
                    in_a_thread(
                        "SW/shop.orders.Audit/run",
                        millis(1, 3),
                        &[sql(
                            &MYSQL,
                            "INSERT INTO audit (purchase, what) VALUES (?, ?)",
                            millis(2, 8),
                        )],
                    ),
                    call("cart", "shop.Cart.clear").or_without(),
                ],
            ),
            endpoint(
                "GET:/orders/{id}",
                millis(1, 3),
                &[sql(
                    &MYSQL,
                    "SELECT * FROM purchase p JOIN purchase_item i ON i.purchase = p.id WHERE p.id = ?",
                    millis(3, 25),
                )],
            ),
        ],
    },
    Service {
        name: "payments",
        language: Language::Java,
        instances: 2,
        protocol: Protocol::Http,
        port: 8085,
        server: SPRING_MVC,
        client: HTTP_CLIENT,
        redis: JEDIS,
        endpoints: &[endpoint(
            "POST:/charges",
            millis(1, 4),
            &[
                ask(&BANK),
                sql(
                    &MYSQL,
                    "INSERT INTO charge (purchase, amount, receipt) VALUES (?, ?, ?)",
                    millis(2, 7),
                ),
            ],
        )],
    },
    Service {
        name: "inventory",
        language: Language::Java,
        instances: 2,
        protocol: Protocol::Grpc,
        port: 9091,
        server: GRPC,
        client: HTTP_CLIENT,
        redis: JEDIS,
        endpoints: &[
            endpoint(
                "shop.Inventory.available",
                micros(400, 1_500),
                &[redis(&REDIS, "GET", "stock:{id}")],
            ),
            endpoint(
                "shop.Inventory.reserve",
                millis(1, 3),
                &[
                    sql(
                        &MYSQL,
                        "UPDATE stock SET free = free - ? WHERE product = ? AND free >= ?",
                        millis(2, 12),
                    ),
                    redis(&REDIS, "DECRBY", "stock:{id}"),
                ],
            )
            .failing(15, &OUT_OF_STOCK),
        ],
    },
    Service {
        name: "recommendations",
        language: Language::Python,
        instances: 2,
        protocol: Protocol::Http,
        port: 5000,
        server: FLASK,
        client: REQUESTS,
        redis: REDIS_PY,
        endpoints: &[endpoint(
            "GET:/recommend",
            millis(4, 18),
            &[redis(&REDIS, "ZREVRANGE", "likes:{id}")],
        )
        .failing(10, &MODEL_MISSING)],
    },
    Service {
        name: "shipping",
        language: Language::Java,
        instances: 2,
        protocol: Protocol::Http,
        port: 8086,
        server: SPRING_MVC,
        client: HTTP_CLIENT,
        redis: JEDIS,
        endpoints: &[endpoint(
            "Kafka/orders.placed/Consumer/shipping",
            millis(2, 6),
            &[
                local("shop.shipping.Packer.pack(List)", millis(3, 15), &[]),
                sql(
                    &MYSQL,
                    "INSERT INTO parcel (purchase, weight) VALUES (?, ?), (?, ?), (?, ?), (?, ?)",
                    millis(3, 12),
                ),
                publish(&LETTERS),
            ],
        )],
    },
    Service {
        name: "notifications",
        language: Language::Node,
        instances: 2,
        protocol: Protocol::Http,
        port: 3000,
        server: EXPRESS,
        client: AXIOS,
        redis: REDIS_PY,
        endpoints: &[endpoint(
            "RabbitMQ/Topic/letters/Queue/letters.mail/Consumer",
            millis(1, 5),
            &[ask(&MAILER)],
        )],
    },
];
