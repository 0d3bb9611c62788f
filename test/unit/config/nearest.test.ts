import fc from 'fast-check';
import { editDistance, nearest } from '../../../agent/config/nearest';

test.each([
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['ab', 'ba', 1],
  ['same', 'same', 0],
])('%j and %j are %d apart', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});

test('distance is symmetric, 0 only for equals, and at most the longer length', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

test('only a near word is offered', () => {
  expect(nearest('lsten', ['listen', 'advertiseUrl'])).toBe('listen');
  expect(nearest('Listen', ['listen'])).toBe('listen');
  expect(nearest('colour', ['listen', 'advertiseUrl'])).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
});
