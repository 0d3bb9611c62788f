import { backoffMs } from '../../domain/backoff';
import type { BackoffPolicy } from '../../domain/backoff';
import { Deadline, untilAborted } from './cancellation';
import type { NodeAddress } from './connection-profile';
import type { DiscoveredNetwork } from './discovery';
import { reasonOf } from './rpc-node';
import type { RpcNode } from './rpc-node';
import type { Session } from './session';

/** Peers that failed are asked last for so long. */
const DOUBT_MS = 15_000;
/** The SDK would never ask again; organisations join, peers come and go. */
const REFRESH_AFTER_MS = 60_000;
/** An own peer that hangs must not hold up a call that the others, who are known, could endorse. */
const PATIENCE_WHEN_KNOWN_MS = 1_000;
/**
 * A peer that takes in the next definition of the chaincode names nobody for a moment. (It says the same for ever where
 * the chaincode is not deployed.)
 */
const NAMES_NOBODY = /failed constructing descriptor/;
const ASK_AGAIN: BackoffPolicy = { initialMs: 50, factor: 2, maxMs: 1_000 };

export interface DirectoryParts {
  discover(signal: AbortSignal): Promise<DiscoveredNetwork>;
  connect(address: NodeAddress): RpcNode;
  /** From the connection profile; empty: take those that discovery tells. */
  readonly orderers: readonly NodeAddress[];
}

/** The peers and orderers of the channel as last discovered, with one connection each. */
export class PeerDirectory {
  readonly #nodes = new Map<string, RpcNode>();
  readonly #doubtedUntilMs = new Map<string, number>();
  #known: DiscoveredNetwork | null = null;
  #knownAtMs = 0;
  #isStale = false;
  #refreshing: Promise<DiscoveredNetwork> | null = null;
  readonly #closed = new AbortController();
  #turn = 0;

  constructor(
    private readonly session: Session,
    private readonly parts: DirectoryParts,
  ) {}

  /**
   * The network: the first time, and after a doubt, as discovered now; later as known, renewed behind the
   * caller's back when it is old. As long as nothing is known a peer that names nobody is asked again.
   * @throws BlosmError BLOSM_E_LEDGER_UNREACHABLE, BLOSM_E_CANCELLED, or the ServiceError of gRPC
   */
  async network(signal: AbortSignal): Promise<DiscoveredNetwork> {
    if (this.#known !== null) return this.#isStale ? this.#refreshedSoon(signal) : this.#asKnown(this.#known);
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#refreshOrKeep(signal);
      } catch (error) {
        if (!NAMES_NOBODY.test(reasonOf(error))) throw error;
        // The signal ends the wait by an error of its own; what the peer said is what the caller needs.
        await this.session.clock.sleep(backoffMs(ASK_AGAIN, failures, Math.random()), signal).catch(() => undefined);
        if (signal.aborted) throw error;
      }
    }
  }

  /** Discovery will be asked again before the next use. */
  expire(): void {
    this.#isStale = true;
  }

  /** This peer will be asked last for a while, and discovery asked whether it is still there. */
  doubt(name: string, reason: string): void {
    const nowMs = this.session.clock.nowMs();
    const isNew = (this.#doubtedUntilMs.get(name) ?? 0) <= nowMs;
    this.#doubtedUntilMs.set(name, nowMs + DOUBT_MS);
    if (!isNew) return;
    this.#isStale = true;
    this.session.log.info({ peer: name, reason }, 'a peer does not endorse in time; it is asked last for a while');
  }

  /** All peers: those of the own organisation first, the others in turns, those in doubt last. */
  preference(network: DiscoveredNetwork): readonly string[] {
    const names = [...network.peers.keys()].sort();
    this.#turn += 1;
    const from = names.length === 0 ? 0 : this.#turn % names.length;
    const inTurn = [...names.slice(from), ...names.slice(0, from)];
    const nowMs = this.session.clock.nowMs();
    const rank = (name: string): number => {
      if ((this.#doubtedUntilMs.get(name) ?? 0) > nowMs) return 2;
      return network.peers.get(name)?.mspId === this.session.mspId ? 0 : 1;
    };
    return inTurn.sort((a, b) => rank(a) - rank(b));
  }

  peer(network: DiscoveredNetwork, name: string): RpcNode | undefined {
    const address = network.peers.get(name);
    return address === undefined ? undefined : this.#connected(address);
  }

  async orderers(signal: AbortSignal): Promise<readonly RpcNode[]> {
    const addresses = this.parts.orderers.length > 0 ? this.parts.orderers : (await this.network(signal)).orderers;
    return addresses.map((address) => this.#connected(address));
  }

  close(): void {
    this.#closed.abort();
    for (const node of this.#nodes.values()) node.close();
    this.#nodes.clear();
  }

  #connected(address: NodeAddress): RpcNode {
    if (address.target === this.session.ownPeer.address.target) return this.session.ownPeer;
    const known = this.#nodes.get(address.target);
    if (known !== undefined && known.address.tls?.rootsPem === address.tls?.rootsPem) return known;
    known?.close();
    const node = this.parts.connect(address);
    this.#nodes.set(address.target, node);
    return node;
  }

  #asKnown(known: DiscoveredNetwork): DiscoveredNetwork {
    const isOld = this.session.clock.nowMs() - this.#knownAtMs > REFRESH_AFTER_MS;
    if (isOld) void this.#refreshOrKeep(this.#closed.signal);
    return known;
  }

  async #refreshedSoon(signal: AbortSignal): Promise<DiscoveredNetwork> {
    const patience = new Deadline({ signal }, PATIENCE_WHEN_KNOWN_MS);
    return this.#refreshOrKeep(patience.signal).finally(() => patience.end());
  }

  /** One discovery at a time; what is known stays in use when it fails, or takes too long. */
  async #refreshOrKeep(signal: AbortSignal): Promise<DiscoveredNetwork> {
    // Shared by several callers, so that none of their signals may end it.
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
    try {
      return await untilAborted(this.#refreshing, signal);
    } catch (error) {
      if (this.#known === null) throw error;
      this.session.log.debug({ reason: reasonOf(error) }, 'discovery failed; the known peers stay in use');
      return this.#known;
    }
  }

  async #refresh(): Promise<DiscoveredNetwork> {
    const found = await this.parts.discover(this.#closed.signal);
    this.#known = found;
    this.#knownAtMs = this.session.clock.nowMs();
    this.#isStale = false;
    return found;
  }
}
