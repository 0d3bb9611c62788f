import {
  attempted,
  chancesOf,
  forgetGone,
  mayAsk,
  standingChances,
  takers,
  whomToAsk,
  type AskFacts,
  type ChanceFacts,
} from '../../../agent/domain/chances';
import { evacuationOrder } from '../../../agent/domain/evacuation';
import { positionOfDegrees } from '../../../agent/domain/geo';
import { holdAfter } from '../../../agent/domain/hold';
import { nodeRecord } from '../../support/lane-views';

const ME = 'Edge1MSP';
const east = (meters: number): ReturnType<typeof positionOfDegrees> => positionOfDegrees(0, meters / 111_194.93);
const node = (number: number, meters: number, changes: object = {}): ReturnType<typeof nodeRecord> =>
  nodeRecord(number, { site: east(meters), coverageRadiusMeters: 400, ...changes });
const NODES = [node(1, 0), node(2, 600), node(3, 700), node(4, 5000)];
const facts = (changes: Partial<ChanceFacts> = {}): ChanceFacts => ({
  me: ME,
  nodes: NODES,
  position: east(650),
  failedAt: null,
  words: new Map(),
  ...changes,
});
const YES = { answers: true, hasRoom: true };
const NO = { answers: true, hasRoom: false };
const SILENT = { answers: false, hasRoom: false };

describe('who could take over', () => {
  it('is another active cluster that covers the device and is not cordoned', () => {
    expect(takers(ME, NODES, east(650)).map(({ nodeId }) => nodeId)).toEqual(['Edge2MSP', 'Edge3MSP']);
    expect(takers(ME, NODES, east(100))).toEqual([]);
    const off = [node(1, 0), node(2, 600, { cordoned: true }), node(3, 700, { state: 'SUSPENDED' })];
    expect(takers(ME, off, east(650))).toEqual([]);
  });

  it('is asked for room once nobody had any, all are once too few confirmed, else nobody', () => {
    expect(whomToAsk(facts())).toEqual([]);
    expect(whomToAsk(facts({ failedAt: 'destination' }))).toEqual([]);
    expect(whomToAsk(facts({ failedAt: 'evaluate' }))).toEqual(['Edge2MSP', 'Edge3MSP']);
    expect(whomToAsk(facts({ failedAt: 'confirm' }))).toEqual(['Edge2MSP', 'Edge3MSP', 'Edge4MSP']);
  });
});

describe('what speaks for an attempt', () => {
  it('is who covers the device', () => {
    expect(chancesOf(facts({ words: new Map([['Edge2MSP', YES]]) }))).toEqual(
      new Set(['Edge2MSP covers', 'Edge3MSP covers']),
    );
  });

  it('is room, where there was none', () => {
    const words = new Map([
      ['Edge2MSP', NO],
      ['Edge3MSP', YES],
      ['Edge4MSP', YES],
    ]);
    expect(chancesOf(facts({ failedAt: 'evaluate', words }))).toEqual(
      new Set(['Edge2MSP covers', 'Edge3MSP covers', 'Edge3MSP has room']),
    );
  });

  it('is that all members answer, where too few confirmed', () => {
    const words = new Map([
      ['Edge2MSP', NO],
      ['Edge3MSP', YES],
      ['Edge4MSP', SILENT],
    ]);
    const members = 'members Edge1MSP Edge2MSP Edge3MSP Edge4MSP';
    const covering = ['Edge2MSP covers', 'Edge3MSP covers'];
    const failed = { failedAt: 'confirm' };
    expect(chancesOf(facts({ ...failed, words }))).toEqual(new Set([...covering, members]));
    expect(chancesOf(facts({ ...failed, words: new Map([...words, ['Edge4MSP', NO]]) }))).toEqual(
      new Set([...covering, members, 'all answer']),
    );
    const nodes = NODES.map((one) => (one.nodeId === 'Edge4MSP' ? { ...one, state: 'SUSPENDED' as const } : one));
    expect(chancesOf(facts({ ...failed, nodes, words }))).toEqual(
      new Set([...covering, 'members Edge1MSP Edge2MSP Edge3MSP', 'all answer']),
    );
    expect(chancesOf(facts(failed))).not.toContain('all answer');
    expect(standingChances(facts({ words }))).toEqual(new Set([...covering, 'Edge3MSP has room', members]));
  });
});

const ask = (changes: Partial<AskFacts> = {}): AskFacts => ({
  epoch: 1,
  chances: new Set(['a']),
  nowMs: 0,
  backoffMs: 1000,
  isReport: true,
  ...changes,
});

