import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import {
  startGateway,
  type Gateway,
  type GatewayLimits,
  type GatewayOptions,
} from '../../../../agent/adapters/gateway';
import { startPeerServer } from '../../../../agent/adapters/peers';
import { openPeerLinks } from '../../../../agent/adapters/tls';
import { BlosmError, type Position } from '../../../../chaincode/src/model';
import type { AnswerFacts, RequestFacts, RouteDecision, Router } from '../../../../agent/ports/traffic';
import { recordingHandlers } from '../../../contract/peers.contract';
import { makeCertificate, type TestCertificate } from '../../../support/certificates';
import { quietLog, TestDirectory } from '../peers/two-agents';

export const plainAnswer: AnswerFacts = {
  servedBy: 'Edge1MSP',
  instanceId: 'ins-1',
  newToken: null,
  connectTo: null,
  isFresh: true,
};

/** A Router that a test scripts; it counts what it gave and what was given back. */
export class ScriptedRouter implements Router {
  readonly asked: RequestFacts[] = [];
  readonly signals: AbortSignal[] = [];
  readonly positions: [string, Position][] = [];
  decisions = 0;
  released = 0;
  /** Of each decision, how often it was released. */
  readonly releases: number[] = [];

  constructor(public route: (facts: RequestFacts, nth: number) => RouteDecision | Promise<RouteDecision>) {}

  async decide(facts: RequestFacts, signal: AbortSignal): Promise<RouteDecision> {
    this.asked.push(facts);
    this.signals.push(signal);
    const nth = this.decisions++;
    const decision = await this.route(facts, nth);
    if (decision.kind === 'refuse') return decision;
    this.releases[nth] = 0;
    const release = (): void => {
      this.releases[nth] = (this.releases[nth] ?? 0) + 1;
      this.released += 1;
    };
    return { ...decision, release };
  }

  reportPosition(token: string, position: Position): Promise<boolean> {
    this.positions.push([token, position]);
    if (token.startsWith('far')) return Promise.reject(new BlosmError('BLOSM_E_PEER_UNREACHABLE', 'no agent there'));
    return Promise.resolve(token.startsWith('good'));
  }
}

const release = (): void => undefined;

export const serveAt = (port: number, answer: Partial<AnswerFacts> = {}): RouteDecision => ({
  kind: 'serve',
  host: '127.0.0.1',
  port,
  answer: { ...plainAnswer, ...answer },
  release,
});

export const forwardTo = (
  nodeId: string,
  reason: 'owner' | 'request-migration' = 'owner',
  answer: AnswerFacts | null = null,
): RouteDecision => ({ kind: 'forward', nodeId, reason, answer, release });

/** Everything a test starts, ended in the reverse order. */
export class Stage {
  readonly directory = new TestDirectory();
  private readonly ends: (() => unknown)[] = [];

  onEnd(end: () => unknown): void {
    this.ends.push(end);
  }

  async end(): Promise<void> {
    for (const end of this.ends.reverse()) await end();
    this.ends.length = 0;
  }

  /** A container of a service. */
  async service(listener: RequestListener, options: ServerOptions = {}): Promise<{ server: Server; port: number }> {
    const server = createServer(options, listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.onEnd(() => {
      server.closeAllConnections();
      server.close();
    });
    return { server, port: (server.address() as AddressInfo).port };
  }

  async gateway(
    router: Router,
    limits: Partial<GatewayLimits> = {},
    more: Partial<GatewayOptions> = {},
  ): Promise<Gateway & { port: number; url: string }> {
    return (await this.agent('Edge1MSP', router, limits, more)).gateway;
  }

  /** A gateway and its peer server, registered in the directory. */
  async agent(
    nodeId: string,
    router: Router,
    limits: Partial<GatewayLimits> = {},
    more: Partial<GatewayOptions> = {},
  ): Promise<{
    gateway: Gateway & { port: number; url: string };
    certificate: TestCertificate;
    peerPort: number;
    cutOff: () => Promise<void>;
  }> {
    const certificate = await makeCertificate(nodeId);
    const identity = { identity: certificate, directory: this.directory };
    const links = openPeerLinks(identity);
    const all = { closeGraceMs: 100, ...limits };
    const listen = '127.0.0.1:0';
    const gateway = await startGateway({ listen, router, forwarder: links, log: quietLog, limits: all, ...more });
    const handlers = recordingHandlers([]);
    const peers = await startPeerServer({
      nodeId,
      ...identity,
      listen,
      handlers,
      forward: gateway.forwarded,
      log: quietLog,
      closeGraceMs: 100,
    });
    this.directory.nodes.set(nodeId, {
      agentUrl: `https://127.0.0.1:${peers.address.port}`,
      certificateSha256Hex: certificate.sha256Hex,
    });
    this.onEnd(async () => {
      await gateway.close();
      await peers.close();
      links.close();
    });
    const { port } = gateway.address;
    return {
      gateway: { ...gateway, port, url: `${more.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}` },
      certificate,
      peerPort: peers.address.port,
      cutOff: () => peers.close(),
    };
  }
}

export async function readAll(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

/** Answers with what arrived. */
export const mirror: RequestListener = (request: IncomingMessage, response: ServerResponse) => {
  const answer = (body: string): void => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.rawHeaders, body }));
  };
  readAll(request).then(answer, () => undefined);
};

/** A device that speaks byte by byte. */
export class RawDevice {
  private text = '';
  private readonly wake = new Set<() => void>();
  ended = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      this.wake.forEach((wake) => wake());
    });
    socket.on('close', () => {
      this.ended = true;
      this.wake.forEach((wake) => wake());
    });
    socket.on('error', () => undefined);
  }

  static async connect(port: number): Promise<RawDevice> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawDevice(socket);
  }

  /** Another agent, or who shows no certificate, at a peer server. */
  static async connectByTls(port: number, certificate?: TestCertificate): Promise<RawDevice> {
    const identity = certificate && { cert: certificate.certificatePem, key: certificate.privateKeyPem };
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...identity });
    await once(socket, 'secureConnect');
    return new RawDevice(socket);
  }

  get received(): string {
    return this.text;
  }

  /** Waits until the text satisfies the condition. */
  async until(condition: (text: string) => boolean): Promise<string> {
    while (!condition(this.text)) {
      if (this.ended) throw new Error(`the connection closed after: ${this.text}`);
      await this.change();
    }
    return this.text;
  }

  async closed(): Promise<string> {
    while (!this.ended) await this.change();
    return this.text;
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.wake.delete(wake);
        resolve();
      };
      this.wake.add(wake);
    });
  }
}

/** Polls until it holds. */
export async function eventually(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 4000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A problem answer's code. */
export async function codeOf(answer: Response): Promise<string> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  return ((await answer.json()) as { code: string }).code;
}
