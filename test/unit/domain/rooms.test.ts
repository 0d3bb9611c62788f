import { admit, type AdmissionFacts } from '../../../agent/domain/admission';
import {
  describeShortage,
  needHere,
  NO_RESOURCES,
  remainingResources,
  RESOURCE_NAMES,
  shortages,
} from '../../../agent/domain/capacity';
import { positionOfDegrees } from '../../../agent/domain/geo';
import { nodeRecord, serviceRecord } from '../../support/lane-views';

const R = (value: number): { memoryBytes: number; cpuMillis: number; gpuMillis: number; diskBytes: number } => ({
  memoryBytes: value,
  cpuMillis: value,
  gpuMillis: value,
  diskBytes: value,
});

describe('capacity', () => {
  it('is what is not promised, and never less than nothing', () => {
    expect(remainingResources(R(100), [])).toEqual(R(100));
    expect(remainingResources(R(100), [R(30), { ...NO_RESOURCES, cpuMillis: 50 }])).toEqual({
      ...R(70),
      cpuMillis: 20,
    });
    expect(remainingResources(R(100), [R(60), R(60)])).toEqual(R(0));
  });

  it.each(RESOURCE_NAMES)('of %s falls short from need >= remaining on', (name) => {
    const need = (value: number): typeof NO_RESOURCES => ({ ...NO_RESOURCES, [name]: value });
    expect(shortages(need(99), R(100))).toEqual([]);
    expect(shortages(need(100), R(100))).toEqual([name]);
    expect(shortages(need(101), R(100))).toEqual([name]);
  });

  it('never falls short of a need of 0, even with nothing left', () => {
    expect(shortages(NO_RESOURCES, NO_RESOURCES)).toEqual([]);
  });

  it('is needed once for a shared service, however many use it', () => {
    const of = (tenancy: 'device' | 'shared') => serviceRecord({ tenancy, need: R(10) });
    expect(needHere(of('shared'), new Set(['counter']))).toEqual(NO_RESOURCES);
    expect(needHere(of('shared'), new Set(['other']))).toEqual(R(10));
    expect(needHere(of('device'), new Set(['counter']))).toEqual(R(10));
  });

  it('names all that falls short, in words', () => {
    expect(shortages(R(5), R(5))).toEqual(RESOURCE_NAMES);
    expect(describeShortage('memoryBytes', 512 << 20, 100 << 20)).toBe('needs 512 MiB of memory, 100 MiB remain');
    expect(describeShortage('diskBytes', 1 << 20, 0)).toBe('needs 1 MiB of disk, 0 MiB remain');
    expect(describeShortage('cpuMillis', 1500, 250)).toBe('needs 1.50 of CPU cores, 0.25 remain');
    expect(describeShortage('gpuMillis', 1000, 0)).toBe('needs 1.00 of GPU, 0.00 remain');
  });
});

const at = (number: number): { site: ReturnType<typeof positionOfDegrees> } => ({
  site: positionOfDegrees(0, number * 0.005),
});
const facts = (changes: Partial<AdmissionFacts> = {}): AdmissionFacts => ({
  me: 'Edge1MSP',
  need: R(10),
  remaining: R(100),
  unfit: [],
  nodes: [1, 2, 3, 4].map((number) => nodeRecord(number, at(number))),
  position: null,
  migrated: false,
  ...changes,
});

describe('Algorithm 3 for a request without an instance', () => {
  it('creates where there is room', () => {
    expect(admit(facts())).toEqual({ kind: 'create' });
    expect(admit(facts({ remaining: R(11) }))).toEqual({ kind: 'create' });
  });

  it('migrates the request from need >= remaining on, to the nearest first', () => {
    const full = facts({ remaining: { ...R(100), memoryBytes: 10 } });
    expect(admit(full)).toMatchObject({
      kind: 'request-migration',
      candidates: ['Edge2MSP', 'Edge3MSP', 'Edge4MSP'],
      reason: expect.stringContaining('memory') as string,
    });
    expect(admit({ ...full, position: at(4).site })).toMatchObject({
      candidates: ['Edge4MSP', 'Edge3MSP', 'Edge2MSP'],
    });
  });

  it('migrates the request of a service that this cluster cannot run', () => {
    expect(admit(facts({ unfit: ['no such type'], remaining: R(0) }))).toMatchObject({
      kind: 'request-migration',
      reason: expect.stringMatching(/^no such type; needs/) as string,
    });
  });

  it('asks the others in their order when not even its own place is known', () => {
    const nodes = [nodeRecord(3), nodeRecord(2)];
    expect(admit(facts({ remaining: R(1), nodes }))).toMatchObject({ candidates: ['Edge3MSP', 'Edge2MSP'] });
  });

  it('never passes on what was migrated to it', () => {
    expect(admit(facts({ migrated: true }))).toEqual({ kind: 'create' });
    expect(admit(facts({ migrated: true, remaining: R(1) }))).toMatchObject({ kind: 'refuse' });
  });

  it('refuses when there is nobody else', () => {
    expect(admit(facts({ remaining: R(1), nodes: [nodeRecord(1)] }))).toMatchObject({ kind: 'refuse' });
  });
});
