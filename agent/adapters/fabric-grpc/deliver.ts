import { backoffMs } from '../../domain/backoff';
import type { BackoffPolicy } from '../../domain/backoff';
import { newHeader } from './headers';
import { reasonOf } from './rpc-node';
import type { RpcNode } from './rpc-node';
import { protos } from './protos';
import type { Session } from './session';

/** Services that deliver blocks. */
export const DELIVER_FULL = '/protos.Deliver/Deliver';
export const DELIVER_FILTERED = '/protos.Deliver/DeliverFiltered';
export const DELIVER_FROM_ORDERER = '/orderer.AtomicBroadcast/Deliver';

/** From which block on: a number (it may lie in the future), or the newest that there is. */
export type StartBlock = number | 'newest';

/** A message of a stream: a block, or the status with which the server ends. */
export type Delivered<B> = { readonly block: B } | { readonly status: number };
export type DeliverReader<B> = (bytes: Buffer) => Delivered<B>;

/** The status with which a server turns an identity away (Fabric's `Status`). */
const FORBIDDEN = 403;

/** How fast a broken stream is opened again. */
const RECONNECT: BackoffPolicy = { initialMs: 100, factor: 2, maxMs: 5_000 };
/** Without an upper end: the greatest number that the protocol's uint64 and JavaScript share. */
const FOREVER = Number.MAX_SAFE_INTEGER;

/** Builds and signs the question for blocks. @param stop the last block wanted; default: go on for ever. */
export function newSeekEnvelope(session: Session, start: StartBlock, stop: StartBlock = FOREVER): Uint8Array {
  const position = (block: StartBlock): protos.orderer.ISeekPosition =>
    block === 'newest' ? { newest: {} } : { specified: { number: block } };
  const { header } = newHeader(session, { type: protos.common.HeaderType.DELIVER_SEEK_INFO });
  const data = protos.orderer.SeekInfo.encode({
    start: position(start),
    stop: position(stop),
    behavior: protos.orderer.SeekInfo.SeekBehavior.BLOCK_UNTIL_READY,
  }).finish();
  const payload = Buffer.from(protos.common.Payload.encode({ header, data }).finish());
  return protos.common.Envelope.encode({ payload, signature: session.signer.sign(payload) }).finish();
}

/** Blocks of one stream, until it breaks (throws) or the server ends it (throws) or the signal fires (throws). */
export async function* deliverOnce<B>(
  node: RpcNode,
  service: string,
  envelope: Uint8Array,
  read: DeliverReader<B>,
  signal: AbortSignal,
): AsyncGenerator<B, never> {
  const stream = node.duplex(service);
  // Cancelling raises an error event when nobody iterates any more.
  stream.on('error', () => undefined);
  const cancel = (): void => stream.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    stream.write(Buffer.from(envelope));
    for await (const bytes of stream) {
      const message = read(bytes as Buffer);
      if ('status' in message) throw ended(node, message.status);
      yield message.block;
    }
    throw new Error(`${node.name} closed the stream`);
  } finally {
    signal.removeEventListener('abort', cancel);
    stream.cancel();
  }
}

function ended({ name }: RpcNode, status: number): Error {
  const why = status === FORBIDDEN ? ': access denied to blocks' : '';
  return new Error(`${name} ended the stream with status ${status}${why}`);
}

export interface FollowRequest<B> {
  /** Whose blocks; the own peer's when left out. */
  readonly node?: RpcNode;
  readonly service: string;
  readonly read: DeliverReader<B>;
  numberOf(block: B): number;
  /** Asked before each stream is opened; `next` is the block after the last delivered one, null before the first. */
  startAt(next: number | null): Promise<StartBlock>;
  /** Told why a stream broke, or could not be opened; it is opened again. */
  onBroken?(error: unknown): void;
  readonly signal: AbortSignal;
}

/** A peer's blocks in order, each once, without gaps; opens the stream again and again until the signal fires. */
export async function* followBlocks<B>(session: Session, request: FollowRequest<B>): AsyncGenerator<B> {
  const { signal, node = session.ownPeer } = request;
  let next: number | null = null;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const start = await request.startAt(next);
      next = typeof start === 'number' ? start : null;
      const envelope = newSeekEnvelope(session, start);
      for await (const block of deliverOnce(node, request.service, envelope, request.read, signal)) {
        const number = request.numberOf(block);
        if (next !== null && number < next) continue;
        if (next !== null && number > next) throw new Error(`block ${next} is missing: ${number} came`);
        yield block;
        next = number + 1;
        failures = 0;
      }
    } catch (error) {
      failures += 1;
      await pauseAfter(session, error, failures, { ...request, node });
    }
  }
}

async function pauseAfter(
  session: Session,
  error: unknown,
  failures: number,
  stream: Pick<FollowRequest<never>, 'service' | 'signal' | 'onBroken'> & { readonly node: RpcNode },
): Promise<void> {
  stream.onBroken?.(error);
  if (stream.signal.aborted) return;
  const waitMs = backoffMs(RECONNECT, failures, Math.random());
  const fields = { peer: stream.node.name, service: stream.service, failures, waitMs, reason: reasonOf(error) };
  // The first loss is worth a line, its repetitions are not.
  if (failures === 1) session.log.info(fields, 'the stream of blocks broke and will be opened again');
  else session.log.debug(fields, 'the stream of blocks could not be opened');
  // The signal ends the wait by an error; the caller's loop looks at the signal itself.
  await session.clock.sleep(waitMs, stream.signal).catch(() => undefined);
}
