//! Those the services of the shop call that have no agent: databases, brokers and strangers; and
//! the ways in which things fail.

use super::script::{Broker, Cache, Database, Fault, Queue, Slowdown, Stranger, micros, millis};

const MYSQL_DRIVER: i32 = 33;
const KAFKA_PRODUCER: i32 = 40;
const KAFKA_CONSUMER: i32 = 41;
const RABBITMQ_PRODUCER: i32 = 52;
const RABBITMQ_CONSUMER: i32 = 53;

pub(super) static MYSQL: Database = Database {
    address: "mysql.shop.internal:3306",
    system: "Mysql",
    schema: "shop",
    component: MYSQL_DRIVER,
    slow_permille: 4,
    slow: millis(220, 700),
};

pub(super) static REDIS: Cache = Cache {
    address: "redis.shop.internal:6379",
    system: "Redis",
    time: micros(250, 1_400),
    slow_permille: 5,
    slow: millis(12, 60),
};

pub(super) static KAFKA: Broker = Broker {
    address: "kafka.shop.internal:9092",
    producer: KAFKA_PRODUCER,
    consumer: KAFKA_CONSUMER,
};

pub(super) static RABBITMQ: Broker = Broker {
    address: "rabbitmq.shop.internal:5672",
    producer: RABBITMQ_PRODUCER,
    consumer: RABBITMQ_CONSUMER,
};

pub(super) static PLACED_ORDERS: Queue = Queue {
    broker: &KAFKA,
    topic: "orders.placed",
    queue: None,
    producer: "Kafka/orders.placed/Producer",
    service: "shipping",
    endpoint: "Kafka/orders.placed/Consumer/shipping",
    batch: 4,
};

pub(super) static LETTERS: Queue = Queue {
    broker: &RABBITMQ,
    topic: "letters",
    queue: Some("letters.mail"),
    producer: "RabbitMQ/Topic/letters/Queue/letters.mail/Producer",
    service: "notifications",
    endpoint: "RabbitMQ/Topic/letters/Queue/letters.mail/Consumer",
    batch: 1,
};

/// The bank behind `payments`: slow in the last 20 s of every 2 minutes.
pub(super) static BANK: Stranger = Stranger {
    address: "api.bank.example:443",
    endpoint: "POST:/v2/charges",
    time: millis(25, 90),
    slowdown: Some(Slowdown {
        every: 120,
        lasts: 20,
        time: millis(700, 1_600),
        fault: (150, &BANK_TIMEOUT),
    }),
};

pub(super) static MAILER: Stranger = Stranger {
    address: "smtp-relay.example:8025",
    endpoint: "POST:/send",
    time: millis(8, 35),
    slowdown: None,
};

pub(super) static BANK_TIMEOUT: Fault = Fault {
    status: 504,
    kind: "java.net.SocketTimeoutException",
    message: "Read timed out",
    stack: "java.net.SocketTimeoutException: Read timed out\n\
        at java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:288)\n\
        at org.apache.http.impl.io.SessionInputBufferImpl.streamRead(SessionInputBufferImpl.java:137)\n\
        at shop.payments.BankClient.charge(BankClient.java:71)\n\
        at shop.payments.ChargeService.charge(ChargeService.java:44)\n",
};

pub(super) static OUT_OF_STOCK: Fault = Fault {
    status: 409,
    kind: "shop.inventory.OutOfStockException",
    message: "fewer items in stock than asked for",
    stack: "shop.inventory.OutOfStockException: fewer items in stock than asked for\n\
        at shop.inventory.StockKeeper.reserve(StockKeeper.java:58)\n\
        at shop.inventory.InventoryGrpc$MethodHandlers.invoke(InventoryGrpc.java:310)\n",
};

pub(super) static NO_SUCH_PRODUCT: Fault = Fault {
    status: 404,
    kind: "shop.catalogue.NoSuchProductException",
    message: "the product is not in the catalogue",
    stack: "shop.catalogue.NoSuchProductException: the product is not in the catalogue\n\
        at shop.catalogue.ProductService.find(ProductService.java:39)\n\
        at shop.catalogue.ProductController.get(ProductController.java:27)\n",
};

pub(super) static DEADLOCK: Fault = Fault {
    status: 500,
    kind: "com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException",
    message: "Deadlock found when trying to get lock; try restarting transaction",
    stack: "com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException: Deadlock found when \
        trying to get lock; try restarting transaction\n\
        at com.mysql.cj.jdbc.exceptions.SQLError.createSQLException(SQLError.java:123)\n\
        at com.mysql.cj.jdbc.ClientPreparedStatement.executeUpdate(ClientPreparedStatement.java:1054)\n\
        at shop.orders.OrderRepository.insert(OrderRepository.java:83)\n\
        at shop.orders.OrderService.place(OrderService.java:61)\n",
};

pub(super) static LOCK_WAIT_TIMEOUT: Fault = Fault {
    status: 500,
    kind: "com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException",
    message: "Lock wait timeout exceeded; try restarting transaction",
    stack: "com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException: Lock wait timeout \
        exceeded; try restarting transaction\n\
        at com.mysql.cj.jdbc.exceptions.SQLError.createSQLException(SQLError.java:123)\n\
        at com.mysql.cj.jdbc.ClientPreparedStatement.executeUpdate(ClientPreparedStatement.java:1054)\n",
};

pub(super) static NO_CONNECTION: Fault = Fault {
    status: 503,
    kind: "java.sql.SQLTransientConnectionException",
    message: "HikariPool-1 - Connection is not available, request timed out",
    stack: "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, \
        request timed out\n\
        at com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:686)\n\
        at com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:179)\n\
        at com.zaxxer.hikari.HikariDataSource.getConnection(HikariDataSource.java:144)\n",
};

pub(super) static WRONG_PASSWORD: Fault = Fault {
    status: 401,
    kind: "shop.users.BadCredentialsException",
    message: "name or password is wrong",
    stack: "shop.users.BadCredentialsException: name or password is wrong\n\
        at shop.users.LoginService.login(LoginService.java:33)\n",
};

pub(super) static MODEL_MISSING: Fault = Fault {
    status: 500,
    kind: "KeyError",
    message: "'model:latest'",
    stack: "Traceback (most recent call last):\n  \
        File \"/app/recommend.py\", line 48, in recommend\n    \
        model = MODELS[version]\nKeyError: 'model:latest'\n",
};

/// Every queue, for the batches that wait to be full.
pub(super) static QUEUES: &[&Queue] = &[&PLACED_ORDERS, &LETTERS];
