import type { Resources, ServiceRecord } from '../../chaincode/src/model';
import { describeShortages, remainingResources } from '../domain/capacity';
import type { RoomWord } from '../domain/chances';
import type { RoomAnswer } from '../ports/peers';
import type { AgentContext } from './context';

/** How long another cluster's answer is waited for, in milliseconds. */
const ASK_TIMEOUT_MS = 1000;
/** So many clusters are asked at once: those that are off must not cost their time one after the other. */
const ASKED_AT_ONCE = 4;

/** What a service asks for. */
export type Wanted = Pick<ServiceRecord, 'serviceId' | 'need' | 'tenancy'>;

/** What another cluster has said of its room, or why it has said nothing. */
export interface Room extends RoomWord {
  readonly nodeId: string;
  /** Why not; empty when there is room. */
  readonly reason: string;
}

/** The nearest cluster that has room, or what each has said instead. */
export type Found = { readonly nodeId: string } | { readonly refusals: readonly Room[] };

interface Known {
  readonly atMs: number;
  /** Null: no answer. */
  readonly answer: RoomAnswer | null;
  readonly reason: string;
  /** What has been sent there since. */
  readonly sent: readonly Resources[];
}

/** What the other clusters' agents say of their room, believed for a while (design, section 4). */
export class RoomFinder {
  private readonly answers = new Map<string, Known>();

  constructor(private readonly context: AgentContext) {}

  /** The first of the candidates that has room. Never throws. */
  async find(candidates: readonly string[], wanted: Wanted): Promise<Found> {
    const refusals: Room[] = [];
    for (let from = 0; from < candidates.length; from += ASKED_AT_ONCE) {
      const nodeIds = candidates.slice(from, from + ASKED_AT_ONCE);
      const rooms = await Promise.all(nodeIds.map((nodeId) => this.ask(nodeId, wanted)));
      const found = rooms.find(({ hasRoom }) => hasRoom);
      if (found !== undefined) return { nodeId: found.nodeId };
      refusals.push(...rooms);
    }
    return { refusals };
  }

  /** Asks, or gives what was said a moment ago. Never throws. */
  async ask(nodeId: string, wanted: Wanted): Promise<Room> {
    const { clock, settings } = this.context;
    const key = keyOf(nodeId, wanted);
    const known = this.answers.get(key);
    if (known !== undefined && Math.abs(clock.nowMs() - known.atMs) < settings.roomMs)
      return roomOf(nodeId, known, wanted);
    const answered = await this.askNow(nodeId, wanted);
    this.answers.set(key, answered);
    return roomOf(nodeId, answered, wanted);
  }

  /** A request was sent there: what it needs is not free any more, whatever was said before. */
  taken(nodeId: string, wanted: Wanted): void {
    const known = this.answers.get(keyOf(nodeId, wanted));
    // Where one instance of a shared service has found room, all others do.
    if (known?.answer == null || wanted.tenancy === 'shared') return;
    this.answers.set(keyOf(nodeId, wanted), { ...known, sent: [...known.sent, wanted.need] });
  }

  private async askNow(nodeId: string, { serviceId, need }: Wanted): Promise<Known> {
    const { clock, peers, log } = this.context;
    try {
      const answer = await peers.room(nodeId, { serviceId, need }, { timeoutMs: ASK_TIMEOUT_MS });
      return { atMs: clock.nowMs(), answer, reason: answer.reason, sent: [] };
    } catch (error) {
      log.debug({ nodeId, error: String(error) }, 'no answer about room');
      const reason = error instanceof Error ? error.message : String(error);
      return { atMs: clock.nowMs(), answer: null, reason: `its agent does not say: ${reason}`, sent: [] };
    }
  }
}

const keyOf = (nodeId: string, { serviceId }: Wanted): string => `${nodeId} ${serviceId}`;

function roomOf(nodeId: string, { answer, reason, sent }: Known, { need, tenancy }: Wanted): Room {
  if (answer?.hasRoom !== true) return { nodeId, answers: answer !== null, hasRoom: false, reason };
  if (tenancy === 'shared') return { nodeId, answers: true, hasRoom: true, reason: '' };
  const short = describeShortages(need, remainingResources(answer.remaining, sent));
  return { nodeId, answers: true, hasRoom: short.length === 0, reason: short.join('; ') };
}
