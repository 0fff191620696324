/** Lines that point an agent at a server; `host` is without port. */
export interface AgentLines {
  key: string
  name: string
  lines: (addresses: AgentAddresses) => string
}
export interface AgentAddresses {
  /** host:port of the gRPC port of SkyWalking agents. */
  grpc: string
  /** Address of the HTTP port with its scheme. */
  http: string
}

export const agents: readonly AgentLines[] = [
  {
    key: 'java', name: 'Java',
    lines: ({ grpc }) => `java -javaagent:skywalking-agent/skywalking-agent.jar \\\n  -Dskywalking.agent.service_name=my-service \\\n  -Dskywalking.collector.backend_service=${grpc} \\\n  -jar my-service.jar`,
  },
  {
    key: 'python', name: 'Python',
    lines: ({ grpc }) => `pip install apache-skywalking\nSW_AGENT_NAME=my-service \\\nSW_AGENT_COLLECTOR_BACKEND_SERVICES=${grpc} \\\n  sw-python run python my_service.py`,
  },
  {
    key: 'node', name: 'Node.js',
    lines: ({ grpc }) => `npm install skywalking-backend-js\n# first lines of the program:\n#   const { default: agent } = require('skywalking-backend-js')\n#   agent.start()\nSW_AGENT_NAME=my-service \\\nSW_AGENT_COLLECTOR_BACKEND_SERVICES=${grpc} \\\n  node my-service.js`,
  },
  {
    key: 'go', name: 'Go',
    lines: ({ grpc }) => `# import _ "github.com/apache/skywalking-go" in package main, then\nSW_AGENT_NAME=my-service \\\nSW_AGENT_REPORTER_GRPC_BACKEND_SERVICE=${grpc} \\\n  go run -toolexec=skywalking-go-agent -a .`,
  },
  {
    key: 'php', name: 'PHP',
    lines: ({ grpc }) => `; php.ini\nextension=skywalking_agent.so\nskywalking_agent.enable = On\nskywalking_agent.service_name = my-service\nskywalking_agent.server_addr = ${grpc}`,
  },
]
