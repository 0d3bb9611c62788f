import type { RouteDecision } from '../../agent/ports/traffic';
import type { Position } from '../../chaincode/src/model';
import type { VirtualClock } from '../fakes/virtual-clock';
import type { Life } from './mortal';
import type { WorldNode } from './world-node';

/** What became of a request, as its device sees it. */
export interface Answer {
  readonly status: number;
  readonly code: string;
  readonly reason: string;
  /** What the counter stood at after this request; null when it was not answered by a container. */
  readonly count: number | null;
  readonly servedBy: string;
  readonly instanceId: string;
  /** The device's token: the new one, or its own. */
  readonly token: string;
  readonly connectTo: string | null;
  readonly hops: readonly string[];
}

export interface DeviceRequest {
  readonly serviceId?: string;
  readonly deviceId?: string;
  readonly token?: string;
  readonly position?: Position | null;
  /** How long the container works on it. */
  readonly takesMs?: number;
}

export interface Acknowledgement {
  readonly instanceId: string;
  readonly count: number;
  readonly nodeId: string;
  readonly atMs: number;
}

/** Where a request is, and how it came there. */
interface Hop {
  readonly nodeId: string;
  /** The node that forwarded it and why; null: it came from the device. */
  readonly from: { readonly nodeId: string; readonly reason: 'owner' | 'request-migration' } | null;
  readonly path: readonly string[];
}

/** A request is decided on again once when its container took no connection, as the gateway does. */
const ATTEMPTS = 2;

/** More hops than any request needs. */
const MAX_HOPS = 5;

/** What gateways and containers do with the requests of devices. */
export class WorldDevices {
  /** Every write that a container acknowledged, in order. */
  readonly acknowledged: Acknowledgement[] = [];
  /** Writes whose answer died with the agent that was to relay it. */
  unheard = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly nodes: ReadonlyMap<string, WorldNode>,
  ) {}

  async ask(request: DeviceRequest, hop: Hop): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.askOnce(request, hop);
      if (answer !== 'unsent') return answer;
      const { token = '' } = request;
      if (attempt === ATTEMPTS) return failed(502, 'BLOSM_E_CONTAINER_UNHEALTHY', token, [...hop.path, hop.nodeId]);
    }
  }

  private async askOnce(request: DeviceRequest, { nodeId, from, path: before }: Hop): Promise<Answer | 'unsent'> {
    const node = this.nodes.get(nodeId);
    const { token = '' } = request;
    const path = [...before, nodeId];
    const unreachable = failed(502, 'BLOSM_E_PEER_UNREACHABLE', token, path);
    if (!node?.isUp || path.length > MAX_HOPS) return unreachable;
    const decision = await this.decide(node, request, from);
    if (decision === 'died') return unreachable;
    if (decision.kind === 'refuse') {
      return { ...failed(decision.status, decision.code, token, path), reason: decision.reason };
    }
    if (decision.kind === 'serve') return this.serve(node, decision, request, path);
    return this.forward(decision, request, { nodeId, from, path });
  }

  private decide(node: WorldNode, request: DeviceRequest, from: Hop['from']): Promise<RouteDecision | 'died'> {
    const { serviceId = 'counter', deviceId = '', token = '', position = null } = request;
    const forwardedBy = from?.nodeId ?? null;
    const migrated = from?.reason === 'request-migration';
    const facts = { serviceId, method: 'POST', deviceId, token, position, forwardedBy, migrated };
    return Promise.race([node.agent.router.decide(facts, new AbortController().signal), died(node.life)]);
  }

  private async forward(
    decision: Extract<RouteDecision, { kind: 'forward' }>,
    request: DeviceRequest,
    { nodeId, path }: Hop,
  ): Promise<Answer> {
    const token = decision.answer?.newToken ?? request.token ?? '';
    const from = { nodeId, reason: decision.reason };
    const answer = await this.ask({ ...request, token }, { nodeId: decision.nodeId, from, path });
    decision.release();
    return { ...answer, connectTo: answer.connectTo ?? decision.answer?.connectTo ?? null };
  }

  /** What the container at that address does: it counts in a file. */
  private async serve(
    node: WorldNode,
    decision: Extract<RouteDecision, { kind: 'serve' }>,
    { takesMs = 0, token = '' }: DeviceRequest,
    hops: readonly string[],
  ): Promise<Answer | 'unsent'> {
    try {
      if (runningAt(node, decision) === undefined) {
        decision.suspect?.();
        return 'unsent';
      }
      if (takesMs > 0) await this.clock.sleep(takesMs);
      return this.count(node, decision, token, hops);
    } finally {
      decision.release();
    }
  }

  private count(
    node: WorldNode,
    decision: Extract<RouteDecision, { kind: 'serve' }>,
    token: string,
    hops: readonly string[],
  ): Answer {
    const { instanceId, newToken, servedBy, connectTo } = decision.answer;
    const container = runningAt(node, decision);
    if (container === undefined) {
      decision.suspect?.();
      return failed(502, 'BLOSM_E_REQUEST_OUTCOME_UNKNOWN', token, hops);
    }
    const count = Number(node.engine.read(container.id, '/data/count') ?? 0) + 1;
    node.engine.write(container.id, '/data/count', String(count));
    if (node.life.over) {
      this.unheard += 1;
      return failed(502, 'BLOSM_E_REQUEST_OUTCOME_UNKNOWN', token, hops);
    }
    this.acknowledged.push({ instanceId, count, nodeId: node.nodeId, atMs: this.clock.nowMs() });
    return {
      status: 200,
      code: '',
      reason: '',
      count,
      servedBy,
      instanceId,
      token: newToken ?? token,
      connectTo,
      hops,
    };
  }
}

const runningAt = ({ engine }: WorldNode, { host }: { readonly host: string }) =>
  [...engine.containers.values()].find((c) => c.host === host && c.state === 'running');

function died(life: Life): Promise<'died'> {
  return new Promise((resolve) => life.onEnd(() => resolve('died')));
}

const failed = (status: number, code: string, token: string, hops: readonly string[]): Answer => ({
  status,
  code,
  reason: '',
  count: null,
  servedBy: '',
  instanceId: '',
  token,
  connectTo: null,
  hops,
});
