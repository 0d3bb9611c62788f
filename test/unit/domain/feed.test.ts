import fc from 'fast-check';
import { formatPosition, parsePosition, resumeAt } from '../../../agent/domain/feed';

test('a position is read as it was written', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (run, sequence) => {
      expect(parsePosition(formatPosition({ run, sequence }))).toEqual({ run, sequence });
    }),
  );
});

test.each(['', '1', 'a-1', '1-a', '-1-1', '1-1-1', `${'9'.repeat(17)}-1`])('%j is no position', (text) => {
  expect(parsePosition(text)).toBeUndefined();
});

const kept = { run: 7, first: 10, end: 20 };
test.each([
  ['in the middle', { run: 7, sequence: 15 }, { next: 15, gap: '' }],
  ['at the end', { run: 7, sequence: 20 }, { next: 20, gap: '' }],
  ['before what is kept', { run: 7, sequence: 4 }, { next: 10, gap: '6 entries are no longer kept' }],
  ['of another run', { run: 6, sequence: 15 }, { next: 10, gap: 'the agent was restarted since' }],
  ['beyond the end', { run: 7, sequence: 99 }, { next: 20, gap: '' }],
])('a reader that stands %s', (_where, from, start) => {
  expect(resumeAt(from, kept)).toEqual(start);
});
