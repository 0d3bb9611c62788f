import { Agent as HttpsAgent } from 'node:https';
import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { BlosmError } from '../../../chaincode/src/model';
import type { PeerDirectory } from '../../ports/peers';
import type { TlsIdentity } from './certificate';
import { connectPinned, type PinnedOptions, type PinnedTarget } from './pinned-connection';

/** How to reach another agent now: for `https.request`. */
export interface PeerLink {
  readonly nodeId: string;
  readonly host: string;
  readonly port: number;
  /** Gives only connections whose other end has shown the registered certificate. */
  readonly agent: Agent;
}

/** Connections to the other agents, by node id. */
export interface PeerLinks {
  /**
   * @throws BlosmError BLOSM_E_PEER_UNREACHABLE when the ledger knows no address of the node
   */
  linkTo(nodeId: string): PeerLink;
  close(): void;
}

export interface PeerLinksOptions {
  readonly identity: TlsIdentity;
  readonly directory: PeerDirectory;
  /** TCP and TLS together; 3 s. */
  readonly connectTimeoutMs?: number;
  /** How long an unused connection is kept; 15 s. Shorter than the server keeps it (30 s), or both would race. */
  readonly idleMs?: number;
  /** Milliseconds since 1970, for the validity of certificates. */
  readonly nowMs?: () => number;
}

/**
 * Keeps one pool of connections for each node; a changed address or certificate on the ledger starts a new one, and so
 * does a renewed certificate of our own: on connections that showed the old one nobody would be let in.
 */
export function openPeerLinks(options: PeerLinksOptions): PeerLinks {
  const pools = new Map<string, Pool>();
  const pinned: PinnedOptions = {
    identity: options.identity,
    connectTimeoutMs: options.connectTimeoutMs ?? 3000,
    nowMs: options.nowMs ?? Date.now,
  };
  const linkTo = (nodeId: string): PeerLink => {
    const target = targetOf(options.directory, nodeId);
    const known = pools.get(nodeId);
    const { certificatePem } = options.identity;
    const isSame = known?.certificatePem === certificatePem && sameTarget(known.target, target);
    if (isSame) return known.link;
    // Requests under way end on their own connections; only the unused ones go.
    known?.agent.destroyUnused();
    const agent = new PinnedAgent(target, pinned, options.idleMs ?? 15_000);
    const link = { nodeId, host: target.host, port: target.port, agent };
    pools.set(nodeId, { target, certificatePem, agent, link });
    return link;
  };
  const close = (): void => {
    for (const pool of pools.values()) pool.agent.destroy();
    pools.clear();
  };
  return { linkTo, close };
}

interface Pool {
  readonly target: PinnedTarget;
  /** Our own, which its connections have shown. */
  readonly certificatePem: string;
  readonly agent: PinnedAgent;
  readonly link: PeerLink;
}

class PinnedAgent extends HttpsAgent {
  constructor(
    private readonly target: PinnedTarget,
    private readonly pinned: PinnedOptions,
    idleMs: number,
  ) {
    // Resumed sessions would show no certificate to compare: each connection proves itself anew.
    super({ keepAlive: true, timeout: idleMs, maxCachedSessions: 0, scheduling: 'lifo' });
  }

  override createConnection(_options: unknown, callback?: (fault: Error | null, stream: Duplex) => void): undefined {
    connectPinned(this.target, this.pinned, (fault, socket) => callback?.(fault, socket as Duplex));
    // The socket is given by the callback only, after the check.
    return undefined;
  }

  destroyUnused(): void {
    for (const sockets of Object.values(this.freeSockets)) sockets?.forEach((socket) => socket.destroy());
  }
}

function targetOf(directory: PeerDirectory, nodeId: string): PinnedTarget {
  const address = directory.addressOf(nodeId);
  if (address === undefined) {
    throw new BlosmError('BLOSM_E_PEER_UNREACHABLE', `no node ${nodeId} is registered on the ledger`, {
      stage: 'connect',
      hint: 'See blosm cluster list.',
    });
  }
  const url = new URL(address.agentUrl);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 443 : Number(url.port);
  return { nodeId, host, port, certificateSha256Hex: address.certificateSha256Hex };
}

function sameTarget(a: PinnedTarget, b: PinnedTarget): boolean {
  return a.host === b.host && a.port === b.port && a.certificateSha256Hex === b.certificateSha256Hex;
}
