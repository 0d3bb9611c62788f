import { CommitBoard } from '../../../../agent/adapters/fabric-grpc/commit-board';
import { VirtualClock } from '../../../fakes/virtual-clock';

const peer = (number: number) => ({ nodeId: `Edge${number}MSP`, name: `peer${number}` });
const VALID = { validationCode: 'VALID', blockNumber: 7 };

describe('what is known of commits', () => {
  const clock = new VirtualClock();
  let board: CommitBoard;
  let news: string[];

  beforeEach(() => {
    board = new CommitBoard(clock);
    news = [];
    board.onNews((id) => news.push(id), new AbortController().signal);
  });

  it('is kept of tracked transactions only, once for each peer, and the first word stands', () => {
    board.track('a');
    board.see(peer(1), 'a', VALID);
    board.see(peer(1), 'a', { validationCode: 'MVCC_READ_CONFLICT', blockNumber: 8 });
    board.see(peer(2), 'b', VALID);
    board.track('a');
    expect(board.sightings('a')).toEqual([{ nodeId: 'Edge1MSP', peer: 'peer1', ...VALID }]);
    expect(board.sightings('b')).toEqual([]);
    expect([board.isTracked('a'), board.isTracked('b')]).toEqual([true, false]);
    expect([board.hasSeen('a', 'peer1'), board.hasSeen('a', 'peer2'), board.hasSeen('b', 'peer2')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(news).toEqual(['a']);
  });

  it('is not what a second envelope of a transaction became: whoever saw only that is still to be asked', () => {
    board.track('a');
    board.see(peer(1), 'a', { validationCode: 'DUPLICATE_TXID', blockNumber: 9 });
    expect(board.hasSeen('a', 'peer1')).toBe(false);
    expect(news).toEqual([]);
    board.see(peer(1), 'a', VALID);
    expect(board.sightings('a')).toMatchObject([VALID]);
  });

  it('is bounded: of a thousand and one the oldest goes', () => {
    for (let number = 0; number <= 1000; number += 1) board.track(`t${number}`);
    expect([board.isTracked('t0'), board.isTracked('t1'), board.isTracked('t1000')]).toEqual([false, true, true]);
  });

  it('grows old: after a quarter of an hour it goes with the next that comes', async () => {
    board.track('old');
    await clock.advance(14 * 60_000);
    board.track('young');
    expect(board.isTracked('old')).toBe(true);
    await clock.advance(60_000);
    board.track('next');
    expect([board.isTracked('old'), board.isTracked('young')]).toEqual([false, true]);
  });

  it('is told until the signal fires', () => {
    const stop = new AbortController();
    const heard: string[] = [];
    board.onNews((id) => heard.push(id), stop.signal);
    board.track('a');
    board.see(peer(1), 'a', VALID);
    stop.abort();
    board.see(peer(2), 'a', VALID);
    board.onNews((id) => heard.push(`late ${id}`), stop.signal);
    board.see(peer(3), 'a', VALID);
    expect(heard).toEqual(['a']);
    expect(news).toEqual(['a', 'a', 'a']);
  });

  it('is nothing on another network', () => {
    board.track('a');
    board.see(peer(1), 'a', VALID);
    board.clear();
    expect([board.isTracked('a'), board.sightings('a')]).toEqual([false, []]);
  });
});
