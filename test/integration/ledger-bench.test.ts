import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../../network/package-root';
import { runCommand } from '../../network/processes';

jest.setTimeout(300_000);

/** Ports beside those of the other files. */
const BASE_PORT = 28_050;

const Written = z.object({
  commit: z.string(),
  machine: z.object({ cpu: z.string(), cores: z.number() }),
  reports: z.array(
    z.object({
      bench: z.string(),
      figures: z.array(z.object({ what: z.string(), value: z.number(), unit: z.string() })),
      rows: z.array(z.looseObject({ source: z.string(), recordsMs: z.number() })).optional(),
    }),
  ),
});

describe('npm run bench -- ledger', () => {
  const out = mkdtempSync(join(tmpdir(), 'blosm-bench-out-'));

  afterAll(() => {
    rmSync(out, { recursive: true, force: true });
  });

  it('measures decisions by both sources on a real network, and takes it down again', async () => {
    const few = ['--peers', '3', '--samples', '2', '--transactions', '1', '--base-port', String(BASE_PORT)];
    const program = join(packageRoot(), 'dist', 'test', 'bench', 'main.js');
    const { stdout } = await runCommand([process.execPath, program, 'ledger', ...few, '--out', out], {
      timeoutMs: 280_000,
    });
    const [file = ''] = readdirSync(out);
    const { reports, commit, machine } = Written.parse(JSON.parse(readFileSync(join(out, file), 'utf8')));
    expect(commit).not.toBe('');
    expect(stdout).toContain(machine.cpu);
    const [decision, adapters] = reports;
    expect(decision?.rows?.map(({ source }) => source)).toEqual(['commit', 'records', 'commit', 'records']);
    // Whatever was measured is there: nothing was left unknown, and nothing took no time or no room.
    expect(decision?.figures.filter(({ value }) => !(value > 0))).toEqual([]);
    const processorTimes = adapters?.figures.filter(({ what }) => what.includes('processor time')) ?? [];
    expect(processorTimes.length).toBeGreaterThan(0);
    expect(processorTimes.filter(({ value }) => !(value > 0))).toEqual([]);
    await expect(fetch(`http://127.0.0.1:${BASE_PORT + 5}/healthz`)).rejects.toThrow();
  });
});
