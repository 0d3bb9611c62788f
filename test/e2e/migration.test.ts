import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationRecord } from '../../chaincode/src/model';
import { agentReady, blosm, gatewayUrl } from '../../network/clusters';
import { fabricUp } from '../../network/fabric';
import { fabricLayout } from '../../network/fabric/layout';
import { packageRoot } from '../../network/package-root';
import { readRecord, tryCommand, waitUntil } from '../../network/processes';
import {
  agentLog,
  callEngine,
  fabricPlacement,
  inNamespace,
  killAgent,
  startAgent,
  type ClusterPlan,
  type Sandbox,
} from '../../network/sandbox';
import { serviceFilePath } from '../../network/services';
import { clusterNamed, startClustersForTests } from '../support/clusters';
import { CounterDevice } from '../support/counter-device';
import { killsOf, linkFault, peerFault, type RealFault } from '../support/real-faults';
import { isFull, sampleOf } from '../support/sample';

/** On real parts: three engines, three peers, three agents. One sandbox for all tests of this file. */
jest.setTimeout(180_000);

const AT_EDGE1 = { latitude: -37.8136, longitude: 144.9631 };
/** Covered by both: who is moved by an operator is not moved back for its position. */
const BETWEEN = { latitude: -37.8136, longitude: 144.9665 };
const AT_EDGE2 = { latitude: -37.8136, longitude: 144.96992 };

let clusters: (Sandbox & { stop(): Promise<void> }) | undefined;
let edge1: ClusterPlan;
let edge2: ClusterPlan;
let edge3: ClusterPlan;
let devices = 0;

beforeAll(async () => {
  clusters = await startClustersForTests();
  edge1 = clusterNamed(clusters, 'edge1');
  edge2 = clusterNamed(clusters, 'edge2');
  edge3 = clusterNamed(clusters, 'edge3');
}, 600_000);

afterAll(async () => {
  await clusters?.stop();
}, 120_000);

function sandbox(): Sandbox {
  if (clusters === undefined) throw new Error('the sandbox is not up');
  return clusters;
}

const newDevice = (position = BETWEEN, serviceId = 'counter'): CounterDevice => {
  devices += 1;
  return new CounterDevice(`vehicle-${devices}`, gatewayUrl(edge1), position, serviceId);
};

async function migrationsOf(instanceId: string, cluster = edge1): Promise<MigrationRecord[]> {
  const { items } = JSON.parse(await blosm(cluster, ['-o', 'json', 'migration', 'list'])) as {
    items: MigrationRecord[];
  };
  return items.filter((migration) => migration.instanceId === instanceId);
}

async function containersOf(cluster: ClusterPlan, instanceId: string): Promise<{ Id: string; State: string }[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`io.blosm.instance=${instanceId}`] }));
  const answer = await callEngine(cluster.engine.socket, `/containers/json?all=1&filters=${filters}`);
  return JSON.parse(answer) as { Id: string; State: string }[];
}

/** What an agent's log says last of an instance. */
function logOf(cluster: ClusterPlan, instanceId: string): string {
  const lines = readFileSync(agentLog(cluster), 'utf8').split('\n');
  return lines
    .filter((line) => line.includes(instanceId))
    .slice(-15)
    .join('\n');
}

/** Both agents are there and agree: one migration in a final state, one container, and it answers. */
async function expectSettled(device: CounterDevice): Promise<MigrationRecord> {
  const ended = await waitUntil(
    async () => {
      const [last] = await migrationsOf(device.instanceId);
      return last !== undefined && ['COMPLETED', 'ABORTED'].includes(last.state) ? last : undefined;
    },
    { deadlineMs: 90_000, what: `the migration of ${device.instanceId} to end` },
  );
  const owner = ended.state === 'COMPLETED' ? edge2 : edge1;
  const other = owner === edge1 ? edge2 : edge1;
  await waitUntil(async () => (await containersOf(other, device.instanceId)).length === 0, {
    deadlineMs: 60_000,
    what: `the other copy of ${device.instanceId} to be removed`,
  }).catch((error: unknown) => {
    const told = [edge1, edge2].map((cluster) => `${cluster.name}:\n${logOf(cluster, device.instanceId)}`);
    throw new Error(`${String(error)}, after ${ended.state}\n${told.join('\n')}`);
  });
  const answer = await waitUntil(
    async () => {
      const seen = await device.count();
      return seen.status === 200 ? seen : undefined;
    },
    { deadlineMs: 60_000, what: `${owner.name} to answer` },
  );
  expect(answer.servedBy).toBe(owner.name);
  expect(device.hasLostNothing()).toBe(true);
  expect((await containersOf(owner, device.instanceId)).map((c) => c.State)).toEqual(['running']);
  return ended;
}

