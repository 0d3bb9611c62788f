import { stringify } from 'yaml';

export interface TemplateFacts {
  readonly name: string;
  readonly mspId: string;
  readonly connectionProfile: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly asLocalhost: boolean;
}

/** As YAML reads it again: `1e3` and `on` are no texts without quotes. */
const quoted = (text: string): string => stringify(text, { lineWidth: 0 }).trimEnd();

/** The commented file that `blosm init` writes: what must be filled in, and what people change most often. */
export const configTemplate = ({
  name,
  mspId,
  connectionProfile,
  channel,
  chaincode,
  asLocalhost,
}: TemplateFacts): string => `# Configuration of a BloSM agent. Check it with: blosm config validate
# Sizes in MiB, times in seconds, positions in degrees. File names may be relative to this file.
# Every key can be overridden from the environment: cluster.sourceIp by BLOSM_CLUSTER_SOURCE_IP.
# All keys and their defaults: agent/docs/reference/config.md

cluster:
  name: ${quoted(name)}
  # MSP id of this cluster's organisation on the channel.
  mspId: ${quoted(mspId)}
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
  # Fabric's connection profile (JSON or YAML), as it is: the organisation's peer is needed, orderers are found.
  connectionProfile: ${quoted(connectionProfile)}
  channel: ${quoted(channel)}
  # The name under which the chaincode is committed on the channel.
  chaincode: ${quoted(chaincode)}
  # True only where nodes announce names that lead somewhere only as localhost (fabric-samples' test-network).
  asLocalhost: ${asLocalhost}
  # The agent's own identity: signs transactions and proves it to other agents. A client of the organisation, not its
  # admin. blosm identity import checks one, copies it and sets these two keys.
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
  # TLS for devices; then advertiseUrl is an https one.
  # tls: { certificate: gateway/cert.pem, privateKey: gateway/key.pem }
  # Devices prove who they are by a bearer token (JWT) of this issuer.
  # auth: { jwksUrl: https://issuer.example/jwks.json, issuer: https://issuer.example, audience: blosm }
  # What devices may take of one service, where that is not what gateway.limits says.
  # services: { counter: { bodyMiB: 1, requests: 100, durationSeconds: 30 } }

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
