import fc from 'fast-check';
import { attempted, forgetGone, mayAsk, takers, type Attempts } from '../../../agent/domain/chances';
import { covers, hasLeft, rememberPosition, type CoverageMemory } from '../../../agent/domain/coverage';
import { distanceMeters, positionOfDegrees } from '../../../agent/domain/geo';
import type { NodeRecord, Position } from '../../../chaincode/src/model';
import { nodeRecord } from '../../support/lane-views';

const HYSTERESIS = { meters: 20, durationMs: 1000 };
const METERS_PER_DEGREE = 111_194.93;
const at = (east: number, north: number): Position =>
  positionOfDegrees(north / METERS_PER_DEGREE, east / METERS_PER_DEGREE);

interface Step {
  readonly east: number;
  readonly north: number;
  readonly pauseMs: number;
  readonly elsewhere: boolean;
}

/** Clusters anywhere, with any overlap or gap between them. */
const clusters: fc.Arbitrary<NodeRecord[]> = fc
  .array(
    fc.record({
      east: fc.integer({ min: -1000, max: 1000 }),
      north: fc.integer({ min: -1000, max: 1000 }),
      radius: fc.integer({ min: 100, max: 800 }),
    }),
    { minLength: 2, maxLength: 6 },
  )
  .map((sites) =>
    sites.map(({ east, north, radius }, index) =>
      nodeRecord(index + 1, { site: at(east, north), coverageRadiusMeters: radius }),
    ),
  );

/** Small steps and jumps, so that borders are crossed, grazed and stood upon. */
const walk: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    east: fc.oneof(fc.integer({ min: -15, max: 15 }), fc.integer({ min: -300, max: 300 })),
    north: fc.oneof(fc.integer({ min: -15, max: 15 }), fc.integer({ min: -300, max: 300 })),
    pauseMs: fc.integer({ min: 50, max: 1500 }),
    elsewhere: fc.boolean(),
  }),
  { minLength: 20, maxLength: 150 },
);

interface Move {
  readonly from: string;
  readonly to: string;
  readonly position: Position;
}

/** An instance whose every move succeeds at once: the worst case for flapping. */
function drive(nodes: readonly NodeRecord[], steps: readonly Step[]): Move[] {
  const moves: Move[] = [];
  let owner = nodes[0]!;
  let memory: CoverageMemory | undefined;
  let place = { east: 0, north: 0 };
  let nowMs = 0;
  for (const step of steps) {
    place = { east: place.east + step.east, north: place.north + step.north };
    nowMs += step.pauseMs;
    const position = at(place.east, place.north);
    memory = rememberPosition(owner, HYSTERESIS, memory, { position, elsewhere: step.elsewhere }, nowMs);
    const [next] = takers(owner.nodeId, nodes, position);
    if (next === undefined || !hasLeft(memory, HYSTERESIS, nowMs)) continue;
    moves.push({ from: owner.nodeId, to: next.nodeId, position });
    owner = next;
    memory = undefined;
  }
  return moves;
}

describe('an instance, wherever its device drives', () => {
  it('is moved only to who covers the device, from who does not', () => {
    fc.assert(
      fc.property(clusters, walk, (nodes, steps) => {
        for (const { from, to, position } of drive(nodes, steps)) {
          expect(
            covers(
              nodes.find(({ nodeId }) => nodeId === to)!,
              position,
            ),
          ).toBe(true);
          expect(
            covers(
              nodes.find(({ nodeId }) => nodeId === from)!,
              position,
            ),
          ).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is moved again only after its device has gone further than the hysteresis: no flapping on a border', () => {
    let moved = 0;
    fc.assert(
      fc.property(clusters, walk, (nodes, steps) => {
        const moves = drive(nodes, steps);
        moved += moves.length;
        for (const [index, move] of moves.entries()) {
          const before = moves[index - 1];
          if (before === undefined) continue;
          // A micro-degree is 0.11 m.
          expect(distanceMeters(before.position, move.position)).toBeGreaterThan(HYSTERESIS.meters - 0.5);
        }
      }),
      { numRuns: 500 },
    );
    expect(moved).toBeGreaterThan(100);
  });

  it('stays where it is while its device sways over the border of two clusters that touch', () => {
    const nodes = [
      nodeRecord(1, { site: at(-400, 0), coverageRadiusMeters: 400 }),
      nodeRecord(2, { site: at(400, 0), coverageRadiusMeters: 400 }),
    ];
    const sways = fc.array(fc.record({ offset: fc.integer({ min: -20, max: 20 }), elsewhere: fc.boolean() }), {
      minLength: 50,
      maxLength: 300,
    });
    fc.assert(
      fc.property(sways, (offsets) => {
        const steps = offsets.map(({ offset, elsewhere }, index) => ({
          east: offset - (offsets[index - 1]?.offset ?? 0),
          north: 0,
          pauseMs: 700,
          elsewhere,
        }));
        expect(drive(nodes, steps)).toEqual([]);
      }),
    );
  });
});

describe('attempts to move an instance that nobody takes', () => {
  it('are few, whatever the news, and never closer than a quarter of the pause', () => {
    const BACKOFF_MS = 1000;
    const LONG_MS = 60_000;
    const chance = fc.constantFrom('a', 'b', 'c', 'd');
    const news = fc.array(
      fc.record({ chances: fc.uniqueArray(chance), pauseMs: fc.integer({ min: 1, max: 400 }), isReport: fc.boolean() }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(news, (all) => {
        let attempts: Attempts | undefined;
        let nowMs = 0;
        const asked: number[] = [];
        for (const { chances, pauseMs, isReport } of all) {
          nowMs += pauseMs;
          const facts = { epoch: 1, chances: new Set(chances), nowMs, backoffMs: BACKOFF_MS, isReport };
          if (attempts !== undefined) attempts = forgetGone(attempts, facts.chances);
          if (!mayAsk(attempts, facts)) continue;
          attempts = attempted(attempts, facts, facts.chances);
          asked.push(nowMs);
        }
        // The second after a quarter, the third after half, all others after the whole of the pause.
        const gaps = asked.slice(1).map((atMs, index) => atMs - asked[index]!);
        const least = [BACKOFF_MS / 4, BACKOFF_MS / 2];
        for (const [index, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(least[index] ?? BACKOFF_MS);
        expect(asked.filter((atMs) => atMs <= LONG_MS).length).toBeLessThanOrEqual(3 + LONG_MS / BACKOFF_MS);
      }),
    );
  });
});