describe('a device and its instance', () => {
  it('gets an instance with its first request and keeps it by its token', async () => {
    const device = newDevice();
    expect(await device.count()).toMatchObject({ status: 200, count: 1, servedBy: 'edge1' });
    expect(await device.count()).toMatchObject({ status: 200, count: 2, servedBy: 'edge1' });
    const { items } = JSON.parse(await blosm(edge2, ['-o', 'json', 'instance', 'list'])) as {
      items: { instanceId: string; ownerName: string; epoch: number }[];
    };
    expect(items.find((i) => i.instanceId === device.instanceId)).toMatchObject({ ownerName: 'edge1', epoch: 1 });
  });

  it('has a route at each cluster, and its own lines in the log and the events', async () => {
    const device = newDevice();
    await device.count();
    const { instanceId } = device;
    const json = async (cluster: ClusterPlan, line: string): Promise<unknown> =>
      JSON.parse(await blosm(cluster, [...line.split(' '), '-o', 'json']));
    const [copy] = await containersOf(edge1, instanceId);
    expect(await json(edge1, `route get ${instanceId}`)).toMatchObject({
      ...{ kind: 'Route', instanceId, serviceId: 'counter', mode: 'served' },
      target: expect.stringMatching(/^172\.\d+\.\d+\.\d+:\d+$/) as string,
    });
    expect(copy?.State).toBe('running');
    expect(await json(edge2, `route get ${instanceId}`)).toMatchObject({ mode: 'forwarded', target: 'edge1' });
    const { items } = (await json(edge1, 'route list')) as { items: { instanceId: string; mode: string }[] };
    expect(items).toContainEqual(expect.objectContaining({ instanceId, mode: 'served' }));
    const lines = async (what: string): Promise<{ name?: string; fields?: { instanceId?: string } }[]> =>
      (await blosm(edge1, [what, '--instance', instanceId, '-o', 'ndjson']))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { name?: string });
    const names = (await lines('events')).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['InstanceCreated', 'create done', 'start done', 'warm done']));
    for (const { fields } of await lines('logs')) expect(fields?.instanceId).toBe(instanceId);
  });

  it('is forwarded to its owner by another cluster, and moves when it left the coverage', async () => {
    const device = newDevice(AT_EDGE1);
    await device.count();
    device.gatewayUrl = gatewayUrl(edge2);
    device.position = AT_EDGE2;
    expect(await device.count()).toMatchObject({ status: 200, count: 2, servedBy: 'edge1' });
    const ended = await expectSettled(device);
    expect(ended).toMatchObject({ state: 'COMPLETED', destinationNodeId: 'Edge2MSP', trigger: 'reconnect' });
    expect(device.acknowledged.at(-1)).toBeGreaterThanOrEqual(3);
  });

  it('moves where the operator says, and the timeline names every phase', async () => {
    const device = newDevice();
    await device.count();
    await blosm(edge1, ['migrate', device.instanceId, '--to', 'edge2', '--wait']);
    const ended = await expectSettled(device);
    expect(ended.state).toBe('COMPLETED');
    const timeline = JSON.parse(await blosm(edge1, ['-o', 'json', 'migration', 'timeline', ended.migrationId])) as {
      phases: { name: string; node: string }[];
      outageMs: number;
    };
    expect(timeline.phases.map((phase) => phase.name)).toEqual(
      expect.arrayContaining(['propose', 'pick', 'drain', 'stop', 'commit', 'push', 'pull', 'create', 'start', 'warm']),
    );
    expect(timeline.outageMs).toBeGreaterThan(0);
  });
});

/** Makes room for the next on a small cluster. */
async function remove(cluster: ClusterPlan, { instanceId }: CounterDevice): Promise<void> {
  await blosm(cluster, ['instance', 'remove', instanceId, '--yes']);
  await waitUntil(async () => (await containersOf(cluster, instanceId)).length === 0, {
    deadlineMs: 60_000,
    what: `the container of ${instanceId} to be removed`,
  });
}

