import { connectHost, type Machine } from '../../../../agent/adapters/host';

interface Fixture {
  readonly files?: Readonly<Record<string, string>>;
  readonly nvidiaSmi?: string;
}

function machineOf({ files = {}, nvidiaSmi }: Fixture): Machine {
  const below = (folder: string) =>
    Object.keys(files)
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1).split('/')[0] ?? '');
  return {
    readText: (path) => Promise.resolve(files[path] ?? null),
    list: (path) => Promise.resolve([...new Set(below(path))]),
    fileSystem: (path) => Promise.resolve(path === '/data' ? { totalBytes: 100, freeBytes: 40 } : null),
    run: (program) => Promise.resolve(program === 'nvidia-smi' ? (nvidiaSmi ?? null) : null),
  };
}

const hostOf = (fixture: Fixture, declaredGpuMillis = 0) =>
  connectHost({ declaredGpuMillis, machine: machineOf(fixture) });

const NANO_RELEASE =
  '# R32 (release), REVISION: 6.1, GCID: 27863751, BOARD: t210ref, EABI: aarch64, DATE: Mon Jul 26 19:20:30 UTC 2021\n';

describe('host readings', () => {
  it('reads memory, load and disk', async () => {
    const host = hostOf({
      files: {
        '/proc/meminfo': 'MemTotal:       16384000 kB\nMemFree:  10 kB\nMemAvailable:    1024 kB\n',
        '/proc/loadavg': '1.25 0.50 0.10 2/300 4242\n',
      },
    });
    expect(await host.memoryAvailableBytes()).toBe(1024 * 1024);
    expect(await host.loadMillis()).toBe(1250);
    expect(await host.disk('/data')).toEqual({ totalBytes: 100, freeBytes: 40 });
  });

  it('gives null, empty or none where the machine shows nothing', async () => {
    const host = hostOf({});
    expect(await host.memoryAvailableBytes()).toBeNull();
    expect(await host.loadMillis()).toBeNull();
    expect(await host.disk('/elsewhere')).toBeNull();
    expect(await host.l4tRelease()).toBe('');
    expect(await host.gpu()).toEqual({ source: 'none', totalMillis: 0, freeMillis: 0 });
  });

  it.each([
    ['Nano', '/sys/devices/gpu.0/load', NANO_RELEASE, '32.6.1'],
    ['Nano without the link', '/sys/devices/57000000.gpu/load', NANO_RELEASE, '32.6.1'],
    ['Xavier', '/sys/devices/17000000.gv11b/load', '# R35 (release), REVISION: 4.1, GCID: 1\n', '35.4.1'],
    ['Orin', '/sys/devices/platform/17000000.ga10b/load', '# R35 (release), REVISION: 5.0, GCID: 1\n', '35.5.0'],
    ['Orin, L4T 36', '/sys/devices/platform/bus@0/17000000.gpu/load', '# R36 (release), REVISION: 3.0\n', '36.3.0'],
  ])('measures the GPU of a Jetson: %s', async (_name, loadPath, release, expected) => {
    // Its nvidia-smi tells nothing and must not be believed.
    const host = hostOf({ files: { [loadPath]: '375\n', '/etc/nv_tegra_release': release }, nvidiaSmi: '[N/A]\n' });
    expect(await host.gpu()).toEqual({ source: 'jetson-sysfs', totalMillis: 1000, freeMillis: 625 });
    expect(await host.l4tRelease()).toBe(expected);
  });

  it('counts a GPU once that shows up under two names', async () => {
    const host = hostOf({ files: { '/sys/devices/gpu.0/load': '0', '/sys/devices/57000000.gpu/load': '0' } });
    expect((await host.gpu()).totalMillis).toBe(1000);
  });

  it.each([
    ['two cards', '40\n0\n', 2000, 1600],
    ['a card that does not tell', '[N/A]\n', 1000, 1000],
    ['more than all', '100\n', 1000, 0],
  ])('asks nvidia-smi: %s', async (_name, nvidiaSmi, totalMillis, freeMillis) => {
    expect(await hostOf({ nvidiaSmi }, 5000).gpu()).toEqual({ source: 'nvidia-smi', totalMillis, freeMillis });
  });

  it('takes an nvidia-smi without a driver for none', async () => {
    const nvidiaSmi = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n";
    expect((await hostOf({ nvidiaSmi }).gpu()).source).toBe('none');
  });

  it('believes the configuration where nothing can be measured', async () => {
    expect(await hostOf({}, 500).gpu()).toEqual({ source: 'declared', totalMillis: 500, freeMillis: 500 });
  });

  it('reads the machine that it runs on', async () => {
    const host = connectHost({ declaredGpuMillis: 0 });
    expect((await host.disk('/'))?.totalBytes).toBeGreaterThan(0);
    expect(await host.memoryAvailableBytes()).toBeGreaterThan(0);
    expect(await host.loadMillis()).toBeGreaterThanOrEqual(0);
    expect(await host.disk('/no/such/folder')).toBeNull();
    expect((await host.gpu()).totalMillis).toBeGreaterThanOrEqual(0);
  });
});
