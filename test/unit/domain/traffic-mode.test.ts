import { trafficMode } from '../../../agent/domain/traffic-mode';
import {
  born,
  containerOf,
  factsWith,
  instanceRecord,
  migrationView,
  nodeRecord,
  OTHER,
  prepareOf,
  serviceRecord,
  viewOf,
} from '../../support/lane-views';

const foreign = { instance: instanceRecord({ ownerNodeId: OTHER, openMigrationId: 'm-1' }) };
const drained = born(factsWith({ drainBegun: true }));

describe('a request', () => {
  it('is served by the healthy container of the owner', () => {
    expect(trafficMode(viewOf())).toEqual({ kind: 'serve', host: '172.31.1.2', port: 8080 });
  });

  it('finds nothing of an instance that is gone', () => {
    expect(trafficMode(viewOf({ instance: null }))).toEqual({ kind: 'gone' });
  });

  it.each([
    ['none', []],
    ['one that has stopped', [containerOf({ state: 'exited' })]],
    ['one that has not answered yet', [containerOf({ containerId: 'bb'.repeat(32) })]],
  ])('waits for the container: %s', (_what, containers) => {
    expect(trafficMode(viewOf({ containers }))).toMatchObject({ kind: 'starting' });
  });

  it('of an instance with state waits for a fresh view, of one without does not', () => {
    expect(trafficMode(viewOf({ fresh: false }))).toMatchObject({ kind: 'starting' });
    expect(trafficMode(viewOf({ fresh: false, service: null }))).toMatchObject({ kind: 'starting' });
    const service = serviceRecord({ state: 'none' });
    expect(trafficMode(viewOf({ fresh: false, service }))).toMatchObject({ kind: 'serve' });
  });

  it('goes to the owner', () => {
    expect(trafficMode(viewOf(foreign))).toEqual({ kind: 'forward', nodeId: OTHER });
    const migration = migrationView({ sourceNodeId: OTHER }, { prepares: [prepareOf('Edge3MSP')] });
    expect(trafficMode(viewOf({ ...foreign, migration }))).toMatchObject({ kind: 'forward' });
  });

  it('waits where the copy is prepared, until the migration is no longer open', () => {
    const prepares = [prepareOf('Edge1MSP')];
    const migration = migrationView({ sourceNodeId: OTHER }, { prepares });
    expect(trafficMode(viewOf({ ...foreign, migration }))).toMatchObject({ kind: 'starting' });
    const handedOver = migrationView({ sourceNodeId: OTHER, state: 'HANDED_OVER' }, { prepares });
    expect(trafficMode(viewOf({ ...foreign, migration: handedOver }))).toMatchObject({ kind: 'forward' });
  });

  it('is refused by the source from the drain on, until the migration has ended', () => {
    const open = migrationView();
    expect(trafficMode(viewOf({ migration: open }))).toMatchObject({ kind: 'serve' });
    expect(trafficMode(viewOf({ migration: open, facts: drained }))).toMatchObject({ kind: 'refuse' });
    expect(trafficMode(viewOf({ migration: null, facts: drained }))).toMatchObject({ kind: 'serve' });
    const arrived = migrationView({ sourceNodeId: OTHER, destinationNodeId: 'Edge1MSP', state: 'HANDED_OVER' });
    expect(trafficMode(viewOf({ migration: arrived, facts: drained }))).toMatchObject({ kind: 'serve' });
    // Its journal is lost, and a hand-over may be on its way.
    const prepared = migrationView({}, { prepares: [prepareOf(OTHER)] });
    expect(trafficMode(viewOf({ migration: prepared, facts: born() }))).toMatchObject({ kind: 'refuse' });
    const odd = migrationView({ sourceNodeId: OTHER });
    expect(trafficMode(viewOf({ migration: odd, facts: drained, nodes: [nodeRecord(1)] }))).toMatchObject({
      kind: 'serve',
    });
  });

  it('goes to the container that runs what the ledger names, not to a newer leftover', () => {
    const leftover = containerOf({
      containerId: 'bb'.repeat(32),
      configDigest: 'sha256:other',
      host: '172.31.1.9',
      createdAtMs: 9e15,
    });
    expect(trafficMode(viewOf({ containers: [leftover, containerOf()] }))).toMatchObject({ host: '172.31.1.2' });
  });
});
