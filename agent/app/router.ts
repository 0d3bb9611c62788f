import type { InstanceRecord, Position } from '../../chaincode/src/model';
import { BlosmError } from '../../chaincode/src/model';
import { nearestCovering } from '../domain/placement';
import { parseToken, type Token } from '../domain/token';
import type { AnswerFacts, RequestFacts, RouteDecision, Router } from '../ports/traffic';
import type { Claimer } from './claimer';
import { holdMsOf } from './context';
import { deadlineAfter } from './deadline';
import type { Departures } from './departures';
import { FirstRequests, type FirstRequestParts } from './first-request';
import { FreshLooks } from './fresh-looks';
import type { Lane } from './lane';
import { requestIds } from './log-ids';
import type { Lanes } from './lanes';
import { PositionRelay } from './position-relay';
import { refuse, RETRY_AFTER_SECONDS, wordsForDevices } from './refuse';
import type { TokenHeld, TokenKeeper } from './token-keeper';

export interface RouterParts extends FirstRequestParts {
  readonly claimer: Claimer;
  readonly lanes: Lanes;
  readonly departures: Departures;
  readonly tokens: TokenKeeper;
}

/** What a device is told whose instance was removed: it gets a new one. */
const GONE = 'the instance was removed; ask again without the token';

/** Algorithm 3 for each request: which container answers it, here or elsewhere. */
export class AgentRouter implements Router {
  /** Positions that come without a request. */
  readonly positions: PositionRelay;
  private readonly first: FirstRequests;
  private readonly freshLooks: FreshLooks;

  constructor(private readonly parts: RouterParts) {
    this.freshLooks = new FreshLooks(parts.context.ledger);
    this.first = new FirstRequests(parts, (...request) => this.decideFor(...request));
    const find = async (token: Token): Promise<InstanceRecord | null> => {
      const { instance, held } = await this.find(token);
      return held.kind === 'holds' ? instance : null;
    };
    this.positions = new PositionRelay(parts.context, parts.cache, find, ({ instanceId }, position, elsewhere) => {
      const lane = this.parts.lanes.ensure(instanceId);
      lane.activity.touch();
      this.note(lane, position, elsewhere);
    });
  }

  async decide(facts: RequestFacts, signal: AbortSignal): Promise<RouteDecision> {
    try {
      const token = parseToken(facts.token);
      if (token === undefined) return await this.first.decide(facts, signal);
      const { instance, held } = await this.find(token);
      if (instance === null) return refuse(410, 'BLOSM_E_NOT_FOUND', GONE, null);
      if (held.kind !== 'holds') return refuse(401, 'BLOSM_E_FORBIDDEN', WHY_NOT[held.kind], null);
      if (instance.serviceId !== facts.serviceId) {
        return refuse(403, 'BLOSM_E_FORBIDDEN', `the token is for ${instance.serviceId}`, null);
      }
      return await this.decideFor(instance, facts, held.newToken, signal);
    } catch (error) {
      return this.failed(facts, error);
    }
  }

  reportPosition(token: string, position: Position): Promise<boolean> {
    return this.positions.report(token, position);
  }

  /** A token may be newer than what a lagging peer knows: it is nobody's only on a fresh view. */
  private async find(token: Token): Promise<Found> {
    const { cache, tokens } = this.parts;
    const known = await cache.instance(token.instanceId);
    const held = known === null ? UNKNOWN : tokens.judge(known, token);
    if (held.kind !== 'unknown') return { instance: known, held };
    await this.freshLooks.look();
    const instance = await cache.readInstance(token.instanceId);
    return { instance, held: instance === null ? UNKNOWN : tokens.judge(instance, token) };
  }

