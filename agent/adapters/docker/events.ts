import type { IncomingMessage } from 'node:http';
import type { EngineNews } from '../../ports/engine';
import { readContainer } from './containers';
import type { EngineContext } from './context';
import { withDeadline, type Operation } from './deadline';
import { engineFailure, truncated } from './failure';
import { LABEL, ownerOf } from './labels';
import { linesOf } from './lines';
import type { WireEvent } from './wire';

const OPEN_MS = 15_000;
/** How long a change may take to be done after it was told of. */
const SEEN_MS = 5000;
/** What changes a container's state. Health checks and whatever is run inside it are told of as well, all the time. */
const ACTIONS = ['create', 'start', 'pause', 'unpause', 'die', 'destroy'];

/** @throws BlosmError BLOSM_E_ENGINE_UNREACHABLE, BLOSM_E_ENGINE, BLOSM_E_TIMEOUT when it does not open or breaks off */
export async function* watchContainers(
  context: EngineContext,
  nodeId: string,
  signal: AbortSignal,
): AsyncGenerator<EngineNews> {
  const operation = { what: `watch the containers of ${nodeId}`, stage: 'watch', defaultTimeoutMs: OPEN_MS };
  try {
    const stream = await open(context, nodeId, operation, signal);
    for await (const news of newsFrom(stream, operation, signal)) {
      if (news.kind === 'container') await untilSeen(context, news.containerId, signal);
      yield news;
    }
    if (!signal.aborted) throw truncated(operation.what, operation.stage);
  } catch (cause) {
    if (!signal.aborted) throw engineFailure(cause, operation.what, operation.stage);
  }
}

/**
 * Some events come before the list of containers shows what they tell of. A container's own description is not given
 * before its change is done, so whoever is told after that sees it. What the description says, and whether there is
 * one, is of no account.
 */
async function untilSeen(context: EngineContext, containerId: string, signal: AbortSignal): Promise<void> {
  const what = `inspect container ${containerId.slice(0, 12)}`;
  const operation = { what, stage: 'watch', defaultTimeoutMs: SEEN_MS };
  await withDeadline(operation, { signal }, (either) => readContainer(context, containerId, either)).catch(
    () => undefined,
  );
}

async function* newsFrom(
  stream: IncomingMessage,
  operation: Operation,
  signal: AbortSignal,
): AsyncGenerator<EngineNews> {
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    yield { kind: 'watching' };
    for await (const { text, isWhole } of linesOf(stream)) {
      // What was cut in the middle is looked at after the next beginning, as all that was missed.
      if (isWhole && text.trim() !== '') yield newsOf(text, operation);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

function open(
  context: EngineContext,
  nodeId: string,
  operation: Operation,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return withDeadline(operation, { signal }, async (either) => {
    // The engine answers before it begins to listen; what happens in between it tells because of the time.
    const sinceMs = Date.parse((await context.info(either)).SystemTime ?? '');
    const filters = { type: ['container'], event: ACTIONS, label: [`${LABEL.node}=${nodeId}`] };
    return context.api.stream({
      method: 'GET',
      path: '/events',
      query: {
        filters: JSON.stringify(filters),
        ...(Number.isNaN(sinceMs) ? {} : { since: (sinceMs / 1000).toFixed(3) }),
      },
      ...operation,
      signal: either,
    });
  });
}

function newsOf(line: string, { what, stage }: Operation): EngineNews {
  let event: WireEvent;
  try {
    event = JSON.parse(line) as WireEvent;
  } catch (cause) {
    throw truncated(what, stage, cause);
  }
  // A container's labels are among what it is told with.
  return { kind: 'container', containerId: event.Actor?.ID ?? '', owner: ownerOf(event.Actor?.Attributes) };
}
