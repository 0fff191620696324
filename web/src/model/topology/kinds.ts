/** What a node is, as it is drawn. */
export type NodeKind = 'service' | 'database' | 'cache' | 'queue' | 'external' | 'user' | 'group'

const WORDS: readonly [NodeKind, RegExp][] = [
  ['cache', /redis|memcache|ehcache|hazelcast|cache|jedis|lettuce|aerospike/i],
  ['queue', /kafka|rabbit|rocketmq|activemq|pulsar|mq\b|nats|sqs|queue/i],
  ['database', /sql|mongo|oracle|cassandra|h2|mariadb|postgres|elastic|opensearch|neo4j|influx|clickhouse|db\b|database|hbase|dynamo/i],
]
const LAYERS: Record<string, NodeKind> = { VIRTUAL_DATABASE: 'database', VIRTUAL_CACHE: 'cache', VIRTUAL_MQ: 'queue' }

/**
 * By layer; where a node has none, by the name of the component that its callers use. A service without a layer, of which
 * nothing is known but its name, is an address that callers speak to.
 */
export function kindOf(node: { type: string; real: boolean; layers: readonly string[] }): NodeKind {
  if (node.type.toUpperCase() === 'USER') return 'user'
  for (const layer of node.layers) if (LAYERS[layer]) return LAYERS[layer]
  if (node.real && (node.layers.length > 0 || node.type !== '')) return 'service'
  return WORDS.find(([, words]) => words.test(node.type))?.[0] ?? 'external'
}
