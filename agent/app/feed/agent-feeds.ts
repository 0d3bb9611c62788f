import { BlosmError } from '../../../chaincode/src/model';
import type { JournalEntry } from '../../domain/journal-entry';
import { parsePosition } from '../../domain/feed';
import type { Clock } from '../../ports/clock';
import type { EventFeedLine, EventRequest, EventView, LogFeedLine, LogLineView, LogRequest } from '../../ports/control';
import type { BlockEvents } from '../../ports/ledger';
import type { LedgerWatcher } from '../watch/watched-ledger';
import type { JournalWatcher } from '../watch/watched-journal';
import { Feed, type FeedAnswer, type FeedQuestion } from './feed';

/** So many lines of the log and so many events are kept: some hundred kilobytes. */
const KEPT = 1000;

/** An event without the name of its node, which is looked up when it is told. */
export type KeptEvent = Omit<EventView, 'nodeName'>;

/** What the feeds ask of the agent, to tell what belongs together. */
export interface FeedContext {
  readonly nodeId: string;
  nameOf(nodeId: string): string;
  /** Empty: not known here. */
  serviceOf(instanceId: string): string;
  instanceOf(migrationId: string): string;
}

type Ids = Pick<KeptEvent, 'serviceId' | 'instanceId' | 'migrationId'>;

/** Keeps what the agent says and sees, for `blosm logs` and `blosm events`. */
export class AgentFeeds implements LedgerWatcher, JournalWatcher {
  private readonly lines: Feed<LogLineView>;
  private readonly happened: Feed<KeptEvent>;

  constructor(
    private readonly clock: Clock,
    private readonly nodeId: string,
    capacity = KEPT,
  ) {
    this.lines = new Feed(capacity, clock.nowMs());
    this.happened = new Feed(capacity, clock.nowMs());
  }

  said(line: LogLineView): void {
    this.lines.push(line);
  }

  took({ blockNumber, events }: BlockEvents): void {
    for (const { transactionId, payload } of events) {
      const { name, nodeId, serviceId = '', instanceId = '', migrationId = '' } = payload;
      const ids = { nodeId, serviceId, instanceId, migrationId, transactionId };
      const detail = payload.suspendedNodeId ?? '';
      this.happened.push({ atMs: this.clock.nowMs(), source: 'ledger', name, ...ids, blockNumber, detail });
    }
  }

  /** Of an entry only its name and its ids: orders hold the environment of containers. */
  wrote({ atMs, instanceId, migrationId, kind, name, detail }: JournalEntry): void {
    const { transactionId, message } = textsOf(detail);
    const ids = { nodeId: this.nodeId, serviceId: '', instanceId, migrationId, transactionId };
    const what = kind === 'fact' ? name : `${name} ${kind.slice('step-'.length)}`;
    const why = kind === 'step-failed' ? message : '';
    this.happened.push({ atMs, source: 'agent', name: what, ...ids, blockNumber: null, detail: why });
  }

  async *logs(request: LogRequest, context: FeedContext, signal: AbortSignal): AsyncGenerator<LogFeedLine> {
    const isWanted = matcherOf(request, context);
    const least = LEVELS.indexOf(request.level);
    const matches = (line: LogLineView): boolean => LEVELS.indexOf(line.level) >= least && isWanted(idsOf(line.fields));
    for await (const answer of this.lines.read(questionOf(request, matches), this.clock, signal)) {
      yield 'entry' in answer ? { line: answer.entry, position: answer.position } : answer;
    }
  }

  async *events(request: EventRequest, context: FeedContext, signal: AbortSignal): AsyncGenerator<EventFeedLine> {
    const matches = matcherOf(request, context);
    const answers: AsyncIterable<FeedAnswer<KeptEvent>> = this.happened.read(
      questionOf(request, matches),
      this.clock,
      signal,
    );
    for await (const answer of answers) {
      if (!('entry' in answer)) {
        yield answer;
        continue;
      }
      const { entry, position } = answer;
      const serviceId = entry.serviceId === '' ? context.serviceOf(entry.instanceId) : entry.serviceId;
      yield { line: { ...entry, serviceId, nodeName: context.nameOf(entry.nodeId) }, position };
    }
  }
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

function questionOf<T>(request: EventRequest, matches: (entry: T) => boolean): FeedQuestion<T> {
  const { after, limit, follow } = request;
  const position = after === undefined ? null : parsePosition(after);
  if (position === undefined) throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `${String(after)} is no position`);
  return { after: position, limit, follow, matches };
}

/** What is about a service says its instance at least, and what is about a migration may say no more. */
function matcherOf({ service, instance, migration }: EventRequest, context: FeedContext): (ids: Ids) => boolean {
  return ({ serviceId, instanceId, migrationId }) => {
    const instanceOf = instanceId === '' && migrationId !== '' ? context.instanceOf(migrationId) : instanceId;
    if (migration !== undefined && migrationId !== migration) return false;
    if (instance !== undefined && instanceOf !== instance) return false;
    return service === undefined || (serviceId === '' ? context.serviceOf(instanceOf) : serviceId) === service;
  };
}

function idsOf(fields: Readonly<Record<string, unknown>>): Ids {
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
  return { serviceId: text('serviceId'), instanceId: text('instanceId'), migrationId: text('migrationId') };
}

function textsOf(detail: unknown): { transactionId: string; message: string } {
  const record: Readonly<Record<string, unknown>> = typeof detail === 'object' && detail !== null ? { ...detail } : {};
  const text = (name: string): string => (typeof record[name] === 'string' ? record[name] : '');
  return { transactionId: text('transactionId'), message: text('message') };
}
