import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { blosm, gatewayUrl } from '../../network/clusters';
import { migrationsOf, timelineOf } from '../../network/demo/ledger-view';
import { preloadImage, registryAddress, type Sandbox } from '../../network/sandbox';
import { bulkImage, toServiceImage, uploadImage } from '../../network/services';
import { waitUntil } from '../../network/processes';
import { clusterNamed } from '../support/clusters';
import { CounterDevice } from '../support/counter-device';
import { siteOf } from './gateway';
import type { BenchReport, Figure } from './report';

const GIGABYTE = 1_000_000_000;

/** The paper's mechanism (Fig. 9a) by phase, for the small counter and for the same service in an image of 1 GB. */
export async function benchRegistryMigration(sandbox: Sandbox): Promise<BenchReport[]> {
  const small = await migrate(sandbox, 'counter', 'registry migration, counter (100 MB), base layers present');
  await registerBulk(sandbox);
  const large = await migrate(sandbox, 'counter-bulk', 'registry migration, 1 GB image, base layers present');
  return [small, large];
}

async function migrate(sandbox: Sandbox, serviceId: string, bench: string): Promise<BenchReport> {
  const edge1 = clusterNamed(sandbox, 'edge1');
  const device = new CounterDevice(`bench-${serviceId}`, gatewayUrl(edge1), siteOf(sandbox, 'edge1'), serviceId);
  await device.count();
  await blosm(edge1, ['migrate', device.instanceId, '--to', 'edge2', '--wait']);
  const done = await waitUntil(
    async () => (await migrationsOf(edge1, device.instanceId)).find(({ state }) => state === 'COMPLETED'),
    { deadlineMs: 300_000, what: `the migration of ${serviceId}` },
  );
  const timeline = await timelineOf(edge1, done.migrationId);
  const wanted = [
    'propose',
    'pick',
    'drain',
    'stop',
    'commit',
    'push',
    'pull',
    'create',
    'start',
    'warm',
    'prepare',
    'hand-over',
    'complete',
  ];
  const phases = timeline.phases
    .filter(({ name, endMs }) => wanted.includes(name) && endMs !== null)
    .map(({ name, node, startMs, endMs }): Figure => {
      return { what: `- ${name} (${node})`, unit: 'ms', value: (endMs ?? startMs) - startMs, note: '' };
    });
  const totalMs = (done.completedAtMs ?? NaN) - done.proposedAtMs;
  const rate = `${sandbox.plan.topology.link.rateMbit} Mbit/s`;
  return {
    bench,
    figures: [
      {
        what: 'total, proposed to completed',
        unit: 's',
        value: totalMs / 1000,
        note: `${rate}; paper: 75.11 s, 70.46 s`,
      },
      { what: 'outage', unit: 's', value: (timeline.outageMs ?? NaN) / 1000, note: 'the strategy stops first' },
      ...phases,
    ],
  };
}

/** The counter in an image with 1 GB of random bytes, present on every cluster as in the paper. */
async function registerBulk({ plan }: Sandbox): Promise<void> {
  const operator = plan.clusters[0];
  if (operator === undefined) return;
  const built = await bulkImage({ extraBytes: GIGABYTE });
  await uploadImage(built, { registry: registryAddress(plan) });
  for (const cluster of plan.clusters) await preloadImage(plan, cluster, toServiceImage(built));
  const file = join(mkdtempSync(join(tmpdir(), 'blosm-bench-')), 'service.yaml');
  writeFileSync(
    file,
    stringify({
      serviceId: 'counter-bulk',
      applicationType: 'counter',
      image: { repository: built.repository },
      state: 'files',
      need: { memoryMiB: 64, cpuMillis: 100, diskMiB: 1200 },
      run: { port: 8080, healthPath: '/healthz', stopGraceSeconds: 5 },
    }),
  );
  await blosm(operator, ['service', 'register', '-f', file]);
}
