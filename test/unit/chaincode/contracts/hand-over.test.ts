import {
  eventOf,
  expectNoWrites,
  expectRefusal,
  instanceOf,
  migrationOf,
  typesWritten,
  withHandOver,
  withInstance,
  withOffer,
  withPreparation,
} from '../../../support/ledger-bench';
import { digest, handOverOrder, preparation, proposal, trueEvaluation } from '../../../support/ledger-samples';

/** Past the deadline: Abort is what is left then. */
const DEADLINE_AND_MORE_MS = 600_000;

const abortOrder = { migrationId: 'm-1', stage: 'prepare', reason: 'the destination does not answer' };

describe('MigrationContract:HandOver', () => {
  it('changes the owner and raises the epoch in one write', async () => {
    const bench = await withPreparation();
    const [migration, instance] = [await migrationOf(bench), await instanceOf(bench)];
    await bench.clock.advance(1000);
    const nowMs = bench.clock.nowMs();
    const committed = await bench.edge1.submit('MigrationContract:HandOver', [handOverOrder()]);
    expect(committed.result).toEqual({
      ...migration,
      state: 'HANDED_OVER',
      destinationNodeId: 'Edge2MSP',
      configDigest: digest('f'),
      handedOverAtMs: nowMs,
    });
    expect(typesWritten(bench, committed)).toEqual(['instance', 'migration']);
    expect(await instanceOf(bench)).toEqual({
      ...instance,
      ownerNodeId: 'Edge2MSP',
      epoch: 2,
      configDigest: digest('f'),
      updatedAtMs: nowMs,
    });
    expect(eventOf(bench, committed)).toMatchObject({ name: 'MigrationHandedOver', nodeId: 'Edge1MSP' });
  });

  it('writes nothing when the old owner asks again, before and after it is completed', async () => {
    const bench = await withHandOver();
    const again = await bench.edge1.submit('MigrationContract:HandOver', [handOverOrder()]);
    expectNoWrites(bench, again);
    expect(again.result.state).toBe('HANDED_OVER');
    await bench.edge2.submit('MigrationContract:Complete', [{ migrationId: 'm-1', tokenSha256: null }]);
    await bench.clock.advance(3_600_000);
    const late = await bench.edge1.submit('MigrationContract:HandOver', [handOverOrder()]);
    expectNoWrites(bench, late);
    expect(late.result.state).toBe('COMPLETED');
  });

  it.each([{ destinationNodeId: 'Edge3MSP' }, { configDigest: digest('0') }, { epoch: 2 }])(
    'refuses a second one with other content: %j',
    async (changes) => {
      const bench = await withHandOver();
      const handOver = () => bench.edge1.submit('MigrationContract:HandOver', [handOverOrder(changes)]);
      await expectRefusal(bench, 'BLOSM_E_CONFLICT', handOver);
    },
  );

  it('is for the owner alone', async () => {
    const bench = await withPreparation();
    for (const edge of [bench.edge2, bench.edge3]) {
      const handOver = () => edge.submit('MigrationContract:HandOver', [handOverOrder()]);
      await expectRefusal(bench, 'BLOSM_E_NOT_OWNER', handOver);
    }
  });

  it('needs the preparation of the node that it names', async () => {
    const bench = await withOffer();
    const handOver = () => bench.edge1.submit('MigrationContract:HandOver', [handOverOrder()]);
    await expectRefusal(bench, 'BLOSM_E_NOT_PREPARED', handOver, /Edge2MSP has not prepared m-1/);
    const prepared = await withPreparation();
    const other = handOverOrder({ destinationNodeId: 'Edge3MSP' });
    const toEdge3 = () => prepared.edge1.submit('MigrationContract:HandOver', [other]);
    await expectRefusal(prepared, 'BLOSM_E_NOT_PREPARED', toEdge3);
  });

  it.each([
    [{ configDigest: digest('0') }, /configDigest/],
    [{ specSha256: digest('0') }, /specSha256/],
  ])('refuses digests that are not those of the preparation: %j', async (changes, message) => {
    const bench = await withPreparation();
    const handOver = () => bench.edge1.submit('MigrationContract:HandOver', [handOverOrder(changes)]);
    await expectRefusal(bench, 'BLOSM_E_DIGEST_MISMATCH', handOver, message);
  });

  it('refuses another epoch', async () => {
    const bench = await withPreparation();
    const handOver = () => bench.edge1.submit('MigrationContract:HandOver', [handOverOrder({ epoch: 2 })]);
    await expectRefusal(bench, 'BLOSM_E_STALE_EPOCH', handOver);
  });

  it('ends with the deadline, which itself is in time', async () => {
    const early = await withPreparation();
    await early.clock.advance(300_000);
    await early.edge1.submit('MigrationContract:HandOver', [handOverOrder()]);
    const late = await withPreparation();
    await late.clock.advance(300_001);
    const handOver = () => late.edge1.submit('MigrationContract:HandOver', [handOverOrder()]);
    await expectRefusal(late, 'BLOSM_E_DEADLINE_PASSED', handOver);
  });

  it('cannot follow an abort, nor an abort it', async () => {
    const aborted = await withPreparation();
    await aborted.edge1.submit('MigrationContract:Abort', [abortOrder]);
    const handOver = () => aborted.edge1.submit('MigrationContract:HandOver', [handOverOrder()]);
    await expectRefusal(aborted, 'BLOSM_E_WRONG_STATE', handOver, /m-1 is ABORTED: no HandOver/);
    const handedOver = await withHandOver();
    const abort = () => handedOver.edge1.submit('MigrationContract:Abort', [abortOrder]);
    await expectRefusal(handedOver, 'BLOSM_E_WRONG_STATE', abort, /m-1 is HANDED_OVER: no Abort/);
  });

  it('and an abort at once: one of the two is committed valid', async () => {
    const bench = await withPreparation();
    bench.channel.batchTimeoutMs = 20;
    const both = Promise.allSettled([
      bench.edge1.submit('MigrationContract:HandOver', [handOverOrder()]),
      bench.edge1.submit('MigrationContract:Abort', [abortOrder]),
    ]);
    const [handOver, abort] = await bench.clock.runUntil(both);
    const { state } = await migrationOf(bench);
    const { ownerNodeId, epoch } = await instanceOf(bench);
    expect([
      ['fulfilled', 'rejected', 'HANDED_OVER', 'Edge2MSP', 2],
      ['rejected', 'fulfilled', 'ABORTED', 'Edge1MSP', 1],
    ]).toContainEqual([handOver.status, abort.status, state, ownerNodeId, epoch]);
  });

  it('delivered 60 s late, after an abort: it changes nothing', async () => {
    const bench = await withPreparation();
    const fault = bench.channel.fault('hold', 'MigrationContract:HandOver');
    const handOver = bench.edge1.submit('MigrationContract:HandOver', [handOverOrder()], { timeoutMs: 5000 });
    await expect(bench.clock.runUntil(handOver)).rejects.toMatchObject({ code: 'BLOSM_E_OUTCOME_UNKNOWN' });
    await bench.edge1.submit('MigrationContract:Abort', [abortOrder]);
    const before = bench.channel.peer('Edge1MSP').store.dump();
    await bench.clock.advance(60_000);
    fault.release();
    expect(bench.channel.peer('Edge1MSP').store.dump()).toEqual(before);
    expect(await migrationOf(bench)).toMatchObject({ state: 'ABORTED' });
    expect(await instanceOf(bench)).toMatchObject({ ownerNodeId: 'Edge1MSP', epoch: 1, openMigrationId: null });
  });
});

