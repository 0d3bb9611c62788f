import { get } from 'node:http';
import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { Probe } from '../../ports/probe';

const TIMEOUT_MS = 2000;
const NEVER = new AbortController().signal;

/** The Probe port by HTTP. */
export function createProbe(): Probe {
  return { isHealthy };
}

/** @throws BlosmError BLOSM_E_CANCELLED when the caller's signal fires; whatever else happens is "not healthy". */
async function isHealthy(host: string, port: number, path: string, options: CallOptions = {}): Promise<boolean> {
  const { signal: caller = NEVER, timeoutMs = TIMEOUT_MS } = options;
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = setTimeout(stop, timeoutMs);
  caller.addEventListener('abort', stop, { once: true });
  if (caller.aborted) stop();
  const status = await statusOf({ host, port, path, signal: controller.signal });
  clearTimeout(timer);
  caller.removeEventListener('abort', stop);
  if (status === 0 && caller.aborted) throw cancelled(`${host}:${port}${path}`, caller);
  return status >= 200 && status <= 299;
}

/**
 * 0: no answer. On a connection of its own, as a kept one could belong to a container that had the same address
 * before; it is closed as soon as the status is known.
 */
function statusOf(target: { host: string; port: number; path: string; signal: AbortSignal }): Promise<number> {
  return new Promise((resolve) => {
    const asked = get({ ...target, agent: false, headers: { 'user-agent': 'blosm-probe' } }, (answer) => {
      resolve(answer.statusCode ?? 0);
      answer.destroy();
    });
    asked.on('error', () => resolve(0));
  });
}

function cancelled(url: string, signal: AbortSignal): BlosmError {
  const facts = { stage: 'probe', cause: signal.reason as unknown };
  return new BlosmError('BLOSM_E_CANCELLED', `cancelled: probe of ${url}`, facts);
}
