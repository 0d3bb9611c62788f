import type { MigrationState } from '../../../chaincode/src/model';

/** What an agent may call, as data: what is left out is the same in every call. */
export type Call =
  | { readonly name: 'Create'; readonly agent: string }
  | { readonly name: 'Remove'; readonly agent: string; readonly epoch: number }
  | { readonly name: 'Propose'; readonly agent: string; readonly id: string; readonly epoch: number }
  | { readonly name: 'Evaluate'; readonly agent: string; readonly id: string; readonly verdict: boolean }
  | { readonly name: 'Prepare'; readonly agent: string; readonly id: string; readonly digit: string }
  | {
      readonly name: 'HandOver';
      readonly agent: string;
      readonly id: string;
      readonly to: string;
      readonly digit: string;
      readonly epoch: number;
    }
  | { readonly name: 'Complete'; readonly agent: string; readonly id: string; readonly token: string | null }
  | { readonly name: 'Abort'; readonly agent: string; readonly id: string }
  | { readonly name: 'Renew'; readonly agent: string }
  | { readonly name: 'Suspend'; readonly agent: string; readonly node: string }
  | { readonly name: 'Claim'; readonly agent: string; readonly epoch: number }
  | { readonly name: 'Recover'; readonly agent: string; readonly epoch: number; readonly from: 'copy' | 'image' };

type CallOf<N extends Call['name']> = Extract<Call, { name: N }>;

interface Instance {
  owner: string;
  epoch: number;
  token: string;
  open: string | null;
  removed: boolean;
}

interface Migration {
  state: MigrationState;
  source: string;
  epoch: number;
  to: string | null;
  digit: string | null;
  verdicts: Record<string, boolean>;
  prepares: Record<string, string>;
}

interface Node {
  suspended: boolean;
  /** Milliseconds after the start. */
  leaseUntilMs: number;
}

export const FIRST_TOKEN = '1';

/** For how long Renew renews, and what a registration comes with; milliseconds. */
export const LEASE_MS = 90_000;
const FIRST_LEASE_MS = 600_000;

/** The one migration that an operator proposed with a destination. */
export const REQUESTED: Readonly<Record<string, string>> = { 'm-3': 'Edge3MSP' };

/** Each migration's deadline, in milliseconds after the start. */
export const deadlineAfterMs = (id: string): number => Number(id.slice(2)) * 300_000 + 30_000;

/** The rules once more, in the fewest words: what the contracts must do is what this does. */
export class Reference {
  instance: Instance | null = null;
  migrations: Record<string, Migration> = {};
  nodes: Record<string, Node> = Object.fromEntries(
    ['Edge1MSP', 'Edge2MSP', 'Edge3MSP'].map((id) => [id, { suspended: false, leaseUntilMs: FIRST_LEASE_MS }]),
  );

  constructor(readonly keepsState: boolean) {}

  clone(): Reference {
    const copy = new Reference(this.keepsState);
    copy.instance = structuredClone(this.instance);
    copy.migrations = structuredClone(this.migrations);
    copy.nodes = structuredClone(this.nodes);
    return copy;
  }

  /** Does the call, or refuses it and changes nothing. The time is in milliseconds after the start. */
  accepts(call: Call, nowMs: number): boolean {
    if (call.name === 'Renew') return this.renew(call, nowMs);
    if (this.isSuspended(call.agent)) return false;
    return this.acceptsOfActive(call, nowMs);
  }

  private acceptsOfActive(call: Exclude<Call, { name: 'Renew' }>, nowMs: number): boolean {
    const rule = this.rules[call.name] as (call: Call, nowMs: number) => boolean;
    return rule(call, nowMs);
  }

  private get rules(): { [N in Exclude<Call['name'], 'Renew'>]: (call: CallOf<N>, nowMs: number) => boolean } {
    return {
      Create: (call) => this.create(call),
      Remove: (call) => this.remove(call),
      Evaluate: (call) => this.evaluate(call),
      Complete: (call) => this.complete(call),
      Abort: (call) => this.abort(call),
      Claim: (call) => this.claim(call),
      Recover: (call) => this.recover(call),
      Propose: (call, nowMs) => this.propose(call, nowMs),
      Prepare: (call, nowMs) => this.prepare(call, nowMs),
      HandOver: (call, nowMs) => this.handOver(call, nowMs),
      Suspend: (call, nowMs) => this.suspend(call, nowMs),
    };
  }

  private renew({ agent }: CallOf<'Renew'>, nowMs: number): boolean {
    this.nodes[agent] = { suspended: false, leaseUntilMs: nowMs + LEASE_MS };
    return true;
  }

  private suspend({ node }: CallOf<'Suspend'>, nowMs: number): boolean {
    const named = this.nodes[node]!;
    if (named.suspended) return true;
    const others = Object.values(this.nodes).filter((each) => each.suspended).length;
    if (nowMs <= named.leaseUntilMs || others > 0) return false;
    named.suspended = true;
    return true;
  }

  private claim({ agent, epoch }: CallOf<'Claim'>): boolean {
    return this.takeOver(agent, epoch, ({ owner }) => !this.keepsState && this.isSuspended(owner));
  }

