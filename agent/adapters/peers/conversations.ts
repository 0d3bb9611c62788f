import { BlosmError } from '../../../chaincode/src/model';
import {
  agree,
  compareSpeakers,
  formatRange,
  parseRange,
  parseRelease,
  type Introduction,
  type Speaker,
} from '../../domain/protocol';
import type { Message, RawAnswer } from './call';
import { versioned } from './paths';

/** A message before it is known under which version it is sent. */
export type Question = Omit<Message, 'protocol'>;

const UPGRADE_REQUIRED = 426;
const NOT_FOUND = 404;

/**
 * Which version of the protocol is spoken with whom. The first message to an agent is sent under the newest version of
 * our own; one that does not speak it acts on nothing and says what it speaks instead, and the message is sent again
 * under what both speak. An agent may be replaced by an older or newer release at any time: each answer tells.
 */
export class Conversations {
  private readonly agreed = new Map<string, number>();
  private readonly introductions = new Map<string, Introduction>();

  constructor(private readonly own: Speaker) {}

  /**
   * @param send sends a message and reads the answer
   * @throws BlosmError BLOSM_E_PROTOCOL_VERSION when no version is spoken by both; what `send` throws
   */
  async ask(nodeId: string, question: Question, send: (message: Message) => Promise<RawAnswer>): Promise<RawAnswer> {
    const version = this.agreed.get(nodeId) ?? this.own.newest;
    const answer = await send(this.under(version, question));
    const next = this.hear(nodeId, answer);
    if (next === version || !isUnread(answer)) return answer;
    const again = await send(this.under(next, question));
    this.hear(nodeId, again);
    return again;
  }

  /** What a node has said of itself with its last answer; undefined: it has not answered. */
  introductionOf(nodeId: string): Introduction | undefined {
    return this.introductions.get(nodeId);
  }

  private under(version: number, { method, path, text }: Question): Message {
    return { method, path: versioned(path, version), text, protocol: formatRange(this.own) };
  }

  /** The version for the next message, as of an answer. */
  private hear(nodeId: string, { protocol, release }: RawAnswer): number {
    const other = parseRange(protocol);
    this.introductions.set(nodeId, { protocol: other, release: parseRelease(release) });
    const version = agree(this.own, other);
    if (version === undefined) {
      this.agreed.delete(nodeId);
      throw new BlosmError('BLOSM_E_PROTOCOL_VERSION', compareSpeakers(this.own, { ...other, nodeId }), {
        stage: 'peers',
      });
    }
    this.agreed.set(nodeId, version);
    return version;
  }
}

/** Nobody has acted on it: of an agent that says nothing a path of another version is just not there. */
const isUnread = ({ status, protocol }: RawAnswer): boolean =>
  status === UPGRADE_REQUIRED || (status === NOT_FOUND && protocol === undefined);
