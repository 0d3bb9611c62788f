import { z } from 'zod';
import { InstanceRecord, MigrationRecord, NodeRecord, versioned } from '../../../../chaincode/src/model';
import { instanceRecord, migrationRecord, nodeRecord } from '../../../support/lane-views';

const Third = versioned(
  z.strictObject({ v: z.literal(3), type: z.literal('thing'), name: z.string(), size: z.int(), color: z.string() }),
  (v1) => ({ ...v1, size: 1 }),
  ({ colour, ...v2 }) => ({ ...v2, color: colour ?? 'none' }),
);

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const present = { v: 3, type: 'thing', name: 'a', size: 7, color: 'red' };

describe('a schema with versions', () => {
  it('reads the present version as it is', () => {
    expect(Third.parse(present)).toEqual(present);
  });

  it('raises every earlier version step by step', () => {
    expect(Third.parse({ v: 1, type: 'thing', name: 'a', colour: 'red' })).toEqual({ ...present, size: 1 });
    expect(Third.parse({ v: 2, type: 'thing', name: 'a', size: 7 })).toEqual({ ...present, color: 'none' });
  });

  it.each([4, 0, -1, 1.5, '3', 'two', null, undefined])('refuses the version %p', (v) => {
    expect(Third.safeParse({ ...present, v }).success).toBe(false);
  });

  it.each([null, 7, 'text', [], {}])('refuses %p', (stored) => {
    expect(Third.safeParse(stored).success).toBe(false);
  });

  it('refuses an earlier record with a field that it never had', () => {
    expect(Third.safeParse({ v: 1, type: 'thing', name: 'a', more: true }).success).toBe(false);
  });
});

describe('records of release 0.1', () => {
  it.each([
    ['node', NodeRecord, nodeRecord(1, { agentCertificatePem: PEM }), ['state', 'cordoned']],
    ['instance', InstanceRecord, instanceRecord(), ['recoveredFrom']],
    ['migration', MigrationRecord, migrationRecord(), ['superseded']],
  ] as const)('are read: %s', (_, schema, now, added) => {
    const old = Object.fromEntries(Object.entries({ ...now, v: 1 }).filter(([key]) => !added.some((a) => a === key)));
    expect((schema as z.ZodType).parse(old)).toEqual(now);
  });
});
