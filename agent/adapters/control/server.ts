import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model';
import type { ControlService } from '../../ports/control';
import type { Log } from '../../ports/log';
import type { MetricsPage } from '../../ports/metrics';
import type { ListenAddress } from '../tls';
import { createApplication } from './application';
import { startTcpControl, type TcpControl, type TcpControlOptions } from './tcp-server';

export interface ControlServerOptions {
  readonly service: ControlService;
  /** Path of the unix socket; who may read and write it may command the agent. */
  readonly socketPath: string;
  /** Also over TCP, with mutual TLS; none: only the socket. */
  readonly tcp?: TcpControlOptions | undefined;
  /** What `GET /metrics` answers; none: 404. */
  readonly metrics?: MetricsPage | undefined;
  readonly log: Log;
}

/** Answers a request; with a refusal it answers that alone. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse, refusal?: BlosmError) => void;

export interface ControlServer {
  /** Where it listens over TCP; undefined: nowhere. */
  readonly tcpAddress: ListenAddress | undefined;
  /** The agent's identity was renewed. */
  renew(): void;
  /** Stops listening, ends open connections and takes the socket away. */
  close(): Promise<void>;
}

const SOCKET_MODE = 0o660;
/** Longest path that a unix socket can have on Linux, less the closing zero (unix(7)). */
const MAX_PATH_BYTES = 107;

/**
 * Serves the control API on a unix socket, and over TCP where that is asked for.
 * @throws BlosmError BLOSM_E_AGENT_RUNNING when another agent answers there; BLOSM_E_CONFIG_INVALID when it cannot be made
 */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { socketPath, log, tcp: tcpOptions } = options;
  if (Buffer.byteLength(socketPath) > MAX_PATH_BYTES) {
    throw unusable(socketPath, `the path has more than ${MAX_PATH_BYTES} bytes`);
  }
  const handle = createApplication(options);
  const server = createServer((request, response) => handle(request, response));
  try {
    await mkdir(dirname(socketPath), { recursive: true, mode: 0o755 });
    await clearStaleSocket(socketPath);
    await listen(server, socketPath);
    await chmod(socketPath, SOCKET_MODE);
  } catch (cause) {
    server.close();
    throw cause instanceof BlosmError ? cause : unusable(socketPath, String(cause), cause);
  }
  const tcp = await startTcp(tcpOptions, handle, log).catch(async (error: unknown) => {
    await close(server);
    throw error;
  });
  log.info({ socketPath, tcp: tcp?.address }, 'the control API listens');
  return {
    tcpAddress: tcp?.address,
    renew: () => tcp?.renew(),
    close: async () => {
      await Promise.all([close(server), tcp?.close()]);
    },
  };
}

async function startTcp(
  options: TcpControlOptions | undefined,
  handle: RequestHandler,
  log: Log,
): Promise<TcpControl | undefined> {
  return options === undefined ? undefined : startTcpControl(options, handle, log);
}

const unusable = (socketPath: string, why: string, cause?: unknown): BlosmError =>
  new BlosmError('BLOSM_E_CONFIG_INVALID', `cannot listen on control.socket ${socketPath}: ${why}`, {
    stage: 'control',
    cause,
    hint: 'Set control.socket to a short path in a folder that the agent may write.',
  });

/** A socket that nobody answers on is what a killed agent left behind; anything else is not the agent's to remove. */
async function clearStaleSocket(socketPath: string): Promise<void> {
  const found = await lstat(socketPath).catch(() => null);
  if (found === null) return;
  if (!found.isSocket()) throw unusable(socketPath, 'there is a file of this name that is no socket');
  if (await isAnswered(socketPath)) {
    throw new BlosmError('BLOSM_E_AGENT_RUNNING', `an agent answers on ${socketPath}`, { stage: 'control' });
  }
  await rm(socketPath, { force: true });
}

/** Whoever may not connect, or has to wait for that, has found somebody who listens. */
function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(!NOBODY.has(error.code ?? '')));
  });
}

const NOBODY: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT']);

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
