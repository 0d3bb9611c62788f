import type { z } from 'zod';
import { BlosmError } from '../../../chaincode/src/model/errors';
import { EventFeedLine, LogFeedLine, type LogLineView } from '../../ports/control';
import { connectAgent } from '../api-client';
import { note, type Cli } from '../io';
import { documentOf, plain } from '../output/print';
import { eventText, logLineText } from '../views/feeds';
import type { Invocation } from './handler';

interface FeedOptions {
  readonly follow?: boolean;
  readonly after?: string;
  readonly limit: number;
  readonly service?: string;
  readonly instance?: string;
  readonly migration?: string;
  readonly level?: string;
}

/** `blosm logs` */
export function logs(cli: Cli, { options }: Invocation<FeedOptions>): Promise<undefined> {
  const reader = {
    kind: 'LogLine',
    path: '/v1/logs',
    schema: LogFeedLine,
    text: (line: LogLineView) => logLineText(line, cli),
  };
  return read(cli, options, reader);
}

/** `blosm events` */
export function events(cli: Cli, { options }: Invocation<FeedOptions>): Promise<undefined> {
  return read(cli, options, { kind: 'Event', path: '/v1/events', schema: EventFeedLine, text: eventText });
}

type FeedLine<T> =
  | { readonly line: T; readonly position: string }
  | { readonly gap: string; readonly position: string }
  | { readonly heartbeat: number; readonly position: string };

/** How long a follower waits before it asks again after the agent has gone away, in milliseconds. */
const RECONNECT_MS = 1000;

/** How far the reading has come. */
interface Reader<T> {
  /** E.g. `LogLine`. */
  readonly kind: string;
  readonly path: string;
  readonly options: FeedOptions;
  readonly schema: z.ZodType<FeedLine<T>>;
  readonly text: (line: T) => string;
  after: string | undefined;
  isLost: boolean;
}

/**
 * Writes line by line. A follower that loses the agent waits for it and goes on where it was: `--follow` ends only by
 * the user.
 */
async function read<T extends object>(
  cli: Cli,
  options: FeedOptions,
  feed: Pick<Reader<T>, 'kind' | 'path' | 'schema' | 'text'>,
): Promise<undefined> {
  const reader: Reader<T> = { ...feed, options, after: options.after, isLost: false };
  while (!(await readToTheEnd(cli, reader))) {
    if (!reader.isLost) note(cli, 'the agent is gone; waiting for it');
    reader.isLost = true;
    await pause(cli.io.signal);
  }
}

/** False: the agent went away from a follower. */
async function readToTheEnd<T extends object>(cli: Cli, reader: Reader<T>): Promise<boolean> {
  const isFollower = reader.options.follow === true;
  try {
    const client = await connectAgent(cli);
    for await (const answer of client.lines(pathOf(reader), reader.schema)) {
      if (reader.isLost) note(cli, 'the agent answers again');
      reader.isLost = false;
      reader.after = answer.position;
      if ('line' in answer) await write(cli, answer, reader);
      if ('gap' in answer) note(cli, `lines are missing here: ${answer.gap}`);
    }
  } catch (error) {
    // One that has never been there may be a wrong address.
    if (!mayComeBack(error) || !isFollower || reader.after === undefined) throw error;
  }
  return !isFollower;
}

const mayComeBack = (error: unknown): boolean =>
  error instanceof BlosmError && error.code === 'BLOSM_E_AGENT_UNREACHABLE';

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new BlosmError('BLOSM_E_CANCELLED', 'reading was interrupted', { stage: 'request' }));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, RECONNECT_MS);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
}

function pathOf<T>({ path, options, after }: Reader<T>): string {
  const query = new URLSearchParams({ limit: String(options.limit) });
  if (after !== undefined) query.set('after', after);
  for (const name of ['service', 'instance', 'migration', 'level'] as const) {
    const value = options[name];
    if (value !== undefined) query.set(name, value);
  }
  if (options.follow === true) query.set('follow', 'true');
  return `${path}?${query.toString()}`;
}

/** One document a line, so that a program reads them as they come; each with the position to go on from. */
async function write<T extends object>(
  cli: Cli,
  answer: { line: T; position: string },
  reader: Reader<T>,
): Promise<void> {
  const { line, position } = answer;
  const document = documentOf({ kind: reader.kind, fields: { ...line, position }, text: () => '' });
  switch (cli.options.output) {
    case 'table':
    case 'wide':
      cli.io.stdout.write(`${reader.text(line)}\n`);
      return;
    case 'name':
      cli.io.stdout.write(`${position}\n`);
      return;
    case 'json':
    case 'ndjson':
      cli.io.stdout.write(`${plain(JSON.stringify(document))}\n`);
      return;
    case 'yaml': {
      const { stringify } = await import('yaml');
      cli.io.stdout.write(plain(`---\n${stringify(document)}`));
    }
  }
}
