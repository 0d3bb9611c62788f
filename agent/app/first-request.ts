import type { InstanceRecord, NodeRecord, ServiceRecord } from '../../chaincode/src/model';
import { BlosmError } from '../../chaincode/src/model';
import { admit, type Admission } from '../domain/admission';
import { needHere } from '../domain/capacity';
import type { RequestFacts, RouteDecision } from '../ports/traffic';
import { holdMsOf, type AgentContext } from './context';
import type { Creation, InstanceCreator } from './create-instance';
import { deadlineAfter } from './deadline';
import type { LedgerCache } from './ledger-cache';
import { requestIds } from './log-ids';
import type { SystemObserver } from './observe-system';
import type { Promises } from './promises';
import { refuse, RETRY_AFTER_SECONDS } from './refuse';
import type { Room, RoomFinder } from './room-finder';
import type { ServiceJudge, SpecWord } from './service-judge';

/** What a client is told to wait when every cluster is full, in seconds. */
const RETRY_WHEN_FULL_SECONDS = 5;
/** So many clusters are named with what is short there. */
const MAX_REASONS = 10;

export interface FirstRequestParts {
  readonly context: AgentContext;
  readonly cache: LedgerCache;
  readonly creator: InstanceCreator;
  readonly system: SystemObserver;
  readonly rooms: RoomFinder;
  readonly promises: Promises;
  readonly judge: ServiceJudge;
}

/** Decides for a request of an instance that exists. */
export type DecideFor = (
  instance: InstanceRecord,
  facts: RequestFacts,
  newToken: string | null,
  signal: AbortSignal,
) => Promise<RouteDecision>;

/** Requests without an instance (Algorithm 3, lines 10-17): one is created here, or the request is passed on. */
export class FirstRequests {
  constructor(
    private readonly parts: FirstRequestParts,
    private readonly decideFor: DecideFor,
  ) {}

  async decide(facts: RequestFacts, signal: AbortSignal): Promise<RouteDecision> {
    const { cache, context, promises, judge } = this.parts;
    const service = await cache.service(facts.serviceId);
    if (service === null) return refuse(404, 'BLOSM_E_NOT_FOUND', `no service ${facts.serviceId}`, null);
    const nodes = await cache.nodes();
    const deadline = deadlineAfter(context.clock, holdMsOf(context.settings, facts.serviceId), signal);
    // Asked of another cluster where it is not known: not in the turn, where all others would wait for it.
    const turn = judge
      .ownWord(service)
      .then((word) => promises.exclusive(() => this.admit(service, word, nodes, facts, deadline.signal)));
    const admitted = await Promise.race([turn, whenFired(deadline.signal)]).finally(() => deadline.end());
    if (admitted === undefined) {
      // Without its turn it promises nothing, see below; what it came to say is of no use any more.
      turn.catch(() => undefined);
      return refuse(503, 'BLOSM_E_TIMEOUT', 'this cluster takes too long to look at itself', RETRY_AFTER_SECONDS);
    }
    const { admission, creation } = admitted;
    if (creation !== null) return this.serveNew(creation, service, facts, signal);
    return this.passOn(admission, service, facts);
  }

  /** Request migration: to the next nearest cluster that has room, once. */
  private async passOn(admission: Admission, service: ServiceRecord, facts: RequestFacts): Promise<RouteDecision> {
    const { context, rooms } = this.parts;
    const own = admission.kind === 'create' ? '' : `${context.settings.profile.name}: ${admission.reason}`;
    // Another cluster has passed it on to this one, or there is no other: it goes no further.
    if (admission.kind !== 'request-migration') return full([own]);
    const found = await rooms.find(admission.candidates, service);
    if ('refusals' in found) return full([own, ...found.refusals.map((room) => this.describe(room))]);
    const { nodeId } = found;
    rooms.taken(nodeId, service);
    context.log.info({ ...requestIds(facts), nodeId, reason: admission.reason }, 'request migrates');
    return { kind: 'forward', nodeId, reason: 'request-migration', answer: null, release: () => undefined };
  }

  private describe({ nodeId, reason }: Room): string {
    const name = this.parts.cache.nodesNow().find((node) => node.nodeId === nodeId)?.name ?? nodeId;
    return `${name}: ${reason}`;
  }

  /** Decides and, in the same turn, promises what the new instance needs. */
  private async admit(
    service: ServiceRecord,
    word: SpecWord,
    nodes: readonly NodeRecord[],
    { deviceId, position, migrated }: RequestFacts,
    deadline: AbortSignal,
  ): Promise<{ admission: Admission; creation: Promise<Creation> | null }> {
    const { creator, context, system, judge } = this.parts;
    const create = (): { admission: Admission; creation: Promise<Creation> } => {
      refuseLate(deadline);
      return { admission: { kind: 'create' }, creation: creator.create(service, deviceId) };
    };
    refuseLate(deadline);
    if (creator.isUnderWay(service.serviceId, deviceId)) return create();
    const seen = await system.observe();
    const unfit = judge.unfit(service, word, seen);
    const need = needHere(service, seen.sharedHere);
    const { remaining } = seen;
    const admission = admit({ me: context.ledger.nodeId, need, remaining, unfit, nodes, position, migrated });
    return admission.kind === 'create' ? create() : { admission, creation: null };
  }

  private async serveNew(
    creation: Promise<Creation>,
    service: ServiceRecord,
    facts: RequestFacts,
    signal: AbortSignal,
  ): Promise<RouteDecision> {
    const { creator } = this.parts;
    const decision = await this.decideNew(creation, facts, signal);
    const answered = (isServed: boolean): void => {
      void creator.answered(service.serviceId, facts.deviceId, creation, isServed).catch(() => undefined);
    };
    if (decision.kind === 'refuse') {
      answered(false);
      return decision;
    }
    // Until the answer with the token is out, a further request of the device is still a first one.
    const release = (): void => {
      decision.release();
      answered(true);
    };
    return { ...decision, release };
  }

  private async decideNew(
    creation: Promise<Creation>,
    facts: RequestFacts,
    signal: AbortSignal,
  ): Promise<RouteDecision> {
    const { cache, context } = this.parts;
    const deadline = deadlineAfter(context.clock, holdMsOf(context.settings, facts.serviceId), signal);
    const created = await Promise.race([creation, whenFired(deadline.signal)]).finally(() => deadline.end());
    const instance = created === undefined ? null : await cache.instance(created.lane.instanceId);
    if (created !== undefined && instance !== null) return this.decideFor(instance, facts, created.token, signal);
    return refuse(503, 'BLOSM_E_TIMEOUT', 'the instance is being created', RETRY_AFTER_SECONDS);
  }
}

/** Says what is short where. */
function full(reasons: readonly string[]): RouteDecision {
  const told = reasons.slice(0, MAX_REASONS).join('; ');
  const more = reasons.length > MAX_REASONS ? `; and ${reasons.length - MAX_REASONS} more` : '';
  return refuse(503, 'BLOSM_E_NO_ROOM', `no cluster has room: ${told}${more}`, RETRY_WHEN_FULL_SECONDS);
}

/** Nobody waits for the answer any more: nothing is to be made for it. @throws BlosmError BLOSM_E_TIMEOUT */
function refuseLate(deadline: AbortSignal): void {
  if (deadline.aborted) throw new BlosmError('BLOSM_E_TIMEOUT', 'the request has waited too long', { stage: 'admit' });
}

/** Resolves with nothing when the signal fires. */
function whenFired(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
