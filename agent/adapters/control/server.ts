import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model';
import type { ControlService } from '../../ports/control';
import type { Log } from '../../ports/log';
import { createApplication } from './application';

export interface ControlServerOptions {
  readonly service: ControlService;
  /** Path of the unix socket; who may read and write it may command the agent. */
  readonly socketPath: string;
  readonly log: Log;
}

export interface ControlServer {
  /** Stops listening, ends open connections and takes the socket away. */
  close(): Promise<void>;
}

const SOCKET_MODE = 0o660;
/** Longest path that a unix socket can have on Linux, less the closing zero (unix(7)). */
const MAX_PATH_BYTES = 107;

/**
 * Serves the control API on a unix socket.
 * @throws BlosmError BLOSM_E_AGENT_RUNNING when another agent answers there; BLOSM_E_CONFIG_INVALID when it cannot be made
 */
export async function startControlServer({ service, socketPath, log }: ControlServerOptions): Promise<ControlServer> {
  if (Buffer.byteLength(socketPath) > MAX_PATH_BYTES) {
    throw unusable(socketPath, `the path has more than ${MAX_PATH_BYTES} bytes`);
  }
  const server = createServer(createApplication(service, log));
  try {
    await mkdir(dirname(socketPath), { recursive: true, mode: 0o755 });
    await clearStaleSocket(socketPath);
    await listen(server, socketPath);
    await chmod(socketPath, SOCKET_MODE);
  } catch (cause) {
    server.close();
    throw cause instanceof BlosmError ? cause : unusable(socketPath, String(cause), cause);
  }
  log.info({ socketPath }, 'the control API listens');
  return { close: () => close(server) };
}

const unusable = (socketPath: string, why: string, cause?: unknown): BlosmError =>
  new BlosmError('BLOSM_E_CONFIG_INVALID', `cannot listen on control.socket ${socketPath}: ${why}`, {
    stage: 'control',
    cause,
    hint: 'Set control.socket to a short path in a folder that the agent may write.',
  });

/** A socket that nobody answers on is what a killed agent left behind. */
async function clearStaleSocket(socketPath: string): Promise<void> {
  if (await isAnswered(socketPath)) {
    throw new BlosmError('BLOSM_E_AGENT_RUNNING', `an agent answers on ${socketPath}`, { stage: 'control' });
  }
  await rm(socketPath, { force: true });
}

function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

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
