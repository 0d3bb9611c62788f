import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { BlosmError, Line, NodeId } from '../chaincode/src/model';

/** What a cluster has for containers; what the machine really has is the upper bound that the sandbox sets. */
const Capacity = z.strictObject({
  memoryMiB: z.int().min(16).max(16_777_216),
  /** Thousandths of a core. */
  cpuMillis: z.int().min(10).max(1_000_000),
  /** Thousandths of a GPU. */
  gpuMillis: z.int().min(0).max(1_000_000).default(0),
  diskMiB: z.int().min(16).max(1_073_741_824),
});

/** One edge cluster: an organisation with a peer, a chaincode process and an agent. */
const Cluster = z.strictObject({
  /** Part of host, namespace and interface names: short. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,19}$/, 'a lower-case letter, then at most 19 letters, digits or hyphens'),
  /** The organisation's MSP id, which is also the node's id on the ledger. */
  mspId: NodeId,
  /** Degrees, WGS 84. */
  site: z.strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) }),
  coverageRadiusMeters: z.int().min(1).max(1_000_000),
  capacity: Capacity,
  applicationTypes: z.array(Line(63).min(1)).min(1),
});

/** A cluster as far as the network itself knows it. */
const Member = Cluster.pick({ name: true, mspId: true });

/** The orderer's organisation. */
export const ORDERER_MSP_ID = 'OrdererMSP';

const isFree = ({ name, mspId }: z.output<typeof Member>): boolean =>
  mspId !== ORDERER_MSP_ID && name !== 'orderer' && name !== 'registry';
const TAKEN = 'the names orderer, registry and OrdererMSP are taken';

const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** The file that describes a network: `network/profiles/*.yaml`, or one of the user's own. */
export const Topology = z
  .strictObject({
    channel: z
      .string()
      .regex(/^[a-z][a-z0-9.-]{0,62}$/, 'a lower-case letter, then lower-case letters, digits, dots and hyphens')
      .default('blosm'),
    /** f of the endorsement policy OutOf(f + 1, every organisation's peers): so many organisations may lie. */
    endorsementFaults: z.int().min(0).default(1),
    /** How long the orderer waits for more transactions before it cuts a block. */
    batchTimeoutMs: z.int().min(1).max(60_000).default(20),
    /** Between clusters, in both directions. */
    link: z.strictObject({ rateMbit: z.number().positive().max(100_000) }).default({ rateMbit: 40 }),
    clusters: z.array(Cluster).min(1).max(200),
  })
  .refine((t) => unique(t.clusters.map((c) => c.name)), {
    path: ['clusters'],
    message: 'two clusters have the same name',
  })
  .refine((t) => unique(t.clusters.map((c) => c.mspId)), {
    path: ['clusters'],
    message: 'two clusters have the same mspId',
  })
  .refine((t) => t.clusters.every(isFree), { path: ['clusters'], message: TAKEN })
  .refine((t) => t.endorsementFaults < t.clusters.length, {
    path: ['endorsementFaults'],
    message: 'must be less than the number of clusters: f + 1 of them have to endorse',
  });

export type Topology = z.output<typeof Topology>;
export type TopologyCluster = Topology['clusters'][number];

/**
 * Reads a topology from YAML text.
 * @param source where the text is from, for the messages
 * @throws BlosmError BLOSM_E_CONFIG_INVALID with every fault and its place
 */
export function parseTopology(text: string, source: string): Topology {
  const parsed = Topology.safeParse(readYaml(text, source));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top level)'}: ${issue.message}`);
  throw new BlosmError('BLOSM_E_CONFIG_INVALID', `${source}: ${faults.join('; ')}`, { stage: 'topology' });
}

/**
 * Checks the name and the MSP id of a cluster that is to join a network.
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT with every fault
 */
export function parseMember(member: { readonly name: string; readonly mspId: string }): z.output<typeof Member> {
  const parsed = Member.refine(isFree, TAKEN).safeParse(member);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', faults.join('; '), { stage: 'topology' });
}

/**
 * Reads a topology file.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when it cannot be read or is not a topology
 */
export function loadTopology(path: string): Topology {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `cannot read the topology file ${path}: ${String(cause)}`, {
      stage: 'topology',
      cause,
      hint: 'Name a file with --topology, or leave it out for the default of three clusters.',
    });
  }
  return parseTopology(text, path);
}

function readYaml(text: string, source: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `${source}: not YAML: ${String(cause)}`, {
      stage: 'topology',
      cause,
    });
  }
}
