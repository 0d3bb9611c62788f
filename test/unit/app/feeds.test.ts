import { AgentFeeds, type FeedContext } from '../../../agent/app/feed/agent-feeds';
import { Feed, type FeedAnswer } from '../../../agent/app/feed/feed';
import { EventRequest, LogRequest, type LogLineView } from '../../../agent/ports/control';
import { VirtualClock } from '../../fakes/virtual-clock';
import { nearNode, startWorld, type World } from '../../support/agents';

jest.setTimeout(60_000);

const all = { after: null, limit: 100, follow: false, matches: () => true };
const gather = async <T>(answers: AsyncIterable<T>, limit = Infinity): Promise<T[]> => {
  const found: T[] = [];
  for await (const answer of answers) {
    found.push(answer);
    if (found.length >= limit) break;
  }
  return found;
};
const entries = (answers: readonly FeedAnswer<number>[]): unknown[] =>
  answers.map((answer) => ('entry' in answer ? answer.entry : answer));

describe('a feed', () => {
  const clock = new VirtualClock();
  const open = new AbortController().signal;
  const feedOf = (count: number, capacity = 10) => {
    const feed = new Feed<number>(capacity, 7);
    for (let entry = 0; entry < count; entry += 1) feed.push(entry);
    return feed;
  };

  test('gives the newest that match, oldest first', async () => {
    const answers = await gather(feedOf(9).read({ ...all, limit: 3, matches: (n) => n % 2 === 0 }, clock, open));
    expect(entries(answers)).toEqual([4, 6, 8]);
    expect(answers.at(-1)?.position).toBe('7-9');
  });

  test('forgets the oldest, never the newest', async () => {
    const numbers = entries(await gather(feedOf(1000).read({ ...all, limit: 5000 }, clock, open))) as number[];
    expect(numbers.length).toBeGreaterThanOrEqual(10);
    expect(numbers.length).toBeLessThan(20);
    expect(numbers.at(-1)).toBe(999);
  });

  test('goes on where a reader stood, or says what is missing', async () => {
    const feed = feedOf(25);
    const from = (run: number, sequence: number) =>
      gather(feed.read({ ...all, after: { run, sequence } }, clock, open));
    expect(entries(await from(7, 23))).toEqual([23, 24]);
    expect(await from(7, 25)).toEqual([]);
    expect(entries(await from(7, 3))[0]).toMatchObject({ gap: expect.stringMatching(/no longer kept/) as string });
    expect(entries(await from(6, 24))[0]).toMatchObject({ gap: 'the agent was restarted since' });
    expect(entries(await from(6, 24))).toHaveLength(1 + 15);
  });

  test('every position that is told leads to the entry behind it', async () => {
    const feed = feedOf(9);
    const answers = await gather(feed.read(all, clock, open));
    for (const [index, { position }] of answers.entries()) {
      const sequence = Number(position.split('-')[1]);
      const rest = await gather(feed.read({ ...all, after: { run: 7, sequence } }, clock, open));
      expect(entries(rest)).toEqual(entries(answers.slice(index + 1)));
    }
  });

  test('gives a follower what comes, and a sign of life while nothing does', async () => {
    const feed = feedOf(1);
    const stop = new AbortController();
    const seen: FeedAnswer<number>[] = [];
    const reading = (async () => {
      for await (const answer of feed.read({ ...all, follow: true, matches: (n) => n < 100 }, clock, stop.signal)) {
        seen.push(answer);
      }
    })();
    await clock.advance(100);
    feed.push(1);
    // Nothing for this reader: it still hears that the feed is alive.
    for (let turn = 0; turn < 12; turn += 1) {
      feed.push(100 + turn);
      await clock.advance(1000);
    }
    expect(entries(seen)).toMatchObject([0, 1, { heartbeat: expect.any(Number) as number }]);
    feed.push(2);
    await clock.advance(10);
    expect(entries(seen).at(-1)).toBe(2);
    stop.abort();
    await clock.advance(10);
    await reading;
  });

  test('tells a follower that is too slow how much it has missed', async () => {
    const feed = feedOf(1);
    const stop = new AbortController();
    const reader = feed.read({ ...all, follow: true }, clock, stop.signal)[Symbol.asyncIterator]();
    expect(await reader.next()).toMatchObject({ value: { entry: 0 } });
    for (let entry = 1; entry < 50; entry += 1) feed.push(entry);
    expect(await reader.next()).toMatchObject({ value: { gap: expect.stringMatching(/^\d+ entries/) as string } });
    const next = (await reader.next()).value as { entry: number };
    expect(next.entry).toBeGreaterThan(1);
    stop.abort();
    await reader.return(undefined);
  });
});

