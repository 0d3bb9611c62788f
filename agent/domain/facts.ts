import { z } from 'zod';
import { Id, NodeId, Sha256, Strategy, Trigger } from '../../chaincode/src/model';
import type { JournalEntry } from './journal-entry';
import type { ImageOrder, KeptOrder } from './orders';
import type { Retirement } from './retirement';

/** Why and whither an instance is to move: journalled before it is proposed, so that a retry uses the same id. */
export const Intent = z.strictObject({
  migrationId: Id,
  trigger: Trigger,
  strategy: Strategy,
  requestedDestination: NodeId.nullable(),
});
export type Intent = z.infer<typeof Intent>;

/** A failure that ends an attempt before the hand-over. */
export interface Failure {
  readonly stage: string;
  readonly reason: string;
}

/** A node that was picked and said no, and what it said; empty: an earlier release did not write it down. */
export interface Refusal {
  readonly nodeId: string;
  readonly reason: string;
}

/** An image in the private registry. */
export const PushedFact = z.strictObject({ repository: z.string(), manifestDigest: Sha256, configDigest: Sha256 });
export type PushedFact = z.infer<typeof PushedFact>;

/** What only the journal knows of one migration. Everything else is read from the ledger and the engine. */
export interface MigrationFacts {
  readonly migrationId: string;
  readonly intent: Intent | null;
  /** The transaction of this agent's Propose; null where its end was not seen: the ledger's history tells. */
  readonly proposeTransactionId: string | null;
  /** The source picked this node and it accepted. */
  readonly pickedNodeId: string | null;
  /** Of nodes that were picked. */
  readonly refusals: readonly Refusal[];
  readonly drainBegun: boolean;
  readonly committed: { readonly reference: string; readonly configDigest: string } | null;
  readonly pushed: PushedFact | null;
  readonly imageSent: boolean;
  /** Destination: what the source ordered. */
  readonly order: KeptOrder | null;
  readonly image: ImageOrder | null;
  /** Its Prepare may be on the ledger, whatever the own peer says. */
  readonly prepareBegun: boolean;
  readonly failure: Failure | null;
  /** Everything is cleaned up; nothing more to do. */
  readonly closed: boolean;
}

export const noFacts = (migrationId: string): MigrationFacts => ({
  migrationId,
  intent: null,
  proposeTransactionId: null,
  pickedNodeId: null,
  refusals: [],
  drainBegun: false,
  committed: null,
  pushed: null,
  imageSent: false,
  order: null,
  image: null,
  prepareBegun: false,
  failure: null,
  closed: false,
});

/** What the journal knows of an instance. */
export interface InstanceFacts {
  /** The epoch at which this cluster decided to begin it (anew): no container is no loss then. 0: never. */
  readonly expectedAtEpoch: number;
  /** True once a container was created here for it: a missing one is then a loss, not a beginning. */
  readonly born: boolean;
  /** The epoch at which that was the last time; 0: never, or an earlier release did not say. */
  readonly createdAtEpoch: number;
  /** Its removal is decided; null: not so. */
  readonly retirement: Retirement | null;
  /** The one of which something was written last comes last. */
  readonly migrations: readonly MigrationFacts[];
}

export const NO_INSTANCE_FACTS: InstanceFacts = {
  expectedAtEpoch: 0,
  born: false,
  createdAtEpoch: 0,
  retirement: null,
  migrations: [],
};

/** Names of `fact` entries; a `step-done` entry has its step's name. */
export type FactName =
  'creation' | 'intent' | 'picked' | 'pick-refused' | 'order' | 'image' | 'failure' | 'closed' | 'retire' | 'retain';

/** Takes one entry of the journal in. Unknown names change nothing: an older agent may read a newer journal. */
export function foldEntry(before: InstanceFacts, entry: JournalEntry): InstanceFacts {
  const facts = { ...before, ...INSTANCE_CHANGES[`${entry.kind}:${entry.name}`]?.(entry.detail) };
  if (entry.migrationId === '') return facts;
  const known = before.migrations.find((m) => m.migrationId === entry.migrationId) ?? noFacts(entry.migrationId);
  const change = CHANGES[`${entry.kind}:${entry.name}`];
  if (change === undefined) return facts;
  const next = { ...known, ...change(entry.detail, known) };
  const others = before.migrations.filter((m) => m.migrationId !== entry.migrationId);
  return { ...facts, migrations: [...others, next] };
}

function bornAt(detail: unknown): Pick<InstanceFacts, 'born' | 'createdAtEpoch'> {
  const { epoch } = (detail ?? {}) as { readonly epoch?: number };
  return { born: true, createdAtEpoch: epoch ?? 0 };
}

/** What concerns the instance itself, whatever migration it was written for. */
const INSTANCE_CHANGES: Readonly<Record<string, ((detail: unknown) => Partial<InstanceFacts>) | undefined>> = {
  'fact:creation': (detail) => ({ expectedAtEpoch: (detail as { epoch: number }).epoch }),
  'step-done:create': bornAt,
  'fact:retire': (detail) => ({ retirement: detail as Retirement }),
  'fact:retain': () => ({ retirement: null }),
};

/** Until release 0.1 the reason had the name of its class before it. */
function refusalOf(detail: unknown): Refusal {
  const { nodeId, reason = '' } = detail as { readonly nodeId: string; readonly reason?: string };
  return { nodeId, reason: reason.replace(/^BlosmError: /, '') };
}

type Change = (detail: unknown, known: MigrationFacts) => Partial<MigrationFacts>;

/** The journal is our own and was validated when it was written, so a detail has the shape its name promises. */
const CHANGES: Readonly<Record<string, Change | undefined>> = {
  'fact:intent': (detail) => ({ intent: detail as Intent }),
  'fact:picked': (detail) => ({ pickedNodeId: (detail as { nodeId: string }).nodeId }),
  'fact:pick-refused': (detail, known) => ({ refusals: [...known.refusals, refusalOf(detail)] }),
  'fact:order': (detail) => ({ order: detail as KeptOrder }),
  'fact:image': (detail) => ({ image: detail as ImageOrder }),
  'fact:failure': (detail) => ({ failure: detail as Failure }),
  'fact:closed': () => ({ closed: true }),
  'step-done:propose': (detail) => ({
    proposeTransactionId: (detail as { transactionId?: string | null }).transactionId ?? null,
  }),
  'step-begun:drain': () => ({ drainBegun: true }),
  'step-done:commit': (detail) => ({ committed: detail as { reference: string; configDigest: string } }),
  'step-done:push': (detail) => ({ pushed: detail as PushedFact }),
  'step-done:send-image': () => ({ imageSent: true }),
  'step-begun:prepare': () => ({ prepareBegun: true }),
};
