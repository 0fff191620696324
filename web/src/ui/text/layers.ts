const names: Record<string, string> = {
  GENERAL: 'General', VIRTUAL_DATABASE: 'Database', VIRTUAL_CACHE: 'Cache', VIRTUAL_MQ: 'Queue', VIRTUAL_GATEWAY: 'Gateway', MESH: 'Mesh', K8S: 'Kubernetes', K8S_SERVICE: 'Kubernetes service', OS_LINUX: 'Linux', MYSQL: 'MySQL', POSTGRESQL: 'PostgreSQL', SO11Y_OAP: 'Skytrail',
}

/** "VIRTUAL_DATABASE" -> "Database"; one that is not known in its own words: "SOME_LAYER" -> "Some layer". */
export function layerName(layer: string): string {
  const plain = layer.toLowerCase().replaceAll('_', ' ')
  return names[layer] ?? plain.charAt(0).toUpperCase() + plain.slice(1)
}