describe("the agent's feeds", () => {
  const clock = new VirtualClock();
  const context: FeedContext = {
    nodeId: 'Edge1MSP',
    nameOf: (nodeId) => nodeId.toLowerCase().replace('msp', ''),
    serviceOf: (instanceId) => (instanceId === 'ins-1' ? 'counter' : ''),
    instanceOf: (migrationId) => (migrationId === 'mig-1' ? 'ins-1' : ''),
  };
  const line = (message: string, fields: Record<string, unknown>, level: LogLineView['level'] = 'info') => ({
    ...{ atMs: 1, level, message, fields },
  });
  const open = new AbortController().signal;

  test.each([
    [{}, ['a', 'b', 'c', 'd']],
    [{ migration: 'mig-1' }, ['b', 'c']],
    [{ instance: 'ins-1' }, ['a', 'b', 'c']],
    [{ service: 'counter' }, ['a', 'b', 'c']],
    [{ level: 'warn' }, ['c', 'd']],
    [{ service: 'detect' }, ['d']],
    [{ migration: 'mig-2' }, []],
  ])('of the log %j gives %j', async (request, messages) => {
    const feeds = new AgentFeeds(clock, 'Edge1MSP');
    feeds.said(line('a', { instanceId: 'ins-1' }));
    feeds.said(line('b', { instanceId: 'ins-1', migrationId: 'mig-1' }));
    feeds.said(line('c', { migrationId: 'mig-1' }, 'warn'));
    feeds.said(line('d', { serviceId: 'detect' }, 'error'));
    const answers = await gather(feeds.logs(LogRequest.parse(request), context, open));
    expect(answers.map((answer) => 'line' in answer && answer.line.message)).toEqual(messages);
  });

  test('an order in the journal becomes an event without what it holds', async () => {
    const feeds = new AgentFeeds(clock, 'Edge1MSP');
    const ids = { instanceId: 'ins-1', migrationId: 'mig-1', atMs: 5 };
    const spec = { env: [{ name: 'PASSWORD', value: 'hunter2', secret: true }] };
    feeds.wrote({ ...ids, kind: 'fact', name: 'order', detail: { spec } });
    feeds.wrote({ ...ids, kind: 'step-done', name: 'prepare', detail: { transactionId: 'tx-1' } });
    feeds.wrote({ ...ids, kind: 'step-failed', name: 'pull', detail: { code: 'X', message: 'no answer' } });
    const answers = await gather(feeds.events(EventRequest.parse({}), context, open));
    expect(JSON.stringify(answers)).not.toContain('hunter2');
    expect(answers).toMatchObject([
      { line: { name: 'order', source: 'agent', nodeName: 'edge1', serviceId: 'counter', blockNumber: null } },
      { line: { name: 'prepare done', transactionId: 'tx-1', migrationId: 'mig-1' } },
      { line: { name: 'pull failed', detail: 'no answer' } },
    ]);
  });
});

describe('requests in a world', () => {
  let world: World;
  afterEach(() => world.end());

  test('a held request is counted while it is held, and routes say where requests go', async () => {
    world = await startWorld({ warmUpMs: 2000 });
    const { AgentRouteControl } = await import('../../../agent/app/control/route-control.js');
    const [routes, others] = [1, 2].map((number) => new AgentRouteControl(world.agent(number)));
    const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    const { instanceId, token } = first;
    expect(await routes?.list({ limit: 10 })).toMatchObject([{ instanceId, mode: 'served', inFlight: 0, held: 0 }]);
    const slow = world.send(1, { token, takesMs: 5000 });
    await world.clock.advance(1000);
    expect(await routes?.get(instanceId)).toMatchObject({ mode: 'served', serviceId: 'counter', inFlight: 1 });
    expect(await others?.get(instanceId)).toMatchObject({ mode: 'forwarded', target: 'edge1', inFlight: 0 });
    await world.clock.runUntil(slow);
    // Another device's container is being started.
    const second = world.send(1, { deviceId: 'car-2', position: nearNode(1) });
    const ofSecond = async () => (await routes?.list({ limit: 10 }))?.find((route) => route.instanceId !== instanceId);
    await world.until('it is held', async () => (await ofSecond())?.held === 1, 5000);
    expect(await ofSecond()).toMatchObject({ mode: 'held', target: '', inFlight: 0 });
    expect(await world.clock.runUntil(second)).toMatchObject({ status: 200 });
    expect(await ofSecond()).toMatchObject({ mode: 'served', held: 0 });
    expect(await routes?.get(instanceId)).toMatchObject({ mode: 'served', held: 0 });
    await expect(routes?.get('inst-nobody')).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
  });
});
