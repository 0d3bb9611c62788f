export interface TemplateFacts {
  readonly name: string;
  readonly mspId: string;
}

/** The commented file that `blosm init` writes: what must be filled in, and what people change most often. */
export const configTemplate = ({
  name,
  mspId,
}: TemplateFacts): string => `# Configuration of a BloSM agent. Check it with: blosm config validate
# Sizes in MiB, times in seconds, positions in degrees. File names may be relative to this file.
# Every key can be overridden from the environment: cluster.sourceIp by BLOSM_CLUSTER_SOURCE_IP.
# All keys and their defaults: agent/docs/reference/config.md

cluster:
  name: ${name}
  # MSP id of this cluster's organisation on the channel.
  mspId: ${mspId}
  # Address under which other clusters know this one.
  sourceIp: 192.0.2.1
  site: { latitude: -37.8136, longitude: 144.9631 }
  # A device farther away than this has left.
  coverageRadiusMeters: 400
  # The kinds of application that this cluster can run.
  applicationTypes: [image-recognition]
  # What it gives to services; leave a number out to give all that the host has.
  capacity:
    memoryMiB: 4096
    cpuMillis: 4000

ledger:
  connectionProfile: fabric/connection.yaml
  channel: blosm
  # The agent's own identity: signs transactions and proves it to other agents.
  certificate: fabric/agent/cert.pem
  privateKey: fabric/agent/key.pem

docker:
  socket: /var/run/docker.sock

registry:
  # The private registry, as this cluster reaches it.
  address: registry.example:5000

gateway:
  # Where devices connect.
  listen: 0.0.0.0:8080
  advertiseUrl: http://192.0.2.1:8080

peers:
  # Where other agents connect (mutual TLS).
  listen: 0.0.0.0:8443
  advertiseUrl: https://192.0.2.1:8443

evaluation:
  # strict: every check must pass; paper: Algorithm 2's text.
  policy: strict

migration:
  strategy: registry

log:
  level: info
`;
