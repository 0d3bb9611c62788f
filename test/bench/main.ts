import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { clustersUp } from '../../network/clusters';
import { publishSampleServices } from '../../network/demo/publish';
import { packageRoot } from '../../network/package-root';
import { sandboxDown, type Sandbox } from '../../network/sandbox';
import { loadTopology } from '../../network/topology';
import { benchDecision } from './decision';
import { benchGateway } from './gateway';
import { benchLedgerAdapters } from './ledger-adapters';
import { benchRegistryMigration } from './registry-migration';
import { publish, type BenchReport } from './report';

/** By name: `npm run bench -- decision gateway`; all when none is named. */
const BENCHES: Readonly<Record<string, (sandbox: Sandbox) => Promise<BenchReport[]>>> = {
  decision: async (sandbox) => [await benchDecision(sandbox)],
  'ledger-adapters': async ({ fabric }) => [await benchLedgerAdapters(fabric)],
  gateway: async (sandbox) => [await benchGateway(sandbox)],
  registry: benchRegistryMigration,
};

async function main(): Promise<void> {
  const named = process.argv.slice(2);
  const unknown = named.filter((name) => BENCHES[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  const startedAt = new Date();
  const stateDir = mkdtempSync(join(tmpdir(), 'blosm-bench-'));
  const topology = loadTopology(resolve(packageRoot(), 'network/profiles/three-clusters.yaml'));
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const sandbox = await clustersUp({ topology, stateDir, onStep: say });
    await publishSampleServices(sandbox, say);
    const reports: BenchReport[] = [];
    for (const name of named.length > 0 ? named : Object.keys(BENCHES)) {
      say(`bench ${name}`);
      reports.push(...((await BENCHES[name]?.(sandbox)) ?? []));
    }
    say(`written to ${publish(reports, resolve('.blosm', 'bench'), startedAt)}`);
  } finally {
    await sandboxDown({ stateDir, purge: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
