import { StatusAnswer } from '../../../agent/cli/read-status';
import { StatusView } from '../../../agent/ports/control';
import { aStatus } from '../../fakes/control-records';

test('an answer that looks wrong is judged by the schema: all that it wants is what the short look wants', async () => {
  const good = aStatus();
  expect(StatusView.safeParse(good).success).toBe(true);
  const paths = leafPaths(good);
  expect(paths.length).toBeGreaterThan(30);
  for (const path of paths) {
    const bad = without(good, path);
    const short = await StatusAnswer.safeParse(bad);
    // What the short look lets pass is nothing that is shown.
    if (short.success) expect(NOT_SHOWN).toContain(path.at(-1));
    else expect(StatusView.safeParse(bad).success).toBe(false);
  }
});

/** Of a migration, what the status has no column for. */
const NOT_SHOWN = [
  ...['v', 'type', 'sourceNodeId', 'requestedDestination', 'destinationNodeId', 'configDigest', 'specSha256'],
  ...['handedOverAtMs', 'superseded'],
];

function leafPaths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, child]) => leafPaths(child, [...path, key]));
}

/** A copy in which the value at the path is a symbol's name in a list: nothing that any schema takes. */
function without(value: unknown, path: readonly string[]): unknown {
  const copy: unknown = structuredClone(value);
  let at = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path.at(-1) ?? ''] = [['nothing']];
  return copy;
}