  private recover({ agent, epoch, from }: CallOf<'Recover'>): boolean {
    return this.takeOver(agent, epoch, ({ owner, open }) => {
      const migration = open === null ? undefined : this.migrations[open];
      const hasCopy = migration?.state === 'HANDED_OVER' && migration.source === agent;
      return (owner === agent || this.isSuspended(owner)) && (from === 'image' || hasCopy);
    });
  }

  private takeOver(agent: string, epoch: number, mayTake: (instance: Instance) => boolean): boolean {
    const { instance } = this;
    if (instance === null || instance.removed) return false;
    if (instance.owner === agent && instance.epoch === epoch + 1) return true;
    if (instance.epoch !== epoch || !mayTake(instance)) return false;
    this.supersede(agent, instance);
    return true;
  }

  private isSuspended(agent: string): boolean {
    return this.nodes[agent]!.suspended;
  }

  private supersede(agent: string, instance: Instance): void {
    if (instance.open !== null) this.migrations[instance.open]!.state = 'SUPERSEDED';
    Object.assign(instance, { owner: agent, epoch: instance.epoch + 1, open: null });
  }

  private create({ agent }: CallOf<'Create'>): boolean {
    const { instance } = this;
    if (instance === null) {
      this.instance = { owner: agent, epoch: 1, token: FIRST_TOKEN, open: null, removed: false };
      return true;
    }
    return !instance.removed && instance.owner === agent && instance.epoch === 1;
  }

  private remove({ agent, epoch }: CallOf<'Remove'>): boolean {
    const { instance } = this;
    if (instance?.owner !== agent || instance.epoch !== epoch || instance.open !== null) return false;
    instance.removed = true;
    return true;
  }

  private propose({ agent, id, epoch }: CallOf<'Propose'>, nowMs: number): boolean {
    const stored = this.migrations[id];
    if (stored !== undefined) return stored.source === agent && stored.epoch === epoch;
    const { instance } = this;
    if (instance === null || instance.removed || instance.owner !== agent || instance.epoch !== epoch) return false;
    if (instance.open !== null || nowMs >= deadlineAfterMs(id) || !this.mayGoTo(REQUESTED[id], agent)) return false;
    instance.open = id;
    const fresh = { to: null, digit: null, verdicts: {}, prepares: {} };
    this.migrations[id] = { state: 'PROPOSED', source: agent, epoch, ...fresh };
    return true;
  }

  private mayGoTo(requested: string | undefined, source: string): boolean {
    return requested === undefined || (requested !== source && !this.isSuspended(requested));
  }

  private evaluate({ agent, id, verdict }: CallOf<'Evaluate'>): boolean {
    const migration = this.migrations[id];
    if (migration === undefined) return false;
    migration.verdicts[agent] ??= verdict;
    return migration.verdicts[agent] === verdict;
  }

  private prepare({ agent, id, digit }: CallOf<'Prepare'>, nowMs: number): boolean {
    const migration = this.migrations[id];
    if (migration === undefined) return false;
    const stored = migration.prepares[agent];
    if (stored !== undefined) return stored === digit;
    const named = (REQUESTED[id] ?? agent) === agent && migration.source !== agent;
    if (!named || !isOpen(migration, id, nowMs) || migration.verdicts[agent] !== true) return false;
    migration.prepares[agent] = digit;
    return true;
  }

  private handOver({ agent, id, to, digit, epoch }: CallOf<'HandOver'>, nowMs: number): boolean {
    const { instance } = this;
    const migration = this.migrations[id];
    if (migration?.source !== agent || instance === null) return false;
    if (migration.to !== null) {
      return [to, digit, epoch].join() === [migration.to, migration.digit, migration.epoch].join();
    }
    const own = instance.owner === agent && instance.epoch === epoch;
    const ready = migration.prepares[to] === digit && !this.isSuspended(to);
    if (!isOpen(migration, id, nowMs) || !own || !ready) return false;
    Object.assign(migration, { state: 'HANDED_OVER', to, digit });
    Object.assign(instance, { owner: to, epoch: epoch + 1 });
    return true;
  }

  private complete({ agent, id, token }: CallOf<'Complete'>): boolean {
    const { instance } = this;
    const migration = this.migrations[id];
    if (migration?.to !== agent || instance === null) return false;
    if (migration.state === 'COMPLETED') {
      const told = token !== null && !instance.removed && instance.epoch === migration.epoch + 1;
      return !told || instance.token === token;
    }
    if (migration.state !== 'HANDED_OVER') return false;
    migration.state = 'COMPLETED';
    instance.open = null;
    instance.token = token ?? instance.token;
    return true;
  }

  private abort({ agent, id }: CallOf<'Abort'>): boolean {
    const { instance } = this;
    const migration = this.migrations[id];
    if (migration?.source !== agent || instance === null) return false;
    if (migration.state === 'ABORTED') return true;
    if (migration.state !== 'PROPOSED') return false;
    migration.state = 'ABORTED';
    instance.open = null;
    return true;
  }
}

const isOpen = ({ state }: Migration, id: string, nowMs: number): boolean =>
  state === 'PROPOSED' && nowMs <= deadlineAfterMs(id);