describe('MigrationContract:Complete', () => {
  it('closes the migration and renews the token', async () => {
    const bench = await withHandOver();
    const [migration, instance] = [await migrationOf(bench), await instanceOf(bench)];
    await bench.clock.advance(1000);
    const order = { migrationId: 'm-1', tokenSha256: digest('2') };
    const committed = await bench.edge2.submit('MigrationContract:Complete', [order]);
    expect(committed.result).toEqual({ ...migration, state: 'COMPLETED', completedAtMs: bench.clock.nowMs() });
    expect(await instanceOf(bench)).toEqual({
      ...instance,
      openMigrationId: null,
      tokenSha256: digest('2'),
      previousTokenSha256: digest('1'),
      updatedAtMs: bench.clock.nowMs(),
    });
    expect(eventOf(bench, committed)).toMatchObject({ name: 'MigrationCompleted', nodeId: 'Edge2MSP' });
  });

  it.each([null, digest('1')])('keeps the token when %j is asked for', async (tokenSha256) => {
    const bench = await withHandOver();
    await bench.edge2.submit('MigrationContract:Complete', [{ migrationId: 'm-1', tokenSha256 }]);
    expect(await instanceOf(bench)).toMatchObject({ tokenSha256: digest('1'), previousTokenSha256: null });
  });

  it('writes nothing when asked again, and refuses another token', async () => {
    const bench = await withHandOver();
    const order = { migrationId: 'm-1', tokenSha256: digest('2') };
    await bench.edge2.submit('MigrationContract:Complete', [order]);
    expectNoWrites(bench, await bench.edge2.submit('MigrationContract:Complete', [order]));
    expectNoWrites(bench, await bench.edge2.submit('MigrationContract:Complete', [{ ...order, tokenSha256: null }]));
    const other = { ...order, tokenSha256: digest('3') };
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', () => bench.edge2.submit('MigrationContract:Complete', [other]));
  });

  it('may be asked again after the instance has gone', async () => {
    const bench = await withHandOver();
    const order = { migrationId: 'm-1', tokenSha256: digest('2') };
    await bench.edge2.submit('MigrationContract:Complete', [order]);
    await bench.edge2.submit('InstanceContract:Remove', [{ instanceId: 'i-1', epoch: 2 }]);
    expectNoWrites(bench, await bench.edge2.submit('MigrationContract:Complete', [order]));
  });

  it('is for the new owner, after the hand-over', async () => {
    const order = { migrationId: 'm-1', tokenSha256: null };
    const bench = await withHandOver();
    for (const edge of [bench.edge1, bench.edge3]) {
      await expectRefusal(bench, 'BLOSM_E_NOT_OWNER', () => edge.submit('MigrationContract:Complete', [order]));
    }
    const prepared = await withPreparation();
    const early = () => prepared.edge2.submit('MigrationContract:Complete', [order]);
    await expectRefusal(prepared, 'BLOSM_E_WRONG_STATE', early, /m-1 is PROPOSED: no Complete/);
    await bench.edge2.submit('MigrationContract:Complete', [order]);
    const byEdge1 = () => bench.edge1.submit('MigrationContract:Complete', [order]);
    await expectRefusal(bench, 'BLOSM_E_WRONG_STATE', byEdge1, /m-1 is COMPLETED/);
  });

  it('lets the instance move on, and back', async () => {
    const bench = await withHandOver();
    await bench.edge2.submit('MigrationContract:Complete', [{ migrationId: 'm-1', tokenSha256: digest('2') }]);
    const nowMs = bench.clock.nowMs();
    await bench.edge2.submit('MigrationContract:Propose', [proposal(nowMs, { migrationId: 'm-2', epoch: 2 })]);
    await bench.edge1.submit('EvaluationContract:Submit', [trueEvaluation(nowMs, { metadataId: 'm-2' })]);
    await bench.edge1.submit('MigrationContract:Prepare', [preparation({ migrationId: 'm-2' })]);
    const order = handOverOrder({ migrationId: 'm-2', epoch: 2, destinationNodeId: 'Edge1MSP' });
    await bench.edge2.submit('MigrationContract:HandOver', [order]);
    await bench.edge1.submit('MigrationContract:Complete', [{ migrationId: 'm-2', tokenSha256: digest('3') }]);
    expect(await instanceOf(bench)).toMatchObject({
      ownerNodeId: 'Edge1MSP',
      epoch: 3,
      tokenSha256: digest('3'),
      previousTokenSha256: digest('2'),
    });
    const again = { migrationId: 'm-1', tokenSha256: digest('2') };
    expectNoWrites(bench, await bench.edge2.submit('MigrationContract:Complete', [again]));
  });
});

