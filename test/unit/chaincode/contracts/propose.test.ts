import {
  eventOf,
  expectNoWrites,
  expectRefusal,
  instanceOf,
  typesWritten,
  withInstance,
  withProposal,
} from '../../../support/ledger-bench';
import { SPEC_SHA256, containerFacts, instanceCreation, proposal } from '../../../support/ledger-samples';

const DAY_MS = 86_400_000;

describe('MigrationContract:Propose', () => {
  it('writes the migration, its metadata, the confirmation of the owner and the mark at the instance in one', async () => {
    const bench = await withInstance();
    const nowMs = bench.clock.nowMs();
    const committed = await bench.edge1.submit('MigrationContract:Propose', [proposal(nowMs)]);
    expect(committed.result).toEqual({
      v: 2,
      type: 'migration',
      migrationId: 'm-1',
      instanceId: 'i-1',
      serviceId: 'counter',
      sourceNodeId: 'Edge1MSP',
      epoch: 1,
      strategy: 'registry',
      trigger: 'coverage-exit',
      requestedDestination: null,
      state: 'PROPOSED',
      deadlineMs: nowMs + 300_000,
      proposedAtMs: nowMs,
      destinationNodeId: null,
      configDigest: null,
      specSha256: SPEC_SHA256,
      handedOverAtMs: null,
      completedAtMs: null,
      abort: null,
      superseded: null,
    });
    expect(typesWritten(bench, committed)).toEqual(['confirmation', 'instance', 'metadata', 'migration']);
    expect(eventOf(bench, committed)).toEqual({
      v: 1,
      name: 'MigrationProposed',
      nodeId: 'Edge1MSP',
      metadataIds: ['m-1'],
      serviceId: 'counter',
      instanceId: 'i-1',
      migrationId: 'm-1',
    });
    expect(await instanceOf(bench)).toMatchObject({ ownerNodeId: 'Edge1MSP', epoch: 1, openMigrationId: 'm-1' });
    expect(await bench.edge2.query('MetadataContract:Get', ['m-1'])).toMatchObject({
      instanceId: 'i-1',
      nodeId: 'Edge1MSP',
      container: containerFacts(),
    });
    expect(await bench.edge2.query('ConfirmationContract:List', ['m-1'])).toHaveLength(1);
  });

  it('writes nothing when asked again', async () => {
    const bench = await withInstance();
    const argument = proposal(bench.clock.nowMs());
    const first = await bench.edge1.submit('MigrationContract:Propose', [argument]);
    await bench.clock.advance(DAY_MS);
    const second = await bench.edge1.submit('MigrationContract:Propose', [argument]);
    expectNoWrites(bench, second);
    expect(second.result).toEqual(first.result);
  });

  it.each([
    { epoch: 2 },
    { strategy: 'direct' as const },
    { trigger: 'operator' as const },
    { requestedDestination: 'Edge2MSP' },
    { deadlineMs: Date.UTC(2026, 0, 1, 1) },
    { container: containerFacts({ cpuMillis: 1 }) },
    { instanceId: 'i-2' },
  ])('refuses the same id with other content: %j', async (changes) => {
    const bench = await withProposal();
    const other = proposal(bench.clock.nowMs(), changes);
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', () => bench.edge1.submit('MigrationContract:Propose', [other]));
  });

  it('refuses the same id by another node', async () => {
    const bench = await withProposal();
    const propose = () => bench.edge2.submit('MigrationContract:Propose', [proposal(bench.clock.nowMs())]);
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', propose);
  });

  it('refuses an id that other metadata has', async () => {
    const bench = await withInstance();
    const share = { metadataId: 'm-1', instanceId: null, container: containerFacts() };
    await bench.edge2.submit('MetadataContract:Share', [share]);
    const propose = () => bench.edge1.submit('MigrationContract:Propose', [proposal(bench.clock.nowMs())]);
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', propose, /migrationId: metadata m-1 exists/);
  });

  it('is for the owner, at its epoch, one at a time', async () => {
    const bench = await withProposal();
    const nowMs = bench.clock.nowMs();
    const second = (changes: object) => proposal(nowMs, { migrationId: 'm-2', ...changes });
    const byEdge2 = () => bench.edge2.submit('MigrationContract:Propose', [second({})]);
    await expectRefusal(bench, 'BLOSM_E_NOT_OWNER', byEdge2);
    const stale = () => bench.edge1.submit('MigrationContract:Propose', [second({ epoch: 2 })]);
    await expectRefusal(bench, 'BLOSM_E_STALE_EPOCH', stale);
    const open = () => bench.edge1.submit('MigrationContract:Propose', [second({})]);
    await expectRefusal(bench, 'BLOSM_E_MIGRATION_OPEN', open);
    const missing = () => bench.edge1.submit('MigrationContract:Propose', [second({ instanceId: 'i-9' })]);
    await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', missing);
  });

  it.each([
    [0, /deadlineMs: it has passed/],
    [-1, /deadlineMs: it has passed/],
    [DAY_MS + 1, /deadlineMs: more than 24 hours ahead/],
  ])('refuses a deadline %d ms ahead', async (aheadMs, message) => {
    const bench = await withInstance();
    const argument = proposal(0, { deadlineMs: bench.clock.nowMs() + aheadMs });
    const propose = () => bench.edge1.submit('MigrationContract:Propose', [argument]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', propose, message);
  });

  it.each([1, DAY_MS])('accepts a deadline %d ms ahead', async (aheadMs) => {
    const bench = await withInstance();
    const argument = proposal(0, { deadlineMs: bench.clock.nowMs() + aheadMs });
    const { result } = await bench.edge1.submit('MigrationContract:Propose', [argument]);
    expect(result.state).toBe('PROPOSED');
  });

  it('refuses the source as the destination, and a node that is not registered', async () => {
    const bench = await withInstance();
    const to = (requestedDestination: string) => () =>
      bench.edge1.submit('MigrationContract:Propose', [proposal(bench.clock.nowMs(), { requestedDestination })]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', to('Edge1MSP'), /requestedDestination/);
    await expectRefusal(bench, 'BLOSM_E_NODE_INACTIVE', to('Edge9MSP'), /Edge9MSP is not registered/);
    await to('Edge2MSP')();
  });

  it('yields one winner when two are proposed at once', async () => {
    const bench = await withInstance();
    await bench.edge1.submit('InstanceContract:Create', [instanceCreation({ instanceId: 'i-2' })]);
    bench.channel.batchTimeoutMs = 20;
    const nowMs = bench.clock.nowMs();
    const both = Promise.allSettled(
      ['m-1', 'm-2'].map((migrationId) =>
        bench.edge1.submit('MigrationContract:Propose', [proposal(nowMs, { migrationId })]),
      ),
    );
    const outcomes = await bench.clock.runUntil(both);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(lost?.reason).toMatchObject({ code: 'BLOSM_E_MIGRATION_OPEN' });
  });
});
