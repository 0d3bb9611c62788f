/** Versions of the agent-to-agent protocol that an agent speaks, both ends included. */
export interface ProtocolRange {
  readonly oldest: number;
  readonly newest: number;
}

/**
 * What this release speaks. A version is raised when a message changes so that an agent of the version before could not
 * read it, and an old one is kept until no cluster runs it any more.
 */
export const PROTOCOL: ProtocolRange = { oldest: 1, newest: 1 };

/** Header line by which each side says what it speaks. */
export const PROTOCOL_HEADER = 'x-blosm-protocol';

/** What an agent speaks that says nothing: the first release did not say it. */
const UNSAID: ProtocolRange = { oldest: 1, newest: 1 };

/** Header line by which an agent tells its release to those whom it answers; for people, nothing is decided by it. */
export const RELEASE_HEADER = 'x-blosm-release';

/** What an agent says of itself with an answer. */
export interface Introduction {
  readonly protocol: ProtocolRange;
  /** E.g. `0.1.0`; null: it does not say, as the first release did not. */
  readonly release: string | null;
}

/** A release as it may be shown to people; null: none was told, or nothing that could be one. */
export const parseRelease = (text: string | undefined): string | null =>
  text !== undefined && /^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/.test(text) ? text : null;

export const formatRange = ({ oldest, newest }: ProtocolRange): string => `${oldest}-${newest}`;

/** Reads what the other side says; what cannot be read counts as unsaid. */
export function parseRange(text: string | undefined): ProtocolRange {
  const [, oldest, newest] = /^(\d{1,6})-(\d{1,6})$/.exec(text ?? '') ?? [];
  if (oldest === undefined || newest === undefined || Number(oldest) > Number(newest)) return UNSAID;
  return { oldest: Number(oldest), newest: Number(newest) };
}

/** The newest version that both speak; undefined: there is none. */
export function agree(one: ProtocolRange, other: ProtocolRange): number | undefined {
  const newest = Math.min(one.newest, other.newest);
  return newest >= Math.max(one.oldest, other.oldest) ? newest : undefined;
}

export const speaks = ({ oldest, newest }: ProtocolRange, version: number): boolean =>
  oldest <= version && version <= newest;

export const describeRange = ({ oldest, newest }: ProtocolRange): string =>
  oldest === newest ? `version ${oldest}` : `versions ${oldest} to ${newest}`;

/** An agent by its node id, and what it speaks. */
export interface Speaker extends ProtocolRange {
  readonly nodeId: string;
}

/**
 * What two agents that speak different versions speak with each other, or why they cannot work together and which of
 * them to upgrade, in a sentence that means the same to both operators.
 */
export function compareSpeakers(one: Speaker, other: Speaker): string {
  const version = agree(one, other);
  const older = one.newest < other.newest ? one : other;
  const so = version === undefined ? `upgrade the agent of ${older.nodeId}` : `both speak version ${version}`;
  return `${describeSpeaker(one)} of the agent-to-agent protocol, ${describeSpeaker(other)}: ${so}`;
}

const describeSpeaker = (speaker: Speaker): string => `${speaker.nodeId} speaks ${describeRange(speaker)}`;
