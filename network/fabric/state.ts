import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import { z } from 'zod';
import { BlosmError } from '../../chaincode/src/model';
import { fabricLayout } from './layout';
import { ClusterHost, Placement } from './placement';

const Binaries = z.strictObject({
  binFolder: z.string(),
  /** With core.yaml and orderer.yaml of the same version. */
  configFolder: z.string(),
  version: z.string(),
  /** Where they were found, for people. */
  source: z.string(),
});
export type Binaries = z.output<typeof Binaries>;

/** The chaincode that is committed on the channel. */
const Deployment = z.strictObject({
  sequence: z.int().min(1),
  label: z.string(),
  /** SHA-256 of what the processes run, hexadecimal. */
  contentSha256: z.string(),
  /** Which of a cluster's two places the process has: the next chaincode starts in the other one while this one serves. */
  place: z.union([z.literal(0), z.literal(1)]).default(0),
});
export type Deployment = z.output<typeof Deployment>;

export const otherPlace = ({ place }: Pick<Deployment, 'place'>): 0 | 1 => (place === 0 ? 1 : 0);

const Member = z.strictObject({ name: z.string(), mspId: z.string() });

/**
 * A change of the running network that has begun. Written down before its first step: whoever comes next, the same
 * command or `up`, takes it to its end.
 */
const Unfinished = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('upgrade'), deployment: Deployment.omit({ sequence: true }) }),
  z.strictObject({ kind: z.literal('add'), member: Member, host: ClusterHost }),
  z.strictObject({ kind: z.literal('remove'), member: Member, purge: z.boolean() }),
]);
export type Unfinished = z.output<typeof Unfinished>;

/** How the organisations differ from those of the topology that the network was made from. */
const MembershipChanges = z.strictObject({ added: z.array(Member), removed: z.array(Member) });

/**
 * How the channel says who may read and write. `each`: any organisation's own policy, the form that organisations can
 * come to and leave; a signature is verified once for each organisation until one accepts, also by all peers for all
 * that peers gossip, which grows with the cube of their number. `listed`: one policy that names all, and one
 * verification; for networks of many organisations whose members do not change.
 */
export const MemberRule = z.enum(['each', 'listed']);
export type MemberRule = z.output<typeof MemberRule>;

/**
 * Which organisations' peers are anchors, whom all others dial. `each`: every peer comes to know every other one, as
 * gossip tells an organisation only of its own peers, of whom it dials, and of who dials it. `few`: the first three, who
 * know all; what the discovery of the others shows is of no use to an agent. For measurements of many peers on one
 * machine, where each pair would be a connection with its news, and where agents run beside these three only.
 */
export const Anchors = z.enum(['each', 'few']);
export type Anchors = z.output<typeof Anchors>;

/** What a network was made of, and how far it has come. Written before anything starts, so that down always works. */
const FabricState = z.strictObject({
  v: z.literal(1),
  /** The state folder that holds it (absolute). */
  folder: z.string(),
  channel: z.string(),
  chaincode: z.string(),
  endorsementFaults: z.int(),
  batchTimeoutMs: z.int(),
  memberRule: MemberRule.default('each'),
  anchors: Anchors.default('each'),
  clusters: z.array(Member),
  placement: Placement,
  binaries: Binaries,
  /** MSP ids of the organisations whose anchor peer the channel knows. */
  anchored: z.array(z.string()),
  deployment: Deployment.nullable(),
  /** Absent in the files of earlier versions, as what follows. */
  membership: MembershipChanges.default({ added: [], removed: [] }),
  unfinished: Unfinished.nullable().default(null),
});
export type FabricState = z.output<typeof FabricState>;

/**
 * Reads the state of a network.
 * @returns undefined when there is no network in the folder
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when the file is there and cannot be read
 */
export function readFabricState(folder: string): FabricState | undefined {
  const path = fabricLayout(folder).stateFile;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return FabricState.parse(JSON.parse(text));
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `${path} is not the state of a network`, {
      stage: 'network state',
      cause,
      hint: 'Run next: blosm network reset',
    });
  }
}

/** The state of a network that has to be there. */
export function requireFabricState(folder: string): FabricState {
  const state = readFabricState(folder);
  if (state !== undefined) return state;
  throw new BlosmError('BLOSM_E_NOT_FOUND', `there is no network in ${fabricLayout(folder).folder}`, {
    stage: 'network state',
    hint: 'Run next: blosm network up',
  });
}

export function writeFabricState(state: FabricState): void {
  const path = fabricLayout(state.folder).stateFile;
  mkdirSync(dirname(path), { recursive: true });
  writeFileAtomicSync(path, `${JSON.stringify(state, null, 2)}\n`);
}
