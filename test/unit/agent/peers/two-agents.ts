import {
  connectPeers,
  startPeerServer,
  type ForwardEntry,
  type PeerConnections,
  type PeerServer,
} from '../../../../agent/adapters/peers';
import type { PeerDirectory, PeerHandlers } from '../../../../agent/ports/peers';
import type { Log } from '../../../../agent/ports/log';
import type { ProtocolRange } from '../../../../agent/domain/protocol';
import { makeCertificate, type TestCertificate } from '../../../support/certificates';

const nothing = () => undefined;
export const quietLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** The node records of a ledger, as far as agents need them to find and trust each other. */
export class TestDirectory implements PeerDirectory {
  readonly nodes = new Map<string, { agentUrl: string; certificateSha256Hex: string }>();

  nodeOfCertificate(sha256Hex: string): string | undefined {
    return [...this.nodes].find(([, node]) => node.certificateSha256Hex === sha256Hex)?.[0];
  }

  addressOf(nodeId: string) {
    return this.nodes.get(nodeId);
  }
}

export const noForward: ForwardEntry = {
  maxHeaderBytes: 32 * 1024,
  request: (_request, response) => void response.writeHead(501).end(),
  upgrade: (_request, socket) => void socket.destroy(),
};

export interface TwoAgents {
  readonly directory: TestDirectory;
  readonly caller: TestCertificate;
  readonly server: PeerServer;
  readonly peers: PeerConnections;
  stop(): Promise<void>;
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

const given = <T extends object>(options: T): Given<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;

/** Edge2MSP's real server and Edge1MSP's real client on loopback. */
export async function startTwoAgents(
  handlers: PeerHandlers,
  options: {
    caller?: TestCertificate;
    callee?: TestCertificate;
    nowMs?: () => number;
    callerSpeaks?: ProtocolRange;
    calleeSpeaks?: ProtocolRange;
    calleeRelease?: string;
    log?: Log;
    maxConnections?: number;
    closeGraceMs?: number;
  } = {},
): Promise<TwoAgents> {
  const directory = new TestDirectory();
  const caller = options.caller ?? (await makeCertificate('agent.edge1'));
  const callee = options.callee ?? (await makeCertificate('agent.edge2'));
  const server = await startPeerServer({
    nodeId: 'Edge2MSP',
    identity: callee,
    listen: '127.0.0.1:0',
    directory,
    handlers,
    forward: noForward,
    log: options.log ?? quietLog,
    closeGraceMs: options.closeGraceMs ?? 100,
    ...given({
      nowMs: options.nowMs,
      protocol: options.calleeSpeaks,
      maxConnections: options.maxConnections,
      release: options.calleeRelease,
    }),
  });
  const agentUrl = `https://127.0.0.1:${server.address.port}`;
  directory.nodes.set('Edge1MSP', { agentUrl: 'https://127.0.0.1:1', certificateSha256Hex: caller.sha256Hex });
  directory.nodes.set('Edge2MSP', { agentUrl, certificateSha256Hex: callee.sha256Hex });
  const speaks = options.callerSpeaks === undefined ? {} : { protocol: options.callerSpeaks };
  const peers = connectPeers({ nodeId: 'Edge1MSP', identity: caller, directory, ...speaks });
  const stop = async () => {
    peers.close();
    await server.close();
  };
  return { directory, caller, server, peers, stop };
}