describe('an open WebSocket', () => {
  it('is closed as restarting when its instance moves, and one opened anew is told of what is counted there', async () => {
    const device = newDevice();
    await device.count();
    const before = await waitUntil(() => device.listen(), { deadlineMs: 30_000, what: 'the WebSocket to open' });
    expect(await device.count()).toMatchObject({ status: 200, count: 2, servedBy: 'edge1' });
    await waitUntil(() => before.counts.length > 0, { deadlineMs: 10_000, what: 'the count to be told' });
    expect(before.counts).toEqual([2]);
    await blosm(edge1, ['migrate', device.instanceId, '--to', 'edge2', '--wait']);
    expect(await before.end).toEqual({ code: 1012, wasClean: true });
    expect(await expectSettled(device)).toMatchObject({ state: 'COMPLETED', destinationNodeId: 'Edge2MSP' });
    // It would never have ended by itself: the migration waited for nothing.
    const lines = readFileSync(join(edge1.agent.stateDir, 'journal.ndjson'), 'utf8').split('\n');
    const entries = lines.filter((line) => line.includes(device.instanceId)).map((line) => JSON.parse(line) as unknown);
    const drained = { kind: 'step-done', name: 'drain', detail: { left: 0 } };
    expect(entries).toContainEqual(expect.objectContaining({ entry: expect.objectContaining(drained) as unknown }));
    const after = await waitUntil(() => device.listen(), { deadlineMs: 30_000, what: 'the WebSocket to open' });
    const { count, servedBy } = await device.count();
    expect(servedBy).toBe('edge2');
    await waitUntil(() => after.counts.length > 0, { deadlineMs: 10_000, what: 'the count to be told' });
    expect(after.counts).toEqual([count]);
    after.close();
    expect(await after.end).toMatchObject({ wasClean: true });
    await remove(edge2, device);
  });
});

describe('an agent that is restarted while its own peer is off', () => {
  it('serves what has no state, flagged; what has state is held until the peer has caught up', async () => {
    const file = join(sandbox().plan.stateDir, 'ticker.yaml');
    const stateless = readFileSync(serviceFilePath('counter'), 'utf8')
      .replace('serviceId: counter', 'serviceId: ticker')
      .replace('state: files', 'state: none');
    writeFileSync(file, stateless);
    await blosm(edge1, ['service', 'register', '-f', file]);
    const [held, served] = [newDevice(), newDevice(BETWEEN, 'ticker')];
    await held.count();
    await served.count();
    const memory = join(edge1.agent.stateDir, 'ledger-memory.json');
    const isKept = (): boolean => existsSync(memory) && readFileSync(memory, 'utf8').includes(served.instanceId);
    await waitUntil(isKept, { deadlineMs: 10_000, what: 'the instance to be remembered' });
    const peer = peerFault(sandbox(), edge1);
    await killAgent(edge1);
    await peer.begin();
    await startAgent(edge1);
    const answer = await waitUntil(
      async () => {
        const seen = await served.count();
        return seen.status === 200 ? seen : undefined;
      },
      { deadlineMs: 60_000, what: 'what has no state to be served' },
    );
    expect(answer).toMatchObject({ count: 2, servedBy: 'edge1', ledger: 'behind' });
    // It is answered before the other's next request or it waits: for as long as a request may, and no longer.
    const order: string[] = [];
    const waiting = held.count().finally(() => order.push('with state'));
    await served.count().finally(() => order.push('without'));
    expect(order).toEqual(['without']);
    await peer.end();
    await agentReady(edge1);
    const seen = await waiting;
    const again = seen.status === 200 ? seen : await held.count();
    expect(again).toMatchObject({ status: 200, count: 2, servedBy: 'edge1', ledger: '' });
    expect(await served.count()).toMatchObject({ status: 200, count: 4, ledger: '' });
    await Promise.all([held, served].map((device) => remove(edge1, device)));
  });
});

/** A line of an agent's journal: the state in which a fault strikes. */
interface RealMoment {
  readonly side: 'source' | 'destination';
  readonly kind: 'fact' | 'step-begun' | 'step-done';
  readonly name: string;
}

const at = (side: RealMoment['side'], kind: RealMoment['kind'], ...names: string[]): RealMoment[] =>
  names.map((name) => ({ side, kind, name }));

