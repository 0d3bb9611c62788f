import { z } from 'zod';
import { LeaseRenewal, Line, Millis, NodeId, Policy, Strategy } from '../../chaincode/src/model';

const Path = z.string().min(1).max(4096);
const MebiBytes = z.int().min(0).max(1_000_000_000);
const Listen = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'host:port')
  .refine((address) => Number(address.slice(address.lastIndexOf(':') + 1)) <= 65_535, 'a port is at most 65535');
const Seconds = z.number().min(0).max(86_400);

const Cluster = z.strictObject({
  name: Line(63)
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens')
    .describe('Short name of this cluster, e.g. edge1.'),
  mspId: NodeId.describe("The MSP id of the cluster's organisation: its node id on the ledger."),
  sourceIp: z.string().min(1).max(253).describe("Address under which other clusters know it (the paper's source_ip)."),
  site: z
    .strictObject({
      latitude: z.number().min(-90).max(90).describe('Degrees, WGS 84.'),
      longitude: z.number().min(-180).max(180).describe('Degrees, WGS 84.'),
    })
    .describe('Where the cluster stands.'),
  coverageRadiusMeters: z.int().min(1).max(1_000_000).describe("The paper's Threshold, in metres."),
  applicationTypes: z
    .array(Line(63).min(1))
    .max(100)
    .describe('The kinds of application that it can run (Algorithm 2, sys.applications).'),
  capacity: z
    .strictObject({
      memoryMiB: MebiBytes.optional().describe("MiB; without it what the engine's host has."),
      cpuMillis: Millis.optional().describe("Thousandths of a core; without it what the engine's host has."),
      gpuMillis: Millis.optional().describe("Thousandths of a GPU; without it what the engine's host has."),
      diskMiB: MebiBytes.optional().describe("MiB; without it what the engine's host has."),
    })
    .prefault({})
    .describe('What it gives to services.'),
});

const Ledger = z.strictObject({
  connectionProfile: Path.describe("Fabric's connection profile (YAML or JSON) with the own peer and the orderer."),
  channel: Line(249).default('blosm').describe('The channel that all clusters share.'),
  chaincode: Line(63).default('blosm').describe('Name under which the chaincode is committed.'),
  certificate: Path.describe(
    "The agent's certificate (PEM): signs transactions and proves it to other agents. A renewed one is taken over " +
      'while the agent runs, once it belongs to the key.',
  ),
  privateKey: Path.describe("The certificate's private key (PEM)."),
  adapter: z
    .enum(['fabric-network', 'fabric-gateway'])
    .default('fabric-network')
    .describe(
      'How transactions are made. fabric-network: the agent gathers the endorsements itself, any Fabric from 2.1 on; ' +
        'fabric-gateway: its peer does, Fabric 2.4 or later, so that it reaches fewer nodes itself.',
    ),
  asLocalhost: z
    .boolean()
    .default(false)
    .describe("True only for networks that announce themselves as localhost (fabric-samples' test-network)."),
});

const Admission = z.strictObject({
  privileged: z.boolean().default(false).describe('Privileged containers.'),
  hostNamespaces: z.boolean().default(false).describe("The host's network, pid, ipc, uts or user namespace."),
  binds: z.boolean().default(false).describe('Bind mounts of host paths.'),
  capabilities: z.array(Line(64)).default([]).describe('Linux capabilities that may be added, e.g. NET_ADMIN.'),
  devices: z.array(Line(256)).default([]).describe('Device files that may be given, e.g. /dev/video0.'),
});

const Evaluation = z.strictObject({
  policy: Policy.default('strict').describe("strict: every check must pass; paper: Algorithm 2's text."),
  offerSeconds: Seconds.default(60).describe('How long a true verdict reserves the resources when nobody picks it.'),
  allow: Admission.prefault({}).describe("What another cluster's container may ask for; all else is refused."),
});

const Confirmation = z.strictObject({
  source: z
    .enum(['records', 'commit'])
    .default('records')
    .describe(
      'By what a node counts as confirming a migration: records, its own record on the ledger, which says that its ' +
        'agent has acted on it; commit, that its peer has committed the proposal, which is faster with many nodes.',
    ),
});