  /** A request of a known instance: served here, held until it can be, or forwarded to the owner. */
  private async decideFor(
    instance: InstanceRecord,
    facts: RequestFacts,
    newToken: string | null,
    signal: AbortSignal,
  ): Promise<RouteDecision> {
    const { lanes } = this.parts;
    const lane = lanes.get(instance.instanceId) ?? this.adopt(instance) ?? (await this.claim(instance));
    if (lane === undefined) return this.forward(instance.instanceId, instance.ownerNodeId, facts, newToken);
    const leave = lane.activity.enter();
    try {
      const decision = await this.decideOn(lane, facts, newToken, signal);
      if (decision.kind === 'refuse') leave();
      return decision.kind === 'refuse' ? decision : releasing(decision, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  private async decideOn(
    lane: Lane,
    facts: RequestFacts,
    newToken: string | null,
    signal: AbortSignal,
  ): Promise<RouteDecision> {
    const { context } = this.parts;
    const now = this.decideNow(lane, facts, newToken);
    if (now !== undefined) return now;
    const deadline = deadlineAfter(context.clock, holdMsOf(context.settings, facts.serviceId), signal);
    const heldAtMs = context.clock.nowMs();
    const release = lane.held.enter();
    try {
      // Once: each look of the lane is a change, so waking it each time would keep it looking without a pause.
      lane.wake();
      return await this.decideLater(lane, facts, newToken, deadline.signal);
    } finally {
      deadline.end();
      release();
      context.metrics?.observe('blosm_request_hold_seconds', {}, (context.clock.nowMs() - heldAtMs) / 1000);
    }
  }

  private async decideLater(
    lane: Lane,
    facts: RequestFacts,
    newToken: string | null,
    deadline: AbortSignal,
  ): Promise<RouteDecision> {
    while (!deadline.aborted) {
      await lane.changed(deadline);
      const decision = this.decideNow(lane, facts, newToken);
      if (decision !== undefined) return decision;
    }
    return refuse(503, 'BLOSM_E_TIMEOUT', waitReason(lane), RETRY_AFTER_SECONDS);
  }

  /** What the lane's present mode means for the request; undefined: it has to wait. */
  private decideNow(lane: Lane, facts: RequestFacts, newToken: string | null): RouteDecision | undefined {
    const { mode, instanceId } = lane;
    if (mode === undefined || mode.kind === 'starting') return undefined;
    if (mode.kind === 'refuse') return refuse(503, 'BLOSM_E_MIGRATION_OPEN', mode.reason, RETRY_AFTER_SECONDS);
    if (mode.kind === 'gone') return refuse(410, 'BLOSM_E_NOT_FOUND', GONE, null);
    if (mode.kind === 'forward') {
      // Whoever forwarded it sees a newer or an older ledger: one of the two views is about to change.
      return mode.nodeId === facts.forwardedBy ? undefined : this.forward(instanceId, mode.nodeId, facts, newToken);
    }
    if (facts.position !== null) this.note(lane, facts.position, facts.forwardedBy !== null);
    return {
      ...mode,
      answer: this.answer(instanceId, facts, newToken),
      release: lane.inFlight.enter(),
      suspect: () => lane.suspect(),
      leaving: lane.inFlight.leaving,
    };
  }

  /** An instance of this node always has a lane. */
  private adopt(instance: InstanceRecord): Lane | undefined {
    const isOwn = instance.ownerNodeId === this.parts.context.ledger.nodeId;
    return isOwn ? this.parts.lanes.ensure(instance.instanceId) : undefined;
  }

  /** A stateless instance of an owner that is suspended goes to the cluster that its device reaches. */
  private async claim(instance: InstanceRecord): Promise<Lane | undefined> {
    const claimed = await this.parts.claimer.claim(instance);
    return claimed === null ? undefined : this.adopt(claimed);
  }

  /** The paper's reconnect: with the position, which is what makes the owner propose. */
  private forward(instanceId: string, nodeId: string, facts: RequestFacts, newToken: string | null): RouteDecision {
    if (nodeId === facts.forwardedBy) {
      return refuse(503, 'BLOSM_E_NOT_OWNER', 'the instance is changing hands', RETRY_AFTER_SECONDS);
    }
    const answer = newToken === null ? null : this.answer(instanceId, facts, newToken);
    return { kind: 'forward', nodeId, reason: 'owner', answer, release: () => undefined };
  }

  private note(lane: Lane, position: Position, elsewhere: boolean): void {
    lane.notePosition({ position, elsewhere });
    void this.parts.departures.reported(lane);
  }

  private answer(instanceId: string, facts: RequestFacts, newToken: string | null): AnswerFacts {
    const { cache, context, lanes } = this.parts;
    const best = facts.position === null ? undefined : nearestCovering(cache.nodesNow(), facts.position);
    // A device that another cluster forwarded is connected there already.
    const isNearer = best !== undefined && best.nodeId !== context.ledger.nodeId && best.nodeId !== facts.forwardedBy;
    return {
      servedBy: context.settings.profile.name,
      instanceId,
      newToken,
      connectTo: isNearer ? best.gatewayUrl : null,
      isFresh: lanes.isFresh,
    };
  }

  private failed(facts: RequestFacts, error: unknown): RouteDecision {
    const code = error instanceof BlosmError ? error.code : 'BLOSM_E_INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    this.parts.context.log.warn({ ...requestIds(facts), code, error: message }, 'a request cannot be routed');
    return refuse(503, code, wordsForDevices(code, message), RETRY_AFTER_SECONDS);
  }
}

/** Its end is also the end of the instance's use. */
function releasing(
  decision: Exclude<RouteDecision, { kind: 'refuse' }>,
  leave: () => void,
): Exclude<RouteDecision, { kind: 'refuse' }> {
  const release = (): void => {
    decision.release();
    leave();
  };
  return { ...decision, release };
}

/** The instance that a token names, and what the token is worth there. */
interface Found {
  readonly instance: InstanceRecord | null;
  readonly held: TokenHeld;
}

const UNKNOWN: TokenHeld = { kind: 'unknown' };

const WHY_NOT = {
  unknown: 'the token is not valid',
  retired: 'the token was renewed and its new one has been used since',
} as const;

function waitReason({ mode, whyBlind }: Lane): string {
  if (mode?.kind === 'starting') return `waited too long: ${mode.reason}`;
  return `waited too long for the instance${whyBlind === null ? '' : `: ${whyBlind}`}`;
}
