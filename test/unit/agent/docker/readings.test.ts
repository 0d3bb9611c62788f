import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { assertConfigDigests, imageStoreOf } from '../../../../agent/adapters/docker/context';
import { withDeadline } from '../../../../agent/adapters/docker/deadline';
import { configArchive, imageConfig } from '../../../../agent/adapters/docker/image-config';
import { isShared } from '../../../../agent/domain/container';
import { labelsOf, ownerOf, portOf, promisedOf } from '../../../../agent/adapters/docker/labels';
import { cpuMillis, memoryBytes } from '../../../../agent/adapters/docker/usage';
import type { WireImage, WireInfo } from '../../../../agent/adapters/docker/wire';

const STARTED_AT = '2026-01-01T00:00:00Z';
const sample = (read: string, usedNs: number) => ({ read, cpu_stats: { cpu_usage: { total_usage: usedNs } } });

describe('usage', () => {
  it('counts the processor in the mean since the start', () => {
    // Five seconds of work in ten seconds are half a core.
    expect(cpuMillis(sample('2026-01-01T00:00:10Z', 5e9), Date.parse(STARTED_AT))).toBe(500);
  });

  it.each([
    ['nothing was sampled', {}],
    ['it does not run', sample('0001-01-01T00:00:00Z', 0)],
    ['no time has passed', sample(STARTED_AT, 5e9)],
  ])('is 0 when %s', (_why, stats) => {
    expect(cpuMillis(stats, Date.parse(STARTED_AT))).toBe(0);
  });

  it('leaves out the page cache, by the names of both cgroup versions', () => {
    expect(memoryBytes({ memory_stats: { usage: 100, stats: { total_inactive_file: 30 } } })).toBe(70);
    expect(memoryBytes({ memory_stats: { usage: 100, stats: { inactive_file: 40 } } })).toBe(60);
    expect(memoryBytes({ memory_stats: { usage: 100, stats: { inactive_file: 400 } } })).toBe(100);
    expect(memoryBytes({})).toBe(0);
  });
});

describe('labels', () => {
  const owner = { nodeId: 'Edge1MSP', serviceId: 's', instanceId: 'i', migrationId: '' };
  const promised = { memoryBytes: 1, cpuMillis: 2, gpuMillis: 3, diskBytes: 4 };

  it('carry everything there and back', () => {
    const labels = labelsOf(owner, 8080, promised);
    expect([ownerOf(labels), portOf(labels), promisedOf(labels)]).toEqual([owner, 8080, promised]);
  });

  it('say that a container belongs to no single instance', () => {
    expect(labelsOf(owner, 8080, promised)).toMatchObject({ 'io.blosm.tenancy': 'device' });
    const shared = labelsOf({ ...owner, instanceId: '' }, 8080, promised);
    expect(shared).toMatchObject({ 'io.blosm.tenancy': 'shared', 'io.blosm.instance': '' });
    expect(isShared(ownerOf(shared))).toBe(true);
    expect(isShared(ownerOf(labelsOf(owner, 8080, promised)))).toBe(false);
  });

  it('are nothing where someone else wrote them', () => {
    expect(promisedOf({ 'io.blosm.promised': '{"memoryBytes":-1}' }).memoryBytes).toBe(0);
    expect(promisedOf(null)).toEqual({ memoryBytes: 0, cpuMillis: 0, gpuMillis: 0, diskBytes: 0 });
    expect(portOf({ 'io.blosm.port': 'x' })).toBe(0);
    expect(ownerOf(undefined).nodeId).toBe('');
  });
});

describe('image store', () => {
  const info = (DriverStatus: [string, string][]) => ({ Driver: 'overlay2', DriverStatus }) as unknown as WireInfo;

  it('is the driver, or the one that the driver hides', () => {
    expect(imageStoreOf(info([['Backing Filesystem', 'extfs']]))).toBe('overlay2');
    const other = info([['driver-type', 'io.containerd.snapshotter.v1']]);
    expect(imageStoreOf(other)).toBe('io.containerd.snapshotter.v1');
    expect(() => assertConfigDigests(other)).toThrow('BLOSM_E_UNSUPPORTED');
  });
});

describe('image config', () => {
  const base: WireImage = {
    Id: 'sha256:1',
    Size: 1,
    Os: 'linux',
    Architecture: 'arm64',
    Variant: 'v8',
    RootFS: {},
    Config: {
      Hostname: 'host',
      Image: 'sha256:0',
      Env: ['A=1'],
      Cmd: null,
      Labels: {},
      Entrypoint: ['/run'],
      User: '',
    },
  };

  it('keeps the settings of an image and nothing of a container', () => {
    const bytes = imageConfig(base, ['sha256:a', 'sha256:b'], '2026-01-01T00:00:00Z');
    const config = JSON.parse(bytes.toString()) as Record<'config' | 'rootfs' | 'history', unknown>;
    expect(config).toMatchObject({ os: 'linux', architecture: 'arm64', variant: 'v8' });
    expect(config.config).toEqual({ Env: ['A=1'], Entrypoint: ['/run'], Labels: {} });
    expect(config.rootfs).toEqual({ type: 'layers', diff_ids: ['sha256:a', 'sha256:b'] });
    expect(config.history).toHaveLength(2);
  });

  it('travels without its layers, under its own digest', async () => {
    const config = imageConfig(base, ['sha256:a', 'sha256:b'], '2026-01-01T00:00:00Z');
    const files = new Map<string, string>();
    for await (const entry of Readable.from([await configArchive(config, 2, 'r:5000/a:1')]).pipe(extract())) {
      files.set(entry.header.name, await text(entry));
    }
    const name = `${createHash('sha256').update(config).digest('hex')}.json`;
    expect(files.get(name)).toBe(config.toString());
    expect(JSON.parse(files.get('manifest.json')!)).toEqual([
      { Config: name, RepoTags: ['r:5000/a:1'], Layers: ['0/layer.tar', '1/layer.tar'] },
    ]);
    expect(files.size).toBe(2);
  });
});

describe('deadlines', () => {
  const operation = { what: 'do it', stage: 'start', defaultTimeoutMs: 20 };
  const never = () => new Promise<never>(() => undefined);

  it('end what never settles, and tell the work to stop', async () => {
    let seen: AbortSignal | undefined;
    const run = (signal: AbortSignal) => {
      seen = signal;
      return never();
    };
    await expect(withDeadline(operation, undefined, run)).rejects.toMatchObject({ code: 'BLOSM_E_TIMEOUT' });
    expect(seen!.aborted).toBe(true);
  });

  it('tell a cancellation from a deadline', async () => {
    const cancel = new AbortController();
    const call = withDeadline(operation, { signal: cancel.signal, timeoutMs: 60_000 }, never);
    cancel.abort();
    await expect(call).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
    const run = jest.fn(never);
    const late = withDeadline(operation, { signal: cancel.signal }, run);
    await expect(late).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
    expect(run).not.toHaveBeenCalled();
  });

  it('hand on what the work gives or throws', async () => {
    expect(await withDeadline(operation, undefined, () => Promise.resolve(7))).toBe(7);
    await expect(withDeadline(operation, undefined, () => Promise.reject(new Error('own')))).rejects.toThrow('own');
  });
});
