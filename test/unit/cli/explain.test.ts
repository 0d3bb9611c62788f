import { explanationText } from '../../../agent/cli/views/migration-orders';
import { anExplanation, START_MS } from '../../fakes/control-records';
import { startBench } from './invoke';

describe('blosm migration explain', () => {
  it('says nothing of a next attempt where there is none to tell of', async () => {
    const bench = await startBench();
    const { exitCode, stdout } = await bench.blosm(['migration', 'explain', 'mig-1']);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('tries again');
    const told = JSON.parse((await bench.blosm(['migration', 'explain', 'mig-1', '-o', 'json'])).stdout) as object;
    expect(told).toMatchObject({ kind: 'MigrationExplanation', next: null });
    await bench.close();
  });

  it('of an aborted one tells the next attempt of the agent itself', async () => {
    const bench = await startBench();
    const [migration] = await bench.service.migrations.list({ limit: 1 });
    await bench.close();
    const text = (next: ReturnType<typeof anExplanation>['next']): string =>
      explanationText({ ...anExplanation(migration!), state: 'ABORTED', next }, START_MS);
    const waits = text({ says: 'with news', positionFromMs: START_MS + 60_000, newsFromMs: START_MS - 1 });
    expect(waits).toMatch(/tries again: +with news\n/);
    expect(waits).toMatch(/- on a position: +from \S+ on\n/);
    expect(waits).toMatch(/- on news: +from now on\n/);
    const stays = text({ says: 'not by itself now: it is inside', positionFromMs: null, newsFromMs: null });
    expect(stays).toContain('not by itself now: it is inside');
    expect(stays).not.toContain('- on');
  });
});
