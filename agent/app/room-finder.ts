import type { Resources } from '../../chaincode/src/model';
import type { AgentContext } from './context';

/** How long another cluster's answer is believed, and how long it is waited for, in milliseconds. */
const ANSWER_AGE_MS = 1000;
const ASK_TIMEOUT_MS = 1000;

/** Asks the next nearest clusters for room (request migration), one after the other. */
export class RoomFinder {
  private readonly answers = new Map<string, { readonly hasRoom: boolean; readonly atMs: number }>();

  constructor(private readonly context: AgentContext) {}

  /** The first of the candidates that has room; undefined: none says so. */
  async find(candidates: readonly string[], serviceId: string, need: Resources): Promise<string | undefined> {
    for (const nodeId of candidates) {
      if (await this.hasRoom(nodeId, serviceId, need)) return nodeId;
    }
    return undefined;
  }

  private async hasRoom(nodeId: string, serviceId: string, need: Resources): Promise<boolean> {
    const { clock, peers, log } = this.context;
    const key = `${nodeId} ${serviceId}`;
    const known = this.answers.get(key);
    // Only a "no" is believed for a while: a "yes" changes with every instance that is created there.
    if (known?.hasRoom === false && Math.abs(clock.nowMs() - known.atMs) < ANSWER_AGE_MS) return false;
    const hasRoom = await peers
      .room(nodeId, { serviceId, need }, { timeoutMs: ASK_TIMEOUT_MS })
      .then((answer) => answer.hasRoom)
      .catch((error: unknown) => {
        log.debug({ nodeId, error: String(error) }, 'no answer about room');
        return false;
      });
    this.answers.set(key, { hasRoom, atMs: clock.nowMs() });
    return hasRoom;
  }
}