const Migration = z.strictObject({
  strategy: Strategy.default('registry').describe('How containers move.'),
  hysteresisMeters: z
    .number()
    .min(0)
    .max(100_000)
    .default(20)
    .describe('A device has left once it is so many metres beyond the radius...'),
  hysteresisSeconds: Seconds.default(1).describe('...or has been beyond it for so long.'),
  decisionSeconds: Seconds.default(20).describe('How long the source waits for confirmations and evaluations.'),
  deadlineSeconds: Seconds.default(600).describe('After this the source aborts what has not been handed over.'),
  backoffSeconds: Seconds.default(10).describe('How long an instance is left alone after a failed migration.'),
});

const Lease = z.strictObject({
  seconds: LeaseRenewal.shape.leaseSeconds
    .default(120)
    .describe('A node whose agent has been away for so long can be suspended: the others go on without it.'),
});

/** Until the others have suspended a cluster whose lease is over. */
const SUSPEND_SECONDS = 30;

/**
 * The agent's configuration file (YAML). Every key has a default or is needed; unknown keys are errors.
 * Sizes in MiB, times in seconds, positions in degrees: what people write.
 */
export const AgentConfig = z
  .strictObject({
    cluster: Cluster.describe('Who this cluster is.'),
    ledger: Ledger.describe('The way to the channel.'),
    docker: z
      .strictObject({
        socket: Path.default('/var/run/docker.sock').describe("The Docker Engine's unix socket."),
        network: Line(63).default('bridge').describe("The engine's network that containers join."),
      })
      .prefault({})
      .describe('The container engine.'),
    registry: z
      .strictObject({
        address: Listen.describe('host:port of the private registry, as this cluster reaches it.'),
        username: Line(255).optional().describe('Without it the registry is used without a login.'),
        passwordFile: Path.optional().describe('File that holds the password, on one line.'),
      })
      .describe('The private registry (strategy registry, and images of services).'),
    gateway: z
      .strictObject({
        listen: Listen.describe('host:port where devices connect.'),
        advertiseUrl: z
          .url({ protocol: /^https?$/ })
          .optional()
          .describe('Where devices reach it; by default http:// and the listen address.'),
      })
      .describe('Where devices connect.'),
    peers: z
      .strictObject({
        listen: Listen.describe('host:port where other agents connect (mutual TLS).'),
        advertiseUrl: z
          .url({ protocol: /^https$/ })
          .optional()
          .describe('Where other agents reach it; by default https:// and the listen address.'),
      })
      .describe('Agent to agent.'),
    control: z
      .strictObject({ socket: Path.default('/run/blosm/agent.sock').describe('Unix socket of the control API.') })
      .prefault({})
      .describe('Where the command line reaches the agent.'),
    state: z
      .strictObject({ directory: Path.default('/var/lib/blosm').describe('Journal, checkpoint, run specs.') })
      .prefault({})
      .describe("The agent's own memory."),
    evaluation: Evaluation.prefault({}).describe('How foreign containers are judged.'),
    confirmation: Confirmation.prefault({}).describe('What the 90 % of the nodes are counted by.'),
    migration: Migration.prefault({}).describe('When and how containers move.'),
    lease: Lease.prefault({}).describe('How long the cluster counts as a member without a sign of its agent.'),
    log: z
      .strictObject({
        level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('The least that is logged.'),
      })
      .prefault({})
      .describe('The log, JSON lines on standard error.'),
  })
  .refine(({ lease, migration }) => migration.deadlineSeconds >= lease.seconds + SUSPEND_SECONDS, {
    path: ['migration', 'deadlineSeconds'],
    message: `at least ${SUSPEND_SECONDS} s longer than lease.seconds: a cluster that is off is suspended meanwhile`,
  });
export type AgentConfig = z.infer<typeof AgentConfig>;

/** Keys that hold file names: relative ones start at the configuration file's folder. */
export const PATH_KEYS = [
  ['ledger', 'connectionProfile'],
  ['ledger', 'certificate'],
  ['ledger', 'privateKey'],
  ['docker', 'socket'],
  ['registry', 'passwordFile'],
  ['control', 'socket'],
  ['state', 'directory'],
] as const;