describe('MigrationContract:Abort', () => {
  it('records stage and reason and leaves the instance where it is', async () => {
    const bench = await withPreparation();
    const [migration, instance] = [await migrationOf(bench), await instanceOf(bench)];
    await bench.clock.advance(DEADLINE_AND_MORE_MS);
    const committed = await bench.edge1.submit('MigrationContract:Abort', [abortOrder]);
    const atMs = bench.clock.nowMs();
    const { stage, reason } = abortOrder;
    expect(committed.result).toEqual({ ...migration, state: 'ABORTED', abort: { stage, reason, atMs } });
    expect(await instanceOf(bench)).toEqual({ ...instance, openMigrationId: null, updatedAtMs: atMs });
    expect(eventOf(bench, committed)).toMatchObject({ name: 'MigrationAborted', migrationId: 'm-1' });
  });

  it('keeps the first reason when asked again', async () => {
    const bench = await withPreparation();
    const first = await bench.edge1.submit('MigrationContract:Abort', [abortOrder]);
    const second = await bench.edge1.submit('MigrationContract:Abort', [{ ...abortOrder, reason: 'another' }]);
    expectNoWrites(bench, second);
    expect(second.result).toEqual(first.result);
  });

  it('is for the source', async () => {
    const bench = await withPreparation();
    const abort = () => bench.edge2.submit('MigrationContract:Abort', [abortOrder]);
    await expectRefusal(bench, 'BLOSM_E_NOT_OWNER', abort, /m-1 is of Edge1MSP, not of Edge2MSP/);
    const none = await withInstance();
    await expectRefusal(none, 'BLOSM_E_NOT_FOUND', () => none.edge1.submit('MigrationContract:Abort', [abortOrder]));
  });

  it('lets the instance be proposed again', async () => {
    const bench = await withPreparation();
    await bench.edge1.submit('MigrationContract:Abort', [abortOrder]);
    const next = proposal(bench.clock.nowMs(), { migrationId: 'm-2' });
    const { result } = await bench.edge1.submit('MigrationContract:Propose', [next]);
    expect(result.epoch).toBe(1);
    const page = await bench.edge3.query('MigrationContract:List', [{ pageSize: 10, bookmark: '' }]);
    expect(page.items.map(({ migrationId, state }) => [migrationId, state])).toEqual([
      ['m-1', 'ABORTED'],
      ['m-2', 'PROPOSED'],
    ]);
  });
});