/** The states of a migration, in the order in which it goes through them. */
const MOMENTS: readonly RealMoment[] = [
  ...at('source', 'step-done', 'propose', 'pick'),
  ...at('destination', 'fact', 'order'),
  ...at('source', 'step-begun', 'drain'),
  ...at('source', 'step-done', 'stop'),
  ...at('source', 'step-begun', 'commit', 'push'),
  ...at('source', 'step-done', 'push', 'send-image'),
  ...at('destination', 'step-begun', 'pull', 'create', 'warm', 'prepare'),
  ...at('destination', 'step-done', 'prepare'),
  ...at('source', 'step-begun', 'hand-over'),
  ...at('source', 'step-done', 'hand-over'),
  ...at('destination', 'step-begun', 'complete'),
];

/** Each part in each state: all of them in a full run, else one state for each part, by the seed. */
describe('under load', () => {
  const PARTS = 7;
  const nameOf = ({ side, kind, name }: RealMoment): string => `${side} ${kind} ${name}`;
  const cases = Array.from({ length: PARTS }, (_, part) =>
    sampleOf(MOMENTS, `kill -9 of real part ${part}`, 1).map((moment) => [part, nameOf(moment), moment] as const),
  ).flat();

  it.each(cases)('kill -9 of part %d at %s, then its restart: the invariants hold', async (part, _state, moment) => {
    const faults = killsOf(sandbox(), edge1, edge2);
    expect(faults).toHaveLength(PARTS);
    const fault = faults[part];
    if (fault === undefined) throw new Error(`there is no part ${part}`);
    await strike(fault, moment).catch((error: unknown) => {
      throw new Error(`${fault.name} at ${nameOf(moment)}: ${String(error)}`, { cause: error });
    });
  });

  it.each(sampleOf(MOMENTS, 'a link cut for 10 s', 1).map((moment) => [nameOf(moment), moment] as const))(
    'a link that is cut for 10 s at %s costs time only',
    (_state, moment) => strike(linkFault('destination', edge2, 10_000), moment),
  );

  // Ten minutes are too long for every run.
  if (isFull) {
    it('a link that is cut for 10 minutes, longer than the deadline, leaves one copy that serves', async () => {
      await strike(linkFault('destination', edge2, 600_000), { side: 'destination', kind: 'step-begun', name: 'pull' });
    }, 900_000);
  }

  async function strike(fault: RealFault, moment: RealMoment): Promise<void> {
    const device = newDevice();
    await device.count();
    const stopWriting = new AbortController();
    const writing = device.writeUntil(stopWriting.signal);
    try {
      await blosm(edge1, ['migrate', device.instanceId, '--to', 'edge2']);
      const side = moment.side === 'source' ? edge1 : edge2;
      await untilJournalSays(side, device.instanceId, `"kind":"${moment.kind}"`, moment.name).catch(
        async (error: unknown) => {
          for (const migration of await migrationsOf(device.instanceId)) tell(nameOf(moment), migration);
          throw error;
        },
      );
      await fault.begin();
      await fault.end();
      await Promise.all([edge1, edge2].map((cluster) => agentReady(cluster)));
    } finally {
      stopWriting.abort();
      await writing;
    }
    const { state } = await expectSettled(device);
    await remove(state === 'COMPLETED' ? edge2 : edge1, device);
  }
});

describe('a second agent of a cluster', () => {
  it('with a state directory of its own refuses to start, and the first one serves on', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'blosm-second-'));
    const file = join(directory, 'agent.yaml');
    const config = readFileSync(edge1.agent.config, 'utf8')
      .replace(edge1.agent.stateDir, join(directory, 'state'))
      .replace(edge1.agent.controlSocket, join(directory, 'control.sock'))
      .replaceAll(/(listen: .*):(8080|8443)/g, '$1:1$2');
    writeFileSync(file, config);
    const command = [process.execPath, join(packageRoot(), 'agent/bin/blosm.js'), '--config', file, 'agent', 'run'];
    const second = await tryCommand(command, {
      commandPrefix: inNamespace(edge1.namespace),
      timeoutMs: 60_000,
    });
    rmSync(directory, { recursive: true, force: true });
    expect(second.stderr).toContain('another agent of Edge1MSP answers at https://');
    expect(second.exitCode).toBe(5);
    const device = newDevice();
    expect(await device.count()).toMatchObject({ status: 200, servedBy: 'edge1' });
  });
});

/** Waits until a cluster's agent has written a step of the instance down. */
async function untilJournalSays(cluster: ClusterPlan, instanceId: string, kind: string, step: string): Promise<void> {
  const file = join(cluster.agent.stateDir, 'journal.ndjson');
  const isThere = (): boolean => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    return lines.some((line) => line.includes(instanceId) && line.includes(kind) && line.includes(`"name":"${step}"`));
  };
  await waitUntil(isThere, { deadlineMs: 60_000, what: `${cluster.name} to reach ${step}` });
}

