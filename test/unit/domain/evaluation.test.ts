import {
  evaluate,
  gpuReasons,
  refusedRequests,
  unfitReasons,
  type AdmissionPolicy,
  type SystemFacts,
} from '../../../agent/domain/evaluation';
import type { ContainerFacts } from '../../../chaincode/src/model';
import { containerFacts } from '../../support/ledger-samples';
import { RUN_SPEC } from '../../support/run-spec';

const SYSTEM: SystemFacts = {
  remaining: { memoryBytes: 1000, cpuMillis: 1000, gpuMillis: 1000, diskBytes: 1000 },
  applicationTypes: ['counter'],
  platform: { os: 'linux', architecture: 'amd64', variant: '' },
  runtimes: ['runc', 'nvidia'],
  l4tRelease: '35.4.1',
};

/** What fits exactly: the boundary of every check. */
const fitting = (changes: Partial<ContainerFacts> = {}): ContainerFacts =>
  containerFacts({
    totalSizeBytes: 1000,
    memoryBytes: 1000,
    cpuMillis: 1000,
    gpuMillis: 1000,
    diskBytes: 1000,
    ...changes,
  });

const BITS = [false, true];
const ALL = BITS.flatMap((size) =>
  BITS.flatMap((cpu) => BITS.flatMap((gpu) => BITS.map((applicationType) => ({ size, cpu, gpu, applicationType })))),
);

const containerFor = (checks: (typeof ALL)[number]): ContainerFacts =>
  fitting({
    totalSizeBytes: checks.size ? 1000 : 1001,
    cpuMillis: checks.cpu ? 1000 : 1001,
    gpuMillis: checks.gpu ? 1000 : 1001,
    applicationType: checks.applicationType ? 'counter' : 'other',
  });

describe('Algorithm 2, policy paper', () => {
  it.each(ALL)('size $size, cpu $cpu, gpu $gpu, type $applicationType', (checks) => {
    const result = evaluate(containerFor(checks), SYSTEM, 'paper', ['ignored by paper']);
    const failed = Object.values(checks).filter((passed) => !passed).length;
    expect(result.checks).toEqual(checks);
    expect(result.verdict).toBe(checks.applicationType && failed < 2);
    expect(result.reasons).toHaveLength(failed);
  });

  it('compares the total size with the free memory, and nothing with the disk', () => {
    const container = fitting({ diskBytes: 9999, memoryBytes: 9999 });
    expect(evaluate(container, SYSTEM, 'paper', [])).toMatchObject({ verdict: true, reasons: [] });
    const tight = { ...SYSTEM, remaining: { ...SYSTEM.remaining, memoryBytes: 999 } };
    expect(evaluate(fitting(), tight, 'paper', [])).toMatchObject({ checks: { size: false }, verdict: true });
  });
});

describe('Algorithm 2, policy strict', () => {
  it.each(ALL)('size $size, cpu $cpu, gpu $gpu, type $applicationType', (checks) => {
    const result = evaluate(containerFor(checks), SYSTEM, 'strict', []);
    const failed = Object.values(checks).filter((passed) => !passed).length;
    expect(result.checks).toEqual(checks);
    expect(result.verdict).toBe(failed === 0);
    expect(result.reasons).toHaveLength(failed);
  });

  it.each([
    ['the image on the disk', { totalSizeBytes: 1001 }, /disk/],
    ['the disk that it may need', { diskBytes: 1001 }, /disk/],
    ['the memory that it asks for', { memoryBytes: 1001 }, /memory/],
    [
      'the operating system',
      { platform: { os: 'windows', architecture: 'amd64', variant: '' } },
      /image is for windows/,
    ],
    ['the architecture', { platform: { os: 'linux', architecture: 'arm64', variant: '' } }, /linux\/arm64/],
    ['the GPU runtime', { gpuRuntime: 'rocm' }, /GPU runtime rocm/],
    ['the L4T release', { l4tRelease: '32.7.1' }, /L4T 32.7.1, this cluster has 35.4.1/],
  ] as const)('refuses for %s', (_what, changes, reason) => {
    const { verdict, reasons } = evaluate(fitting(changes), SYSTEM, 'strict', []);
    expect(verdict).toBe(false);
    expect(reasons).toEqual([expect.stringMatching(reason)]);
  });

  it('says so when the cluster is no Jetson at all', () => {
    const { reasons } = evaluate(fitting({ l4tRelease: '32.7.1' }), { ...SYSTEM, l4tRelease: '' }, 'strict', []);
    expect(reasons).toEqual(['built for L4T 32.7.1, this cluster has none']);
  });

  it('takes a GPU runtime and an L4T release that are here', () => {
    const container = fitting({ gpuRuntime: 'nvidia', l4tRelease: '35.4.1' });
    expect(evaluate(container, SYSTEM, 'strict', [])).toMatchObject({ verdict: true, reasons: [] });
  });

  it.each([
    ['v8', 'v8', true],
    ['v8', 'v7', false],
    ['v8', '', true],
    ['', 'v8', true],
  ])('variant %p of the image on %p: %p', (wanted, own, verdict) => {
    const platform = { os: 'linux', architecture: 'arm64' };
    const container = fitting({ platform: { ...platform, variant: wanted } });
    const system = { ...SYSTEM, platform: { ...platform, variant: own } };
    expect(evaluate(container, system, 'strict', []).verdict).toBe(verdict);
  });

  it('takes over what the admission policy refuses', () => {
    expect(evaluate(fitting(), SYSTEM, 'strict', ['no devices'])).toMatchObject({
      verdict: false,
      reasons: ['no devices'],
    });
  });
});

