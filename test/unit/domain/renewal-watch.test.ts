import { RenewalWatch } from '../../../agent/domain/renewal-watch';
import type { Lease } from '../../../chaincode/src/model';

const LEASE_MS = 30_000;
const START_MS = 1_700_000_000_000;

/** The own lease, as renewed so many seconds after the start. */
const renewedAt = (seconds: number): Lease => ({
  v: 1,
  type: 'lease',
  nodeId: 'Edge1MSP',
  renewedAtMs: START_MS + seconds * 1000,
  expiresAtMs: START_MS + seconds * 1000 + LEASE_MS,
});

const at = (seconds: number): number => START_MS + seconds * 1000;

let watch: RenewalWatch;
/** What the watch says to a look at `nowSeconds` that finds the lease renewed at `renewedSeconds`. */
const look = (renewedSeconds: number, nowSeconds: number): boolean =>
  watch.mustGiveWay(renewedAt(renewedSeconds), at(nowSeconds));
const renew = (seconds: number): void => watch.renewed(at(seconds), at(seconds));

beforeEach(() => {
  watch = new RenewalWatch(START_MS, LEASE_MS);
});

describe('an agent that renews alone', () => {
  it('never gives way', () => {
    expect(watch.mustGiveWay(undefined, at(0))).toBe(false);
    for (let seconds = 1; seconds < 10_000; seconds += 17) {
      renew(seconds);
      expect(look(seconds, seconds + 5)).toBe(false);
    }
  });

  it('counts a renewal whose end it has not seen as its own, also when its clock was set back meanwhile', () => {
    renew(1);
    watch.renewed(at(100), at(130));
    watch.renewed(at(200), at(180));
    for (const seconds of [105, 125, 190, 181]) expect(look(seconds, 500 + seconds)).toBe(false);
  });

  it('is not misled by what the run before has left, or has sent and is committed late, by a clock that was ahead', () => {
    expect(look(30, 0)).toBe(false);
    renew(1);
    expect(look(1, 2)).toBe(false);
    for (const seconds of [-5, 12, 31, 60]) expect(look(seconds, 500 + seconds)).toBe(false);
  });

  it('is not misled by one stray renewal', () => {
    renew(1);
    renew(100);
    expect(look(300, 400)).toBe(false);
    for (const nowSeconds of [500, 5000, 50_000]) expect(look(300, nowSeconds)).toBe(false);
  });
});

describe('an agent that finds another one at work', () => {
  it('gives way soon when the other was there before', () => {
    expect(look(-10, 0)).toBe(false);
    renew(1);
    expect(look(8, 9)).toBe(false);
    renew(10);
    expect(look(25, 27)).toBe(false);
    expect(look(61, 65)).toBe(true);
  });

  it('waits for as long as it had the lease for itself', () => {
    renew(1);
    expect(look(120, 125)).toBe(false);
    for (const seconds of [140, 200, 240]) expect(look(seconds, seconds + 5)).toBe(false);
    expect(look(249, 251)).toBe(true);
  });

  it('waits for ten leases at most', () => {
    renew(1);
    expect(look(99_990, 100_000)).toBe(false);
    expect(look(100_290, 100_300)).toBe(false);
    expect(look(100_295, 100_301)).toBe(true);
  });
});