const pidIn = (stateFile: string): number => {
  const record = readRecord(stateFile);
  if (record === undefined) throw new Error(`there is no ${stateFile}`);
  return record.pid;
};
const agentProcess = ({ engine }: ClusterPlan): number => pidIn(join(engine.runDir, 'agent.json'));
const ordererProcess = (): number => pidIn(fabricLayout(sandbox().fabric.folder).node('orderer').stateFile);

/** Runs something while some processes do not. */
async function frozen<T>(pids: readonly number[], run: () => Promise<T>): Promise<T> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    return await run();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

/** Starts what is gone of the ledger. */
async function restoreLedger(): Promise<void> {
  const { topology, stateDir } = sandbox().plan;
  await fabricUp({ topology, stateFolder: stateDir, placement: fabricPlacement(sandbox().plan) });
}

/** How a migration ended, for whoever reads the output. */
function tell(what: string, { state, abort }: MigrationRecord): void {
  process.stdout.write(`${what}: ${state}${abort === null ? '' : ` at ${abort.stage}: ${abort.reason}`}\n`);
}

describe('too few confirmations', () => {
  /** A device whose instance is to move to edge2, and what it has been answered since. */
  async function begin(): Promise<{ readonly device: CounterDevice; readonly endWriting: () => Promise<void> }> {
    const device = newDevice();
    await device.count();
    const stop = new AbortController();
    const writing = device.writeUntil(stop.signal);
    await blosm(edge1, ['migrate', device.instanceId, '--to', 'edge2']);
    const endWriting = async (): Promise<void> => {
      stop.abort();
      expect(new Set(await writing)).toEqual(new Set([200]));
    };
    return { device, endWriting };
  }

  const untilProposed = ({ instanceId }: CounterDevice) =>
    waitUntil(async () => (await migrationsOf(instanceId)).some(({ state }) => state === 'PROPOSED'), {
      deadlineMs: 60_000,
      what: `the migration of ${instanceId} to be proposed`,
    });

  /** Nothing has been handed over: the source has the only copy, and it runs. */
  async function expectAtSource({ instanceId }: CounterDevice): Promise<void> {
    expect((await migrationsOf(instanceId))[0]?.state).toBe('PROPOSED');
    expect((await containersOf(edge1, instanceId)).map((c) => c.State)).toEqual(['running']);
    expect(await containersOf(edge2, instanceId)).toEqual([]);
  }

  /** Proposed, with the two others frozen so that nothing is decided before the fault of the orderer. */
  async function proposeAlone(fault: NodeJS.Signals) {
    const orderer = ordererProcess();
    const begun = await frozen([agentProcess(edge2), agentProcess(edge3)], async () => {
      const { device, endWriting } = await begin();
      await untilProposed(device);
      process.kill(orderer, fault);
      return { device, endWriting };
    });
    return { ...begun, orderer };
  }

  it('the orderer killed right after Propose: the source serves on, and it ends once the orderer is back', async () => {
    const { device, endWriting } = await proposeAlone('SIGKILL');
    await untilJournalSays(edge1, device.instanceId, '"kind":"step-begun"', 'abort');
    await expectAtSource(device);
    await endWriting();
    await restoreLedger();
    const ended = await expectSettled(device);
    tell('the orderer killed', ended);
    expect(ended).toMatchObject({
      state: 'ABORTED',
      abort: { stage: 'confirm', reason: '1 of 3 nodes confirmed; missing: edge2, edge3' },
    });
  });

  it('the orderer hangs in the middle of the decision: it ends, and one copy answers', async () => {
    const { device, endWriting, orderer } = await proposeAlone('SIGSTOP');
    await expectAtSource(device);
    await endWriting();
    process.kill(orderer, 'SIGCONT');
    tell('the orderer stopped for a moment', await expectSettled(device));
  });

  it('one agent of three stopped: aborted as undecided, the missing one is named, the source serves on', async () => {
    const ended = await frozen([agentProcess(edge3)], async () => {
      const { device, endWriting } = await begin();
      const settled = await expectSettled(device);
      await endWriting();
      return settled;
    });
    tell('one agent stopped', ended);
    expect(ended).toMatchObject({
      state: 'ABORTED',
      destinationNodeId: null,
      abort: { stage: 'confirm', reason: '2 of 3 nodes confirmed; missing: edge3' },
    });
  });
});
