import { requiredConfirmations } from '../../../../agent/domain/quorum';
import { FakeFabricPeers } from '../../../fakes/fabric-peers';
import { PeerListener } from '../../../support/peer-listener';

// A hundred servers and their clients in one process, on a machine that has other work.
jest.setTimeout(120_000);

const MVCC_READ_CONFLICT = 11;

let made = 0;
const freshId = (): string => (made += 1).toString(16).padStart(64, '0');

describe.each([
  [3, { tls: true }],
  [10, {}],
  [100, {}],
])('the commits of %d peers', (count, options) => {
  const required = requiredConfirmations(count);
  /** As many as may be missing, and one where nobody may. */
  const few = Math.max(1, count - required);
  let network: FakeFabricPeers;
  let listener: PeerListener;

  const last = (number: number) => network.peers.slice(-number);
  const names = (peers: readonly { mspId: string }[]) => peers.map(({ mspId }) => mspId);
  const nodesSeen = async (id: string) =>
    new Set(names((await listener.sightings(id)).map((s) => ({ mspId: s.nodeId }))));

  beforeAll(async () => {
    network = await FakeFabricPeers.start(count, options);
  });
  beforeEach(async () => {
    await network.restore();
    listener = await PeerListener.connect(network);
  });
  afterEach(() => listener.close());
  afterAll(() => network.stop());

  /** Lets something happen while nobody listens. */
  async function reconnect(options: { readonly hasStreams?: boolean }, meanwhile: () => unknown): Promise<void> {
    await listener.close();
    await network.restore();
    await meanwhile();
    listener = await PeerListener.connect(network, options);
  }

  /** A transaction as a submit leaves it: tracked, then ordered. */
  function submit(code = 0): string {
    const id = freshId();
    listener.track(id);
    network.order({ id, code }, { id: freshId(), code: 0 });
    return id;
  }

  it('are all seen, by one stream each, and nobody has to be asked', async () => {
    await listener.listening(count);
    const stop = new AbortController();
    const news: string[] = [];
    listener.watch((id) => news.push(id), stop.signal);
    const id = submit();
    await listener.until('news of all', () => news.filter((one) => one === id).length === count);
    stop.abort();
    expect(new Set(news)).toEqual(new Set([id]));
    const sightings = await listener.sightings(id);
    expect(new Set(sightings.map(({ nodeId }) => nodeId))).toEqual(new Set(names(network.peers)));
    const block = { validationCode: 'VALID', blockNumber: network.height - 1 };
    expect(sightings).toEqual(sightings.map(() => expect.objectContaining(block) as unknown));
    expect(await listener.verdict(id)).toEqual({ kind: 'confirmed', confirmed: count, total: count });
    for (const peer of network.peers) {
      expect(peer.counts.seeks).toHaveLength(1);
      expect(peer.counts.commitStatus).toBe(0);
    }
  });

  it('are enough without those that are down where 90 % are there; the missing are named, and seen once they are up', async () => {
    for (const peer of last(few)) peer.kill();
    await listener.listening(count - few);
    const id = submit();
    await listener.seen(id, count - few);
    const verdict = await listener.verdict(id);
    if (count - few >= required) expect(verdict).toEqual({ kind: 'confirmed', confirmed: count - few, total: count });
    else expect(verdict).toMatchObject({ kind: 'pending', missing: names(last(few)) });
    await Promise.all(last(few).map((peer) => peer.start()));
    await listener.seen(id, count);
    expect(await listener.verdict(id)).toEqual({ kind: 'confirmed', confirmed: count, total: count });
  });

  it('are undecided with one more down, never confirmed by who is there, and the active nodes alone are counted', async () => {
    const down = last(count - required + 1);
    for (const peer of down) peer.kill();
    await listener.listening(count - down.length);
    const id = submit();
    await listener.seen(id, count - down.length);
    expect(await listener.verdict(id)).toMatchObject({
      kind: 'pending',
      missing: names(down),
      confirmed: required - 1,
    });
    // Suspended on the ledger: they count no more.
    const active = names(network.peers.slice(0, count - down.length));
    expect(await listener.verdict(id, active)).toMatchObject({ kind: 'confirmed', total: active.length });
  });

  it('go on where a killed peer stopped: what it missed is replayed, and nothing is counted twice', async () => {
    await listener.listening(count);
    const before = submit();
    await listener.seen(before, count);
    const [killed] = last(1);
    const nextBlock = network.height;
    killed!.kill();
    const missed = [submit(), submit()];
    await listener.seen(missed[1]!, count - 1);
    await killed!.start();
    for (const id of missed) expect(await listener.seen(id, count)).toHaveLength(count);
    const { seeks } = killed!.counts;
    expect(seeks.slice(1)).toEqual(seeks.slice(1).map(() => nextBlock));
    expect(await listener.sightings(before)).toHaveLength(count);
  });

  it('of a peer that lags come when they come', async () => {
    await listener.listening(count);
    const slow = last(count - required + 1);
    for (const peer of slow) peer.hold();
    const id = submit();
    await listener.seen(id, required - 1);
    expect(await listener.verdict(id)).toMatchObject({ kind: 'pending', missing: names(slow) });
    for (const peer of slow) peer.release();
    await listener.seen(id, count);
    expect(await listener.verdict(id)).toMatchObject({ kind: 'confirmed', confirmed: count });
  });

  it('of a peer that hangs are named as missing; it goes on when it wakes', async () => {
    await listener.listening(count);
    const hung = last(count - required + 1);
    for (const peer of hung) peer.freeze();
    const id = submit();
    await listener.seen(id, required - 1);
    expect(await listener.verdict(id)).toMatchObject({ kind: 'pending', missing: names(hung) });
    for (const peer of hung) peer.thaw();
    await listener.seen(id, count);
    expect(await nodesSeen(id)).toEqual(new Set(names(network.peers)));
  });

  it('that are told twice count once', async () => {
    for (const peer of network.peers) peer.repeats = true;
    await listener.listening(count);
    for (const peer of last(count - required + 1)) peer.hold();
    const id = submit();
    await listener.seen(id, required - 1);
    expect(await listener.verdict(id)).toMatchObject({ kind: 'pending', confirmed: required - 1 });
    expect(await listener.sightings(id)).toHaveLength(required - 1);
  });

  it('that are invalid reject, by the first that says so', async () => {
    await listener.listening(count);
    for (const peer of network.peers.slice(0, -1)) peer.hold();
    const id = submit(MVCC_READ_CONFLICT);
    await listener.seen(id, 1);
    expect(await listener.verdict(id)).toEqual({
      kind: 'rejected',
      by: {
        nodeId: names(last(1))[0],
        peer: last(1)[0]?.address.name,
        validationCode: 'MVCC_READ_CONFLICT',
        blockNumber: network.height - 1,
      },
    });
  });

  it('that one peer calls invalid against the own one leave that peer out, and stop nobody else', async () => {
    await listener.listening(count);
    const [liar] = last(1);
    const id = freshId();
    liar!.lie(id, MVCC_READ_CONFLICT);
    listener.track(id);
    network.order(id);
    await listener.seen(id, count);
    const verdict = await listener.verdict(id);
    if (count - 1 >= required) expect(verdict).toEqual({ kind: 'confirmed', confirmed: count - 1, total: count });
    else
      expect(verdict).toMatchObject({
        kind: 'pending',
        missing: [liar!.mspId],
        disputes: [{ validationCode: 'MVCC_READ_CONFLICT' }],
      });
  });

  it('of an earlier run are asked for, of every peer in its own way, and nothing is sent again', async () => {
    const old = network.peers.slice(Math.ceil(count / 2));
    const id = freshId();
    await reconnect({}, async () => {
      for (const peer of old) {
        peer.kill();
        peer.hasGateway = false;
        await peer.start();
      }
      network.order(id, freshId());
    });
    await listener.seen(id, count);
    expect(await listener.verdict(id)).toEqual({ kind: 'confirmed', confirmed: count, total: count });
    for (const peer of network.peers.slice(1)) {
      if (old.includes(peer)) expect(peer.counts).toMatchObject({ commitStatus: 0, qscc: 2 });
      else expect(peer.counts).toMatchObject({ commitStatus: 1, qscc: 0 });
    }
  });

  it('are asked for where a stream shows nothing in time', async () => {
    const [deaf] = last(1);
    deaf!.refusesStreams = true;
    await listener.listening(count - 1);
    const stop = new AbortController();
    let news = 0;
    listener.watch(() => (news += 1), stop.signal);
    const id = submit();
    await listener.until('all the others have told', () => news === count - 1);
    stop.abort();
    await listener.seen(id, count);
    expect(deaf!.counts.commitStatus).toBe(1);
    // Nobody else had to be.
    for (const peer of network.peers.slice(0, -1)) expect(peer.counts.commitStatus).toBe(0);
  });

  it('of a peer that joins are seen, of one that has left no longer', async () => {
    const [late] = last(1);
    await reconnect({}, () => network.hidden.add(late!.mspId));
    await listener.listening(count - 1);
    const id = submit();
    await listener.seen(id, count - 1);
    expect(late!.counts.seeks).toEqual([]);
    network.hidden.clear();
    listener.rediscover();
    await listener.listening(count);
    await listener.seen(id, count);
    network.hidden.add(late!.mspId);
    listener.rediscover();
    await listener.until('its stream has ended', () => late!.openStreams === 0);
  });

  it('of another network than before are seen, and none of the old one counts any more', async () => {
    await listener.listening(count);
    const before = submit();
    await listener.seen(before, count);
    for (let more = 0; more < 5; more += 1) network.order(freshId());
    await network.reset();
    await listener.until('it has seen the change', () => listener.watcher.height === 1);
    expect(listener.log.messages('warn')).toContain('the own peer is on another network now');
    await listener.until('all streams are open', () => network.peers.every((peer) => peer.openStreams === 1));
    const id = submit();
    await listener.seen(id, count);
    expect(await listener.verdict(id)).toEqual({ kind: 'confirmed', confirmed: count, total: count });
    expect(await listener.sightings(before)).toEqual([]);
  });

  it('are not listened to where records count, and can be asked for all the same', async () => {
    await reconnect({ hasStreams: false }, () => undefined);
    await listener.listening(1);
    const id = submit();
    await listener.seen(id, count);
    for (const peer of network.peers.slice(1)) expect(peer.counts).toMatchObject({ seeks: [], commitStatus: 1 });
  });
});
