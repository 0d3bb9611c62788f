import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ChildProcess } from 'node:child_process';
import { pack } from 'tar-stream';
import type { BlosmError } from '../../chaincode/src/model';
import {
  BRIDGE,
  GATEWAY,
  callEngine,
  callSocket,
  cutLink,
  inNamespace,
  killEngine,
  killRegistry,
  membersOf,
  mendLink,
  mountsBelow,
  preloadImage,
  pullImage,
  registryAddress,
  residentsOf,
  infrastructureDown,
  sandboxStatus,
  infrastructureUp,
  type ClusterPlan,
  type SandboxPlan,
} from '../../network/sandbox';
import { publishService } from '../../network/services';
import { startService } from './support/containers';
import { bringUp, describeHere, sandboxUnavailable, topologyOf } from './support/real-sandbox';
import { serveBytes, transferRate } from './support/transfers';

jest.setTimeout(60_000);

const RATE_MBIT = 40;
const TRANSFER_BYTES = 4_000_000;

const dockerdPids = (cluster: ClusterPlan) =>
  residentsOf(cluster.namespace).filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'dockerd');

describeHere('a sandbox of two clusters', sandboxUnavailable(), () => {
  let plan: SandboxPlan;
  let remove: () => Promise<void>;
  let [first, second] = [] as unknown as [ClusterPlan, ClusterPlan];

  beforeAll(async () => {
    ({ plan, remove } = await bringUp(['edge1', 'edge2']));
    [first, second] = plan.clusters as [ClusterPlan, ClusterPlan];
  });
  afterAll(() => remove());

  it('has a host, an engine that answers and a registry for them', async () => {
    const status = await sandboxStatus(plan);
    expect(status).toMatchObject({ machineRuns: plan.stateDir, bridge: true, registry: { answers: true } });
    expect(status.clusters.map((c) => [c.name, c.exists, c.engineAnswers])).toEqual([
      ['edge1', true, true],
      ['edge2', true, true],
    ]);
  });

  it('keeps what runs when it is brought up again, and mends what has died', async () => {
    const before = dockerdPids(first);
    await killEngine(second);
    expect(dockerdPids(second)).toEqual([]);
    await infrastructureUp(plan);
    expect(dockerdPids(first)).toEqual(before);
    expect(dockerdPids(second)).toHaveLength(1);
  });

  it('says who holds the machine when a second sandbox is to be brought up', async () => {
    const other = { topology: topologyOf(['edge1']), stateDir: `${plan.stateDir}-other` };
    const failure: unknown = await infrastructureUp(other).catch((reason: unknown) => reason);
    expect(failure).toHaveProperty('code', 'BLOSM_E_CONFLICT');
    expect((failure as Error).message).toContain(plan.stateDir);
    expect((failure as BlosmError).hint).toContain(`--state ${plan.stateDir}`);
    expect(existsSync(other.stateDir)).toBe(false);
  });

  it.each([
    ['first', 'second'],
    ['second', 'first'],
  ])('limits what the %s cluster sends to the %s, and nothing that the vehicle does', async (from, to) => {
    const byName = { first, second };
    const [source, sink] = [byName[from as 'first'], byName[to as 'second']];
    const servers: ChildProcess[] = [];
    try {
      servers.push(await serveBytes(inNamespace(source.namespace), source.address, TRANSFER_BYTES));
      servers.push(await serveBytes([], GATEWAY, TRANSFER_BYTES));
      const between = await transferRate(inNamespace(sink.namespace), source.address);
      const toVehicle = await transferRate([], source.address);
      const fromVehicle = await transferRate(inNamespace(sink.namespace), GATEWAY);
      expect(between).toBeLessThan(RATE_MBIT * 1.25); // the first burst is not limited
      expect(between).toBeGreaterThan(RATE_MBIT * 0.4);
      expect(Math.min(toVehicle, fromVehicle)).toBeGreaterThan(between * 3);
    } finally {
      for (const server of servers) server.kill('SIGKILL');
    }
  });

  it('cuts a host off and mends it', async () => {
    const server = await serveBytes(inNamespace(second.namespace), second.address, 1000);
    try {
      const fetchIt = () => transferRate(inNamespace(first.namespace), second.address, 1000);
      await cutLink(second);
      await expect(fetchIt()).rejects.toThrow('BLOSM_E_COMMAND_FAILED');
      await mendLink(second);
      expect(await fetchIt()).toBeGreaterThan(0);
    } finally {
      server.kill('SIGKILL');
      await mendLink(second);
    }
  });

  it('moves an image from one engine to the other through the registry', async () => {
    const repository = `${registryAddress(plan)}/test/tiny`;
    const imageId = await importImage(first, repository);
    const push = `/images/${encodeURIComponent(repository)}/push?tag=1`;
    const text = await callEngine(first.engine.socket, push, {
      method: 'POST',
      headers: { 'X-Registry-Auth': 'e30=' },
    });
    const manifestDigest = /"Digest":"(sha256:[0-9a-f]{64})"/.exec(text)![1]!;
    await pullImage(plan, second, { repository: 'test/tiny', manifestDigest });
    const inspected = await callEngine(second.engine.socket, `/images/${imageId}/json`);
    expect(inspected).toContain(manifestDigest);
  });

  it('is taken down after kill -9 of everything, and nothing is left', async () => {
    const { image } = await publishService('counter', { registry: registryAddress(plan) });
    await preloadImage(plan, first, image);
    const running = await startService(plan, first, image);
    const paused = await startService(plan, first, image);
    await callEngine(first.engine.socket, `/containers/${paused.id}/pause`, { method: 'POST' });

    await Promise.all([killEngine(first), killEngine(second), killRegistry()]);
    expect(membersOf(first.engine.cgroup)).toEqual(expect.arrayContaining([running.pid, paused.pid]));
    expect(mountsBelow(first.engine.stateDir).length).toBeGreaterThan(0);
    const shimSockets = readdirSync('/run/containerd/s');
    await infrastructureDown({ stateDir: plan.stateDir, purge: true });

    expect([running.pid, paused.pid].filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    const hosts = [plan.orderer, plan.registry, ...plan.clusters];
    expect(hosts.filter((host) => existsSync(`/run/netns/${host.namespace}`))).toEqual([]);
    expect(readdirSync('/sys/class/net').filter((name) => name === BRIDGE || name.startsWith('blosm-'))).toEqual([]);
    expect([...mountsBelow(plan.stateDir), ...mountsBelow('/run/blosm')]).toEqual([]);
    expect(
      readdirSync('/sys/fs/cgroup', { recursive: true }).filter((path) => String(path).includes('blosm-')),
    ).toEqual([]);
    expect(readdirSync(plan.stateDir)).toEqual([]);
    expect(existsSync('/run/blosm/edge1')).toBe(false);
    expect(readdirSync('/run/containerd/s').length).toBeLessThanOrEqual(shimSockets.length - 2);
  });
});

/** An image of one small file, which is all that a registry has to carry. */
async function importImage(cluster: ClusterPlan, repository: string): Promise<string> {
  const archive = pack();
  archive.entry({ name: 'file' }, 'content');
  archive.finalize();
  const tar = await buffer(Readable.from(archive));
  const path = `/images/create?fromSrc=-&repo=${encodeURIComponent(repository)}&tag=1`;
  const { status, text } = await callSocket(cluster.engine.socket, path, { method: 'POST', body: tar });
  expect(status).toBe(200);
  return /"status":"(sha256:[0-9a-f]{64})"/.exec(text)![1]!;
}
