import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../network/package-root';
import { runCommand } from '../../network/processes';

/** The README's shell blocks, as a reader would run them: the demo, in three acts, on real parts. */
jest.setTimeout(600_000);

const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```sh\n(?<block>.*?)^```$/gms)].map((found) => found.groups?.['block'] ?? '');

afterAll(async () => {
  // Also when a block broke off in the middle.
  await runCommand([process.execPath, 'agent/bin/blosm.js', 'sandbox', 'down', '--purge', '--yes'], {
    cwd: packageRoot(),
    timeoutMs: 60_000,
  });
});

describe('README.md', () => {
  it('has at most 150 lines', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  it('has shell blocks', () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  it.each(blocks)('runs: %s', async (block) => {
    const { stdout } = await runCommand(['bash', '-euo', 'pipefail', '-c', block], {
      cwd: packageRoot(),
      timeoutMs: 540_000,
    });
    expect(stdout).toContain('everything shown is as it should be');
    expect(stdout).toMatch(/edge1 .*Edge1MSP/);
  });
});
