/** Pure functions over traces, topologies and metrics: no DOM, no requests, no Vue. */
export {}
