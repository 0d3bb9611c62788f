import { BlosmError } from '../../../../chaincode/src/model';
import type { ChainBlock } from '../../../domain/chain-facts';
import { Deadline } from '../cancellation';
import { DELIVER_FULL, deliverOnce, newSeekEnvelope } from '../deliver';
import type { Delivered } from '../deliver';
import { readHeight } from '../ledger-queries';
import { protos } from '../protos';
import { reasonOf } from '../rpc-node';
import type { Session } from '../session';
import { BlockFactsReader } from './block-facts';
import { rawBlockOf } from './raw-block';
import type { RawBlock } from './raw-block';

const QUESTION_TIMEOUT_MS = 5_000;

/**
 * The own peer's blocks for whoever verifies them: see the port. Each is taken from the stream when it is asked for, so
 * that a slow reader slows the peer down instead of filling the memory.
 */
export async function* peerChain(
  session: Session,
  first: number,
  last: number | null,
  signal: AbortSignal,
): AsyncGenerator<ChainBlock> {
  const reader = new BlockFactsReader();
  let next = first;
  for await (const block of peerBlocks(session, first, last, signal)) {
    yield readOrNot(reader, block, next);
    next += 1;
  }
}

function readOrNot(reader: BlockFactsReader, block: RawBlock, expected: number): ChainBlock {
  try {
    return reader.read(block);
  } catch (error) {
    return { number: expected, unreadable: reasonOf(error) };
  }
}

/**
 * The own peer's blocks from `first` to `last`, or to the newest that it has.
 * @throws BlosmError BLOSM_E_LEDGER_UNREACHABLE, BLOSM_E_CANCELLED
 */
export async function* peerBlocks(
  session: Session,
  first: number,
  last: number | null,
  signal: AbortSignal,
): AsyncGenerator<RawBlock> {
  try {
    const newest = (await askHeight(session, signal)) - 1;
    const end = Math.min(last ?? newest, newest);
    if (first > end) return;
    const envelope = newSeekEnvelope(session, first, end);
    let left = end - first + 1;
    for await (const block of deliverOnce(session.ownPeer, DELIVER_FULL, envelope, readDelivered, signal)) {
      yield block;
      left -= 1;
      if (left === 0) return;
    }
  } catch (error) {
    if (signal.aborted) throw new BlosmError('BLOSM_E_CANCELLED', 'the blocks are not wanted any more');
    if (error instanceof BlosmError) throw error;
    const { name, address } = session.ownPeer;
    throw new BlosmError(
      'BLOSM_E_LEDGER_UNREACHABLE',
      `blocks of the own peer ${name} (${address.target}): ${reasonOf(error)}`,
      { stage: 'query', cause: error },
    );
  }
}

async function askHeight(session: Session, signal: AbortSignal): Promise<number> {
  const deadline = new Deadline({ signal }, QUESTION_TIMEOUT_MS);
  try {
    return await readHeight(session, deadline);
  } finally {
    deadline.end();
  }
}

function readDelivered(bytes: Uint8Array): Delivered<RawBlock> {
  const response = protos.protos.DeliverResponse.decode(bytes);
  return response.block ? { block: rawBlockOf(response.block, bytes.length) } : { status: response.status ?? 0 };
}