describe('another attempt', () => {
  const once = attempted(undefined, ask(), ask().chances);

  it('is made at once the first time, and in every new epoch', () => {
    expect(mayAsk(undefined, ask({ isReport: false }))).toBe(true);
    expect(mayAsk(once, ask({ epoch: 2 }))).toBe(true);
    expect(attempted(once, ask({ epoch: 2, nowMs: 5 }), new Set())).toMatchObject({ epoch: 2, count: 1, lastAtMs: 5 });
  });

  it('without news waits for longer each time, and for a new position', () => {
    expect(mayAsk(once, ask({ nowMs: 999 }))).toBe(false);
    expect(mayAsk(once, ask({ nowMs: 1000 }))).toBe(true);
    expect(mayAsk(once, ask({ nowMs: 1e12, isReport: false }))).toBe(false);
    const thrice = [1, 2].reduce((attempts) => attempted(attempts, ask(), ask().chances), once);
    expect(mayAsk(thrice, ask({ nowMs: 3999 }))).toBe(false);
    expect(mayAsk(thrice, ask({ nowMs: 4000 }))).toBe(true);
    const often = Array.from({ length: 50 }).reduce<typeof once>(
      (attempts) => attempted(attempts, ask(), ask().chances),
      once,
    );
    expect(mayAsk(often, ask({ nowMs: 15_999 }))).toBe(false);
    expect(mayAsk(often, ask({ nowMs: 16_000 }))).toBe(true);
  });

  it('with news comes soon, also without a new position, but never in a storm', () => {
    const news = ask({ chances: new Set(['a', 'b']), isReport: false });
    expect(mayAsk(once, { ...news, nowMs: 249 })).toBe(false);
    expect(mayAsk(once, { ...news, nowMs: 250 })).toBe(true);
    const often = Array.from({ length: 50 }).reduce<typeof once>(
      (attempts) => attempted(attempts, ask(), ask().chances),
      once,
    );
    expect(mayAsk(often, { ...news, nowMs: 999 })).toBe(false);
    expect(mayAsk(often, { ...news, nowMs: 1000 })).toBe(true);
  });

  it('is not made for what was tried, unless that had gone and came again', () => {
    const both = attempted(undefined, ask(), new Set(['a', 'b']));
    const fewer = ask({ chances: new Set(['a']), nowMs: 500, isReport: false });
    expect(mayAsk(both, fewer)).toBe(false);
    const again = ask({ chances: new Set(['a', 'b']), nowMs: 600, isReport: false });
    expect(mayAsk(both, again)).toBe(false);
    expect(mayAsk(forgetGone(both, fewer.chances), again)).toBe(true);
  });
});

describe("an operator's hold", () => {
  it('is none where the cluster covers the device', () => {
    expect(holdAfter(undefined, ME, NODES, east(100))).toBeNull();
  });

  it('lasts until the device enters a coverage', () => {
    const atFirst = holdAfter(undefined, ME, NODES, east(600));
    expect(atFirst).toEqual({ covering: new Set(['Edge2MSP', 'Edge3MSP']) });
    const outside = holdAfter(atFirst!, ME, NODES, east(2000));
    expect(outside).toEqual({ covering: new Set() });
    expect(holdAfter(outside!, ME, NODES, east(2100))).not.toBeNull();
    expect(holdAfter(outside!, ME, NODES, east(600))).toBeNull();
    expect(holdAfter(outside!, ME, NODES, east(0))).toBeNull();
    const two = holdAfter(undefined, ME, [node(1, 0), node(2, 600), node(4, 1200)], east(700))!;
    expect(holdAfter(two, ME, [node(1, 0), node(2, 600), node(4, 1200)], east(900))).toBeNull();
  });
});

describe('whom a cluster that is drained asks', () => {
  const ids = (position: ReturnType<typeof east> | null, nodes = NODES): string[] =>
    evacuationOrder(ME, nodes, position).map(({ nodeId }) => nodeId);

  it('is who covers the device, then who is near', () => {
    expect(ids(east(800))).toEqual(['Edge3MSP', 'Edge2MSP', 'Edge4MSP']);
    expect(ids(east(4000))).toEqual(['Edge4MSP', 'Edge3MSP', 'Edge2MSP']);
    // The wide cell that covers the device comes before the nearer one that does not.
    const wide = [node(1, 0), node(2, 600, { coverageRadiusMeters: 100 }), node(4, 900)];
    expect(ids(east(701), wide)).toEqual(['Edge4MSP', 'Edge2MSP']);
  });

  it('goes by its own place when nobody knows where the device is', () => {
    expect(ids(null)).toEqual(['Edge2MSP', 'Edge3MSP', 'Edge4MSP']);
    expect(ids(null, [node(3, 0), node(2, 0)])).toEqual(['Edge3MSP', 'Edge2MSP']);
  });

  it('is nobody that is cordoned or suspended', () => {
    expect(ids(east(0), [node(1, 0), node(2, 0, { cordoned: true }), node(3, 0, { state: 'SUSPENDED' })])).toEqual([]);
  });
});
