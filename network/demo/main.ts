import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { blosm, clustersUp } from '../clusters';
import { packageRoot } from '../package-root';
import { sandboxDown } from '../sandbox';
import { locateModel, OFFICIAL_MODEL } from '../services';
import { loadTopology } from '../topology';
import { actOne, actThree, actTwo, cameraVehicle, clusterOf, counterVehicle, countOfCounter, type Stage } from './acts';
import { cameraImages } from './camera';
import { Expectations, type ResultRow } from './outcome';
import { publishSampleServices } from './publish';

/** `npm run demo`: the main job on real parts, in three acts. Exit code 0 when everything that it shows is true. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      state: { type: 'string', default: process.env['BLOSM_STATE'] ?? '.blosm' },
      topology: { type: 'string', default: resolve(packageRoot(), 'network/profiles/three-clusters.yaml') },
      keep: { type: 'boolean', default: false },
    },
  });
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
  const startedMs = performance.now();
  const say = (line: string): void => {
    process.stdout.write(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
  };
  const { signal } = interrupt;
  try {
    const topology = loadTopology(values.topology);
    const sandbox = await clustersUp({ topology, stateDir: values.state, onStep: say, signal });
    await publishSampleServices(sandbox, say);
    const expectations = new Expectations();
    await play({ sandbox, images: cameraImages(), expectations, say, signal });
    const failed = expectations.failures.length;
    say(failed === 0 ? 'everything shown is as it should be' : `${failed} things are NOT as they should be`);
    return failed === 0 ? 0 : 1;
  } finally {
    if (!values.keep) {
      say('taking everything down');
      await sandboxDown({ stateDir: values.state, purge: true });
    }
  }
}

async function play(stage: Stage): Promise<void> {
  const { sandbox, expectations, say, signal } = stage;
  const model = locateModel();
  if (model === undefined) {
    say(
      `no model folder found: the images are recognised by a GENERATED network. The official file: ${OFFICIAL_MODEL}`,
    );
  }
  const stop = new AbortController();
  const driving = AbortSignal.any([signal, stop.signal]);
  const [camera, counter] = [cameraVehicle(stage, 'vehicle-1', 'edge1'), counterVehicle(stage, 'vehicle-2', 'edge1')];
  const drives = [camera.drive(driving), counter.drive(driving)];
  const one = await actOne(stage, camera, counter);
  const two = await actTwo(stage);
  const three = await actThree(stage, camera, counter);
  stop.abort();
  await Promise.all(drives);
  const counted = countOfCounter(counter);
  expectations.expect(!counted.hasLost, 'the counter has lost nothing, over two migrations');
  const source = clusterOf(sandbox, 'edge1');
  process.stdout.write(`\n${await blosm(source, ['migration', 'timeline', one.migration.migrationId])}\n`);
  process.stdout.write(`${await blosm(source, ['migration', 'get', one.migration.migrationId])}\n`);
  printResults(model === undefined, [
    ...one.rows,
    ...two,
    ...three,
    {
      what: 'writes acknowledged by the counter / in its file',
      ours: `${counted.acknowledged} / ${counted.last}`,
      paper: '-',
    },
  ]);
}

function printResults(isGenerated: boolean, rows: readonly ResultRow[]): void {
  const ours = isGenerated ? 'here (generated network)' : 'here';
  const table = new Table({ head: ['what', ours, 'paper'], style: { head: [], border: [] } });
  for (const row of rows) table.push([row.what, row.ours, row.paper]);
  process.stdout.write(`${table.toString()}\n`);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
