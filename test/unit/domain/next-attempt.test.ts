import { nextAttempt, type NextAttemptFacts } from '../../../agent/domain/next-attempt';
import { positionOfDegrees } from '../../../agent/domain/geo';

const NOW_MS = 1_700_000_000_000;
const BACKOFF_MS = 8000;

const away = { position: positionOfDegrees(0, 1), elsewhere: false, atMs: NOW_MS - 500, outSinceMs: NOW_MS - 10_000 };
const facts = (changes: Partial<NextAttemptFacts> = {}): NextAttemptFacts => ({
  coverage: away,
  hysteresis: { meters: 20, durationMs: 2000 },
  positionMs: 30_000,
  isHeld: false,
  nowMs: NOW_MS,
  openMigrationId: null,
  isMoving: false,
  isDraining: false,
  takers: ['edge2', 'edge3'],
  attempts: { epoch: 1, count: 1, lastAtMs: NOW_MS - 1000, tried: new Set() },
  backoffMs: BACKOFF_MS,
  ...changes,
});

describe('the next attempt of the agent itself', () => {
  it.each<[string, Partial<NextAttemptFacts>, RegExp]>([
    ['another migration is open', { openMigrationId: 'm-2' }, /^m-2 has taken its place$/],
    ['something is still to be cleaned up', { isMoving: true }, /cleaned up/],
    ['the cluster is drained', { isDraining: true }, /being drained: as soon as another one takes it/],
    ['an operator moved it here', { isHeld: true }, /^not by itself now: an operator moved it here/],
    ['nobody knows where the device is', { coverage: undefined }, /where the device is, is not known/],
    ['its position is old', { coverage: { ...away, atMs: NOW_MS - 30_001 } }, /too old/],
    ['the device is inside', { coverage: { ...away, outSinceMs: null } }, /inside its coverage/],
    ['it has hardly left', { coverage: { ...away, outSinceMs: NOW_MS - 1000 } }, /not been outside for long enough/],
    ['nobody covers it', { takers: [] }, /no cluster that takes anything new covers it/],
  ])('does not come by itself when %s', (_what, changes, says) => {
    const next = nextAttempt(facts(changes));
    expect(next).toEqual({ says: expect.stringMatching(says) as string, positionFromMs: null, newsFromMs: null });
  });

  it('comes at once where the agent has not tried since it was started', () => {
    const next = nextAttempt(facts({ attempts: undefined }));
    expect(next).toEqual({ says: 'at once: edge2, edge3 can take over', positionFromMs: NOW_MS, newsFromMs: NOW_MS });
  });

  it.each([
    [1, 1, 1 / 4],
    [3, 4, 1],
    [40, 16, 1],
  ])('after %d attempts waits for longer', (count, onPosition, onNews) => {
    const lastAtMs = NOW_MS - 1000;
    expect(nextAttempt(facts({ attempts: { epoch: 1, count, lastAtMs, tried: new Set() } }))).toEqual({
      says: expect.stringMatching(/^with a new position of the device; sooner with news/) as string,
      positionFromMs: lastAtMs + onPosition * BACKOFF_MS,
      newsFromMs: lastAtMs + onNews * BACKOFF_MS,
    });
  });
});
