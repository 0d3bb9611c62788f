import type { BlockEvents, EventCheckpoint } from '../../ports/ledger';
import { readBlockEvents } from './block-events';
import type { ReadBlock } from './block-events';
import { Deadline } from './cancellation';
import { DELIVER_FULL, followBlocks } from './deliver';
import { readGenesisSha256, readTip } from './ledger-queries';
import type { Session } from './session';

/** Each of the two questions before a stream is opened. */
const QUESTION_TIMEOUT_MS = 5_000;

/** Every block from the checkpoint on with its valid events, empty ones too, so that checkpoints advance. */
export async function* followEvents(
  session: Session,
  from: EventCheckpoint | null,
  signal: AbortSignal,
): AsyncGenerator<BlockEvents> {
  const position = new StreamPosition(session, from, signal);
  const blocks = followBlocks<ReadBlock>(session, {
    service: DELIVER_FULL,
    read: (bytes) => readBlockEvents(bytes, session.chaincode),
    numberOf: (block) => block.blockNumber,
    startAt: (next) => position.startAt(next),
    signal,
  });
  for await (const { blockNumber, events, unreadable } of blocks) {
    for (const reason of unreadable) {
      session.log.warn({ blockNumber, reason }, 'an event cannot be read and is left out');
    }
    yield { blockNumber, events };
  }
}

/** Where to open the stream: a checkpoint counts only on the network on which it was taken. */
class StreamPosition {
  #genesisSha256: string | null;

  constructor(
    private readonly session: Session,
    private readonly from: EventCheckpoint | null,
    private readonly signal: AbortSignal,
  ) {
    this.#genesisSha256 = from?.genesisSha256 ?? null;
  }

  async startAt(next: number | null): Promise<number> {
    const genesisSha256 = await this.#ask((deadline) => readGenesisSha256(this.session, deadline));
    const isSameNetwork = genesisSha256 === this.#genesisSha256;
    if (!isSameNetwork && this.#genesisSha256 !== null) {
      const fields = { expected: this.#genesisSha256, found: genesisSha256 };
      this.session.log.warn(fields, 'this is another network than the checkpoint names: events are read from now on');
    }
    const known = next ?? this.from?.nextBlock;
    if (isSameNetwork && known !== undefined) return known;
    const tip = await this.#ask((deadline) => readTip(this.session, genesisSha256, deadline));
    this.#genesisSha256 = genesisSha256;
    return tip.height;
  }

  async #ask<T>(question: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = new Deadline({ signal: this.signal }, QUESTION_TIMEOUT_MS);
    try {
      return await question(deadline);
    } finally {
      deadline.end();
    }
  }
}
