import { z } from 'zod';
import { Line, Millis, NodeId, Policy, Strategy } from '../../chaincode/src/model';

const Path = z.string().min(1).max(4096);
const MebiBytes = z.int().min(0).max(1_000_000_000);
const Listen = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'host:port');
const Seconds = z.number().min(0).max(86_400);

/**
 * The agent's configuration file (YAML). Every key has a default or is needed; unknown keys are errors.
 * Sizes in MiB, times in seconds, positions in degrees: what people write.
 */
export const AgentConfig = z.strictObject({
  cluster: z.strictObject({
    /** Short name, e.g. `edge1`. */
    name: Line(63).regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens'),
    mspId: NodeId,
    /** Address under which other clusters know this one (the paper's source_ip). */
    sourceIp: z.string().min(1).max(253),
    site: z.strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) }),
    coverageRadiusMeters: z.int().min(1).max(1_000_000),
    /** The kinds of application that this cluster can run (Algorithm 2, sys.applications). */
    applicationTypes: z.array(Line(63).min(1)).max(100),
    /** What the cluster gives to services; a missing number is what the engine's host has. */
    capacity: z
      .strictObject({
        memoryMiB: MebiBytes.optional(),
        cpuMillis: Millis.optional(),
        gpuMillis: Millis.optional(),
        diskMiB: MebiBytes.optional(),
      })
      .prefault({}),
  }),
  ledger: z.strictObject({
    connectionProfile: Path,
    channel: Line(249).default('blosm'),
    chaincode: Line(63).default('blosm'),
    certificate: Path,
    privateKey: Path,
    /** True only for networks that announce themselves as localhost (fabric-samples' test-network). */
    asLocalhost: z.boolean().default(false),
  }),
  docker: z
    .strictObject({ socket: Path.default('/var/run/docker.sock'), network: Line(63).default('bridge') })
    .prefault({}),
  registry: z.strictObject({
    /** `host:port` of the private registry, as this cluster reaches it. */
    address: Listen,
    username: Line(255).optional(),
    passwordFile: Path.optional(),
  }),
  gateway: z.strictObject({
    listen: Listen,
    /** Where devices reach it; by default `http://` and the listen address. */
    advertiseUrl: z.url({ protocol: /^https?$/ }).optional(),
  }),
  peers: z.strictObject({
    listen: Listen,
    advertiseUrl: z.url({ protocol: /^https$/ }).optional(),
  }),
  control: z.strictObject({ socket: Path.default('/run/blosm/agent.sock') }).prefault({}),
  state: z.strictObject({ directory: Path.default('/var/lib/blosm') }).prefault({}),
  evaluation: z
    .strictObject({
      policy: Policy.default('strict'),
      /** How long a true verdict reserves the resources when nobody picks it. */
      offerSeconds: Seconds.default(60),
      /** What a foreign container may ask for; everything else is refused at evaluation. */
      allow: z
        .strictObject({
          privileged: z.boolean().default(false),
          hostNamespaces: z.boolean().default(false),
          binds: z.boolean().default(false),
          capabilities: z.array(Line(64)).default([]),
          devices: z.array(Line(256)).default([]),
        })
        .prefault({}),
    })
    .prefault({}),
  migration: z
    .strictObject({
      strategy: Strategy.default('registry'),
      /** Distance beyond the threshold that starts a migration only after this many metres more... */
      hysteresisMeters: z.number().min(0).max(100_000).default(20),
      /** ...or after the device stayed beyond it for so long. */
      hysteresisSeconds: Seconds.default(1),
      /** How long the source waits for confirmations and evaluations. */
      decisionSeconds: Seconds.default(20),
      /** After this the source aborts what has not been handed over. */
      deadlineSeconds: Seconds.default(600),
      /** How long after a failed migration the same instance is left alone. */
      backoffSeconds: Seconds.default(10),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
});
export type AgentConfig = z.infer<typeof AgentConfig>;
