import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterFabricFiles } from '../../../network/fabric';
import { fabricLayout } from '../../../network/fabric/layout';
import { packageRoot } from '../../../network/package-root';
import { waitUntil } from '../../../network/processes';
import { publishService, serviceFilePath } from '../../../network/services';
import type { CounterAnswer, CounterDevice } from '../../support/counter-device';
import { createDockerBench, type TestEngine } from '../../support/docker';
import { startFabricForTests, type TestNetwork } from '../../support/fabric-network';
import { pageScripts, sectionScripts } from './readme-blocks';
import { openShell, type Shell } from './shell';

const PAGE = join(packageRoot(), 'agent/docs/operations.md');
const BASE_PORT = 25_050;
const HAS_ENGINE = process.getuid?.() === 0 && existsSync('/usr/sbin/dockerd');
/** Why the page cannot be run here; empty: it can. */
export const WHY_NOT = HAS_ENGINE ? '' : ' (skipped: it needs root and dockerd)';

/** Whatever is set for the agents beside their files: the others are looked at more often than every 30 s. */
export const SETTINGS = { BLOSM_LEASE_SECONDS: '30' };

/** A cluster in the hands of its operator: a shell with the page's variables, and `blosm` where it is looked for. */
export interface Operator {
  readonly name: string;
  readonly shell: Shell;
  readonly engine: TestEngine;
  readonly gatewayUrl: string;
  readonly stateFolder: string;
  /** Runs the blocks of a section of the page; gives what they print. */
  section(heading: string, wanted?: (block: string) => boolean): Promise<string>;
  /** From its next start on `blosm` is this build's. */
  install(root: string): void;
  /** Runs something while the agent stands still. */
  whileFrozen<T>(run: () => Promise<T>): Promise<T>;
  /** An instance's containers here, with their state and since when they run. */
  containersOf(instanceId: string): Promise<{ id: string; state: string; startedAt: string }[]>;
  log(): string;
}

/** Two clusters with all that they need on one real network; a third organisation has a peer, and no agent. */
export interface Operators {
  readonly work: string;
  readonly network: TestNetwork;
  readonly edge1: Operator;
  readonly edge2: Operator;
  /** The page's blocks that nobody has run so far. */
  blocksLeft(): readonly string[];
  close(): Promise<void>;
}

export async function startOperators(): Promise<Operators> {
  const work = mkdtempSync(join(tmpdir(), 'blosm-operate-'));
  /** The last one first. */
  const cleanUps: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    rmSync(work, { recursive: true, force: true });
  };
  try {
    const bench = createDockerBench();
    cleanUps.push(() => bench.close());
    const network = await startFabricForTests(BASE_PORT);
    cleanUps.push(() => network.down());
    const registry = (await bench.registry('registry')).address;
    await publishService('counter', { registry });
    const ran = new Set<string>();
    const open = async (index: 1 | 2): Promise<Operator> => {
      const engine = await bench.engine(`edge${index}`);
      const operator = openOperator({ index, work, network, engine, registry, ran });
      cleanUps.push(() => operator.shell.close());
      await operator.section('# Operating a cluster');
      return operator;
    };
    const blocksLeft = () => pageScripts(PAGE).filter((block) => !ran.has(block));
    return { work, network, edge1: await open(1), edge2: await open(2), blocksLeft, close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

interface Surroundings {
  readonly index: 1 | 2;
  readonly work: string;
  readonly network: TestNetwork;
  readonly engine: TestEngine;
  readonly registry: string;
  /** The page's blocks that have been run. */
  readonly ran: Set<string>;
}

function openOperator(surroundings: Surroundings): Operator {
  const { index, work, engine, ran } = surroundings;
  const name = `edge${index}`;
  const home = join(work, name);
  const bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  const shell = openShell(home, {
    ...variables(surroundings),
    ...SETTINGS,
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
  });
  const stateFolder = join(home, 'state');
  const install = (root: string): void => {
    const program = `#!/bin/sh\nexec ${process.execPath} ${join(root, 'agent/bin/blosm.js')} "$@"\n`;
    writeFileSync(join(bin, 'blosm'), program, { mode: 0o755 });
  };
  install(packageRoot());
  return {
    ...{ name, shell, engine, stateFolder, install, gatewayUrl: `http://127.0.0.1:${gatewayPort(index)}` },
    section: async (heading, wanted = () => true) => {
      const outputs: string[] = [];
      for (const block of sectionScripts(PAGE, heading).filter(wanted)) {
        outputs.push(await shell.run(block));
        ran.add(block);
      }
      return outputs.join('\n');
    },
    whileFrozen: async (run) => {
      const agent = Number(await shell.run('echo "$AGENT"'));
      process.kill(agent, 'SIGSTOP');
      try {
        return await run();
      } finally {
        process.kill(agent, 'SIGCONT');
      }
    },
    containersOf: async (instanceId) => {
      const filters = { label: [`io.blosm.instance=${instanceId}`] };
      const found = await engine.docker.listContainers({ all: true, filters });
      const looks = await Promise.all(found.map(({ Id }) => engine.docker.getContainer(Id).inspect()));
      return looks.map(({ Id, State }) => ({ id: Id, state: State.Status, startedAt: State.StartedAt }));
    },
    log: () => readFileSync(join(stateFolder, 'agent.log'), 'utf8'),
  };
}

const gatewayPort = (index: number): number => 25_180 + index;

/** The page's variables for one of the clusters. */
function variables({ index, work, network, engine, registry }: Surroundings): Record<string, string> {
  const name = `edge${index}`;
  const at = (folder: string) => join(work, name, folder);
  for (const folder of ['etc', 'state', 'run']) mkdirSync(at(folder), { recursive: true, mode: 0o700 });
  const { connectionProfile } = clusterFabricFiles(network.state, name);
  const { agent, admin } = fabricLayout(network.stateFolder).organization({ name, mspId: `Edge${index}MSP` });
  return {
    ...{ ETC: at('etc'), STATE: at('state'), RUN: at('run'), NAME: name, ADDRESS: '127.0.0.1', CHANNEL: 'blosm' },
    ...{ PROFILE: connectionProfile, CLIENT: agent.msp, ADMIN: admin.msp },
    ...{ GATEWAY_PORT: String(gatewayPort(index)), PEER_PORT: String(25_190 + index) },
    ...{ REGISTRY: registry, DOCKER: engine.socketPath, LONGITUDE: index === 1 ? '144.9631' : '144.96992' },
    ...{ CERTIFICATE: at('new-cert.pem'), KEY: at('new-key.pem'), LOST: 'Edge3MSP' },
    ...{ SERVICE: serviceFilePath('counter'), NEIGHBOUR: `edge${3 - index}` },
  };
}

/** Waits until a device's next write is acknowledged; nothing that was acknowledged before may be gone. */
export async function untilServed(device: CounterDevice): Promise<CounterAnswer> {
  const answer = await waitUntil(
    async () => {
      const seen = await device.count();
      return seen.status === 200 ? seen : undefined;
    },
    { deadlineMs: 60_000, what: `${device.instanceId} to answer` },
  );
  expect(device.hasLostNothing()).toBe(true);
  return answer;
}
