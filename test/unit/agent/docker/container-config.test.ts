import { containerConfig } from '../../../../agent/adapters/docker/container-config';
import type { WireImage, WireInfo } from '../../../../agent/adapters/docker/wire';
import type { ContainerOrder } from '../../../../agent/ports/engine';
import type { RunSpec } from '../../../../chaincode/src/model';
import { orderOf, RUN_SPEC } from '../../../contract/engine.contract';

const INFO: WireInfo = {
  ServerVersion: '20.10.24',
  Driver: 'overlay2',
  OSType: 'linux',
  Architecture: 'x86_64',
  NCPU: 2,
  MemTotal: 1 << 30,
  DockerRootDir: '/var/lib/docker',
  Runtimes: { runc: {} },
  InitBinary: 'docker-init',
  InitCommit: { ID: '' },
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsQuota: true,
};
const IMAGE: WireImage = { Id: 'sha256:1', Size: 1, Os: 'linux', Architecture: 'amd64', RootFS: {}, Config: {} };

interface Config {
  readonly Cmd?: string[];
  readonly User?: string;
  readonly Env: string[];
  readonly Volumes: object;
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

function configOf(
  spec: Partial<RunSpec> = {},
  order: Partial<ContainerOrder> = {},
  info: Partial<WireInfo> = {},
  image: Partial<WireImage> = {},
): Config {
  const whole = orderOf('a', 'image', { spec: { ...RUN_SPEC, ...spec }, ...order });
  return containerConfig(whole, { ...INFO, ...info }, { ...IMAGE, ...image }, 'edge-net') as Config;
}

const promised = (memoryBytes: number, cpuMillis: number) => ({
  promised: { memoryBytes, cpuMillis, gpuMillis: 0, diskBytes: 0 },
});

describe('container config', () => {
  it("leaves the image's command and user alone unless the spec names others", () => {
    expect(configOf()).not.toHaveProperty('Cmd');
    expect(configOf()).not.toHaveProperty('User');
    expect(configOf({ command: ['serve'], user: '1000' })).toMatchObject({ Cmd: ['serve'], User: '1000' });
  });

  it('joins the configured network, makes anonymous volumes, never restarts', () => {
    const config = configOf({ volumes: ['/data'] });
    expect(config.Volumes).toEqual({ '/data': {} });
    expect(config.HostConfig).toMatchObject({ NetworkMode: 'edge-net', RestartPolicy: { Name: 'no' }, Binds: [] });
  });

  it('turns promises into limits', () => {
    expect(configOf({}, promised(64 << 20, 500)).HostConfig).toMatchObject({
      Memory: 64 << 20,
      MemorySwap: 64 << 20,
      NanoCpus: 500_000_000,
    });
  });

  it('keeps limits within what engines accept', () => {
    expect(configOf({}, promised(1, 8000)).HostConfig).toMatchObject({ Memory: 6 << 20, NanoCpus: 2_000_000_000 });
    expect(configOf({}, promised(0, 1)).HostConfig).toMatchObject({ NanoCpus: 10_000_000 });
    expect(configOf({}, promised(0, 0)).HostConfig).not.toHaveProperty('Memory');
    expect(configOf({}, promised(0, 0)).HostConfig).not.toHaveProperty('NanoCpus');
  });

  it('asks for no limit that the cgroups cannot hold', () => {
    const weak = { MemoryLimit: false, SwapLimit: false, CpuCfsQuota: false };
    const config = configOf({}, promised(64 << 20, 500), weak).HostConfig;
    for (const limit of ['Memory', 'MemorySwap', 'NanoCpus']) expect(config).not.toHaveProperty(limit);
  });

  it("takes the GPU by the runtime where the engine has it, the service's own choice of devices first", () => {
    const withRuntime = { Runtimes: { runc: {}, nvidia: {} } };
    const jetson = configOf({ gpu: true }, { gpuRuntime: 'nvidia' }, withRuntime);
    expect(jetson.HostConfig).toMatchObject({ Runtime: 'nvidia' });
    expect(jetson.HostConfig).not.toHaveProperty('DeviceRequests');
    expect(jetson.Env).toContain('NVIDIA_VISIBLE_DEVICES=all');
    const env = [{ name: 'NVIDIA_VISIBLE_DEVICES', value: '0', secret: false }];
    expect(configOf({ gpu: true, env }, {}, withRuntime).Env).toEqual(['NVIDIA_VISIBLE_DEVICES=0']);
  });

  it('takes the GPU by a device request elsewhere, and none when none is asked for', () => {
    const discrete = configOf({ gpu: true }, { gpuRuntime: 'nvidia' });
    expect(discrete.HostConfig).toMatchObject({ DeviceRequests: [{ Driver: 'nvidia', Count: -1 }] });
    expect(discrete.HostConfig).not.toHaveProperty('Runtime');
    const none = configOf({}, { gpuRuntime: 'nvidia' }, { Runtimes: { nvidia: {} } }).HostConfig;
    expect(none).not.toHaveProperty('Runtime');
    expect(none).not.toHaveProperty('DeviceRequests');
  });

  it.each([
    ['/dev/a', '/dev/a', '/dev/a', 'rwm'],
    ['/dev/a:/dev/b', '/dev/a', '/dev/b', 'rwm'],
    ['/dev/a:/dev/b:r', '/dev/a', '/dev/b', 'r'],
    ['/dev/a:rw', '/dev/a', '/dev/a', 'rw'],
  ])('takes the device %s apart', (text, PathOnHost, PathInContainer, CgroupPermissions) => {
    expect(configOf({ devices: [text] }).HostConfig['Devices']).toEqual([
      { PathOnHost, PathInContainer, CgroupPermissions },
    ]);
  });

  it('shares only the host namespaces that are named', () => {
    expect(configOf({ hostNamespaces: ['network', 'pid', 'ipc', 'uts', 'user'] }).HostConfig).toMatchObject({
      NetworkMode: 'host',
      PidMode: 'host',
      IpcMode: 'host',
      UTSMode: 'host',
      UsernsMode: 'host',
    });
    for (const mode of ['PidMode', 'IpcMode', 'UTSMode', 'UsernsMode']) {
      expect(configOf().HostConfig).not.toHaveProperty(mode);
    }
  });

  it.each([
    [{ Cmd: ['python', 'serve.py'] }, {}, true],
    [{ Entrypoint: ['/usr/bin/tini', '--'], Cmd: ['python'] }, {}, false],
    [{ Entrypoint: ['/init'] }, {}, false],
    [{ Cmd: ['python'] }, { InitCommit: { ID: 'N/A' } }, false],
    [{ Cmd: ['python'] }, { InitBinary: '' }, false],
  ])('puts an init in front: %j %j', (Config, info, expected) => {
    expect(configOf({}, {}, info, { Config }).HostConfig['Init']).toBe(expected);
  });
});
