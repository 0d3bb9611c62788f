import type { LedgerFailure } from '../../domain/ledger-retry';
import { failureOfBroadcast } from '../../domain/ledger-retry';
import { reasonOf } from './rpc-node';
import type { RpcNode } from './rpc-node';
import { protos } from './protos';

/** What became of an envelope at the orderer. */
export type BroadcastOutcome =
  { readonly kind: 'accepted' } | { readonly kind: 'failed'; readonly failure: LedgerFailure; readonly reason: string };

const BROADCAST = '/orderer.AtomicBroadcast/Broadcast';

/**
 * Hands an envelope to an orderer. Never throws.
 * `orderer-unreachable` and `orderer-unavailable` mean that it was surely not taken; after `broadcast-unanswered` it may
 * have been.
 */
export async function broadcastEnvelope(
  orderer: RpcNode,
  envelope: Uint8Array,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<BroadcastOutcome> {
  const failed = (failure: LedgerFailure, reason: string): BroadcastOutcome => ({ kind: 'failed', failure, reason });
  const startedAtMs = performance.now();
  if (!(await orderer.isReady(timeoutMs, signal))) {
    return failed('orderer-unreachable', `no connection to the orderer ${orderer.name} (${orderer.address.target})`);
  }
  try {
    const answer = await exchange(orderer, envelope, timeoutMs - (performance.now() - startedAtMs), signal);
    const failure = failureOfBroadcast(answer.status);
    if (failure === null) return { kind: 'accepted' };
    return failed(
      failure,
      `the orderer ${orderer.name} answered ${protos.common.Status[answer.status]}: ${answer.info}`,
    );
  } catch (error) {
    return failed('broadcast-unanswered', `the orderer ${orderer.name} did not answer: ${reasonOf(error)}`);
  }
}

/** Sends one message and takes the first answer. */
async function exchange(
  orderer: RpcNode,
  envelope: Uint8Array,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<protos.orderer.BroadcastResponse> {
  const stream = orderer.duplex(BROADCAST);
  // Cancelling raises an error event after the answer was taken.
  stream.on('error', () => undefined);
  const cancel = (): void => stream.cancel();
  const timer = setTimeout(cancel, timeoutMs);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    stream.write(Buffer.from(envelope));
    for await (const bytes of stream) return protos.orderer.BroadcastResponse.decode(bytes as Buffer);
    throw new Error('the stream was closed without an answer');
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    stream.cancel();
  }
}
