import { covers, hasLeft, rememberPosition, type CoverageMemory } from '../../../agent/domain/coverage';
import { distanceMeters, positionOfDegrees } from '../../../agent/domain/geo';

const MELBOURNE = positionOfDegrees(-37.8136, 144.9631);

describe('distance', () => {
  it.each([
    ['to itself', MELBOURNE, MELBOURNE, 0],
    ['Melbourne to Sydney', MELBOURNE, positionOfDegrees(-33.8688, 151.2093), 713_430],
    ['a degree of latitude', positionOfDegrees(0, 0), positionOfDegrees(1, 0), 111_195],
    ['a degree of longitude at 60 degrees north', positionOfDegrees(60, 0), positionOfDegrees(60, 1), 55_597],
    ['over the date line', positionOfDegrees(0, 179.5), positionOfDegrees(0, -179.5), 111_195],
    ['to the other side of the Earth', positionOfDegrees(0, 0), positionOfDegrees(0, 180), 20_015_115],
    ['from pole to pole', positionOfDegrees(90, 0), positionOfDegrees(-90, 77), 20_015_115],
  ])('%s', (_what, a, b, meters) => {
    expect(distanceMeters(a, b)).toBeGreaterThanOrEqual(meters * 0.999);
    expect(distanceMeters(a, b)).toBeLessThanOrEqual(meters * 1.001);
    expect(distanceMeters(b, a)).toBeCloseTo(distanceMeters(a, b), 6);
  });

  it('keeps degrees to a millionth', () => {
    expect(positionOfDegrees(-37.81361234, 0.0000005)).toEqual({ latE6: -37_813_612, lonE6: 1 });
  });
});

const CLUSTER = { site: positionOfDegrees(0, 0), coverageRadiusMeters: 400 };
const east = (meters: number): ReturnType<typeof positionOfDegrees> => positionOfDegrees(0, meters / 111_194.93);
const HYSTERESIS = { meters: 20, durationMs: 1000 };

const after = (...steps: readonly (readonly [meters: number, atMs: number, elsewhere?: boolean])[]): CoverageMemory =>
  steps.reduce<CoverageMemory | undefined>(
    (memory, [meters, atMs, elsewhere = false]) =>
      rememberPosition(CLUSTER, HYSTERESIS, memory, { position: east(meters), elsewhere }, atMs),
    undefined,
  )!;

describe('coverage', () => {
  it('holds up to the radius', () => {
    expect([0, 399, 401].map((meters) => covers(CLUSTER, east(meters)))).toEqual([true, true, false]);
  });

  it('is not left from inside, nor from as far out as the hysteresis, however long', () => {
    expect(after([100, 0])).toMatchObject({ outSinceMs: null, atMs: 0 });
    for (const meters of [100, 410, 419]) expect(hasLeft(after([meters, 0]), HYSTERESIS, 1e9)).toBe(false);
  });

  it('is left by whoever is far enough out for long enough', () => {
    const memory = after([421, 0], [440, 500], [425, 999]);
    expect(memory).toMatchObject({ outSinceMs: 0, atMs: 999 });
    expect(hasLeft(memory, HYSTERESIS, 999)).toBe(false);
    expect(hasLeft(memory, HYSTERESIS, 1000)).toBe(true);
  });

  it('is not left by one wrong measurement', () => {
    expect(hasLeft(after([100, 0], [5000, 900], [100, 1000]), HYSTERESIS, 2000)).toBe(false);
    expect(hasLeft(after([430, 0], [410, 900], [430, 1100]), HYSTERESIS, 2000)).toBe(false);
  });

  it('is left at once by whoever has connected to another cluster', () => {
    expect(hasLeft(after([421, 0, true]), HYSTERESIS, 0)).toBe(true);
    expect(hasLeft(after([419, 0, true]), HYSTERESIS, 1e9)).toBe(false);
  });

  it('is not left by whoever goes to and fro on the border', () => {
    const steps = Array.from({ length: 20 }, (_, turn) => [turn % 2 === 0 ? 430 : 390, turn * 600] as const);
    for (let count = 1; count <= steps.length; count += 1) {
      const memory = after(...steps.slice(0, count));
      expect(hasLeft(memory, HYSTERESIS, memory.atMs + 599)).toBe(false);
    }
  });
});