describe('admission policy', () => {
  const NOTHING: AdmissionPolicy = {
    privileged: false,
    hostNamespaces: false,
    binds: false,
    capabilities: [],
    devices: [],
  };
  const cases = [
    ['privileged', { privileged: true }, { privileged: true }, /privileged/],
    ['host namespaces', { hostNamespaces: ['network', 'pid'] }, { hostNamespaces: true }, /\(network, pid\)/],
    ['bind mounts', { binds: ['/etc:/etc'] }, { binds: true }, /bind mounts/],
    ['capabilities', { capabilities: ['NET_ADMIN'] }, { capabilities: ['NET_ADMIN'] }, /NET_ADMIN/],
    ['devices', { devices: ['/dev/video0'] }, { devices: ['/dev/video0'] }, /video0/],
  ] as const;

  it.each(cases)('refuses %s unless it is allowed', (_what, asked, allowed, reason) => {
    const spec = { ...RUN_SPEC, ...asked } as typeof RUN_SPEC;
    expect(refusedRequests(spec, NOTHING)).toEqual([expect.stringMatching(reason)]);
    expect(refusedRequests(spec, { ...NOTHING, ...allowed })).toEqual([]);
  });

  it('names only what is not allowed', () => {
    const spec = { ...RUN_SPEC, capabilities: ['NET_ADMIN', 'SYS_TIME'], devices: ['/dev/a', '/dev/b'] };
    const reasons = refusedRequests(spec, { ...NOTHING, capabilities: ['SYS_TIME'], devices: ['/dev/a'] });
    expect(reasons).toEqual(['capabilities NET_ADMIN are not allowed here', 'devices /dev/b are not allowed here']);
  });

  it.each(Array.from({ length: 2 ** cases.length }, (_, bits) => [bits] as const))(
    'names each thing that is asked for and not allowed, and nothing else: combination %i',
    (bits) => {
      const isAsked = (index: number): boolean => ((bits >> index) & 1) === 1;
      const chosen = cases.filter((_case, index) => isAsked(index));
      const spec = Object.assign({ ...RUN_SPEC }, ...chosen.map(([, asked]) => asked)) as typeof RUN_SPEC;
      expect(refusedRequests(spec, NOTHING)).toEqual(
        chosen.map(([, , , reason]) => expect.stringMatching(reason) as string),
      );
      const [allowed] = chosen;
      const policy: AdmissionPolicy = { ...NOTHING, ...allowed?.[2] };
      expect(refusedRequests(spec, policy)).toHaveLength(Math.max(0, chosen.length - 1));
    },
  );

  it('takes a plain container', () => {
    expect(refusedRequests(RUN_SPEC, NOTHING)).toEqual([]);
  });
});

describe('a service that is to be created', () => {
  it('is refused for its type, its platform and its runtimes, whatever room there is', () => {
    expect(unfitReasons(fitting(), SYSTEM)).toEqual([]);
    const none = { ...SYSTEM, remaining: { memoryBytes: 0, cpuMillis: 0, gpuMillis: 0, diskBytes: 0 } };
    expect(unfitReasons(fitting(), none)).toEqual([]);
    const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
    const wrong = fitting({ applicationType: 'other', platform, gpuRuntime: 'rocm', l4tRelease: '32.7.1' });
    expect(unfitReasons(wrong, SYSTEM)).toEqual([
      'application type other is not offered here',
      'image is for linux/arm64, this cluster runs linux/amd64',
      'GPU runtime rocm is not installed here',
      'built for L4T 32.7.1, this cluster has 35.4.1',
    ]);
  });
});

describe('a GPU that is asked for', () => {
  const rows = BITS.flatMap((gpu) =>
    ['', 'nvidia'].flatMap((gpuRuntime) =>
      [['runc'], ['runc', 'nvidia']].flatMap((runtimes) =>
        [0, 1000].map((totalGpuMillis) => ({ gpu, gpuRuntime, runtimes, totalGpuMillis })),
      ),
    ),
  );

  it.each(rows)('$gpu, runtime "$gpuRuntime" on $runtimes with $totalGpuMillis', (row) => {
    const { gpu, gpuRuntime, runtimes, totalGpuMillis } = row;
    const reasons = gpuReasons({ ...RUN_SPEC, gpu }, fitting({ gpuRuntime }), runtimes, totalGpuMillis);
    const cannot = gpu && gpuRuntime === '' && totalGpuMillis === 0 && runtimes.length === 1;
    expect(reasons).toEqual(cannot ? ['a GPU is asked for, this cluster has none and no runtime for one'] : []);
    // A runtime that is named and missing is refused by its name.
    const named = unfitReasons(fitting({ gpuRuntime }), { ...SYSTEM, runtimes });
    expect(named).toHaveLength(gpuRuntime === 'nvidia' && runtimes.length === 1 ? 1 : 0);
  });
});
