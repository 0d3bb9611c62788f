import type { CallOptions } from '../../agent/ports/call';
import type { Clock } from '../../agent/ports/clock';
import type { Peers } from '../../agent/ports/peers';
import { BlosmError } from '../../chaincode/src/model';

/** The default of the port, in milliseconds. */
const DEFAULT_TIMEOUT_MS = 5000;

/** A message that gets lost on its way there (`request`) or on its way back (`answer`). */
export interface Loss {
  readonly operation: keyof Peers;
  readonly what: 'request' | 'answer';
  /** How often. */
  times: number;
}

/** Calls to other agents of which some messages get lost. */
export function lossy(peers: Peers, losses: readonly Loss[]): Peers {
  return new Proxy(peers, {
    get(target, name) {
      const member = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]): Promise<unknown> => {
        const loss = losses.find((one) => one.operation === name && one.times > 0);
        if (loss !== undefined) loss.times -= 1;
        if (loss?.what !== 'request') {
          const answer = await Reflect.apply(member, target, args);
          if (loss === undefined) return answer;
        }
        return new Promise(() => undefined);
      };
    },
  });
}

/** Calls to other agents with the deadline that the port promises, in simulated time. */
export function patient(peers: Peers, clock: Clock): Peers {
  const within = async <T>(
    options: CallOptions | undefined,
    call: (options: CallOptions) => Promise<T>,
  ): Promise<T> => {
    const timeoutMs = options?.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const stop = new AbortController();
    const late = clock.sleep(timeoutMs, stop.signal).then(() => {
      throw new BlosmError('BLOSM_E_TIMEOUT', `no answer in ${timeoutMs} ms`, { stage: 'peer' });
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([call(options ?? {}), late]);
    } finally {
      stop.abort();
    }
  };
  return {
    room: (nodeId, request, options) => within(options, (o) => peers.room(nodeId, request, o)),
    pick: (nodeId, order, options) => within(options, (o) => peers.pick(nodeId, order, o)),
    image: (nodeId, order, options) => within(options, (o) => peers.image(nodeId, order, o)),
    progress: (nodeId, id, options) => within(options, (o) => peers.progress(nodeId, id, o)),
    position: (nodeId, message, options) => within(options, (o) => peers.position(nodeId, message, o)),
    token: (nodeId, id, options) => within(options, (o) => peers.token(nodeId, id, o)),
    runSpec: (nodeId, id, options) => within(options, (o) => peers.runSpec(nodeId, id, o)),
  };
}
