import type { ServiceState } from '../../../../chaincode/src/model';
import {
  eventOf,
  expectNoWrites,
  expectRefusal,
  instanceOf,
  makeBench,
  migrationOf,
} from '../../../support/ledger-bench';
import type { Bench } from '../../../support/ledger-bench';
import {
  CONFIG_DIGEST,
  digest,
  handOverOrder,
  instanceCreation,
  preparation,
  proposal,
  serviceRegistration,
  trueEvaluation,
} from '../../../support/ledger-samples';

const MINUTE_MS = 60_000;
type Stage = 'owned' | 'proposed' | 'handed-over';

/** The instance `i-1` in a stage of its migration from edge1 to edge2, and its owner suspended. */
async function orphaned(state: ServiceState, stage: Stage): Promise<Bench> {
  const bench = await makeBench();
  const { edge1, edge2, edge3, clock } = bench;
  await clock.advance(11 * MINUTE_MS);
  for (const node of [edge1, edge2, edge3]) await node.submit('NodeContract:Renew', [{ leaseSeconds: 60 }]);
  await edge1.submit('ServiceContract:Register', [serviceRegistration({ state })]);
  await edge1.submit('InstanceContract:Create', [instanceCreation()]);
  if (stage !== 'owned') await edge1.submit('MigrationContract:Propose', [proposal(clock.nowMs())]);
  if (stage === 'handed-over') {
    await edge2.submit('EvaluationContract:Submit', [trueEvaluation(clock.nowMs())]);
    await edge2.submit('MigrationContract:Prepare', [preparation()]);
    await edge1.submit('MigrationContract:HandOver', [handOverOrder()]);
  }
  await clock.advance(2 * MINUTE_MS);
  const owner = stage === 'handed-over' ? 'Edge2MSP' : 'Edge1MSP';
  for (const node of [edge1, edge2, edge3].filter(({ nodeId }) => nodeId !== owner)) {
    await node.submit('NodeContract:Renew', [{ leaseSeconds: 600 }]);
  }
  await edge3.submit('NodeContract:Suspend', [owner]);
  return bench;
}

const recovery = (from: 'copy' | 'image', epoch: number, configDigest = CONFIG_DIGEST) =>
  ({ instanceId: 'i-1', epoch, from, configDigest, acceptLoss: true }) as const;

describe('InstanceContract:Claim', () => {
  it.each<[Stage, string | null]>([
    ['owned', null],
    ['proposed', 'SUPERSEDED'],
    ['handed-over', 'SUPERSEDED'],
  ])('gives a stateless instance that is %s to the first who asks', async (stage, migrationState) => {
    const bench = await orphaned('none', stage);
    const { epoch } = await instanceOf(bench);
    const committed = await bench.edge3.submit('InstanceContract:Claim', [{ instanceId: 'i-1', epoch }]);
    expect(eventOf(bench, committed)).toMatchObject({
      name: 'InstanceClaimed',
      instanceId: 'i-1',
      serviceId: 'counter',
    });
    expect(await instanceOf(bench)).toMatchObject({
      ownerNodeId: 'Edge3MSP',
      epoch: epoch + 1,
      openMigrationId: null,
      configDigest: CONFIG_DIGEST,
      recoveredFrom: null,
    });
    if (migrationState !== null) {
      expect(await migrationOf(bench)).toMatchObject({
        state: migrationState,
        superseded: { nodeId: 'Edge3MSP', action: 'Claim', atMs: bench.clock.nowMs() },
      });
    }
    const again = await bench.edge3.submit('InstanceContract:Claim', [{ instanceId: 'i-1', epoch }]);
    expectNoWrites(bench, again);
  });

  it('has one winner, even in one block', async () => {
    const bench = await orphaned('none', 'owned');
    bench.channel.batchTimeoutMs = 20;
    const claim = { instanceId: 'i-1', epoch: 1 };
    const both = [bench.edge2, bench.edge3].map((node) => node.submit('InstanceContract:Claim', [claim]));
    const outcomes = await bench.clock.runUntil(Promise.allSettled(both));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(lost.reason).toMatchObject({ code: 'BLOSM_E_STALE_EPOCH' });
    expect((await instanceOf(bench)).epoch).toBe(2);
  });

  it('never takes from an owner that is active', async () => {
    const bench = await orphaned('none', 'owned');
    await bench.edge1.submit('NodeContract:Renew', [{ leaseSeconds: 60 }]);
    const claim = () => bench.edge2.submit('InstanceContract:Claim', [{ instanceId: 'i-1', epoch: 1 }]);
    await expectRefusal(bench, 'BLOSM_E_OWNER_ACTIVE', claim, /Edge1MSP owns i-1 and is active/);
  });

  it('never takes an instance with state, at another epoch, or for a cordoned node', async () => {
    const bench = await orphaned('files', 'owned');
    const claim = (epoch: number) => () => bench.edge2.submit('InstanceContract:Claim', [{ instanceId: 'i-1', epoch }]);
    await expectRefusal(bench, 'BLOSM_E_HAS_STATE', claim(1), /keeps files/);
    await expectRefusal(bench, 'BLOSM_E_STALE_EPOCH', claim(2));
    await bench.edge2.submit('NodeContract:Cordon', []);
    await expectRefusal(bench, 'BLOSM_E_CORDONED', claim(1));
  });

  it('fences the old owner: nothing of it is valid any more', async () => {
    const bench = await orphaned('none', 'proposed');
    await bench.edge3.submit('InstanceContract:Claim', [{ instanceId: 'i-1', epoch: 1 }]);
    await bench.edge1.submit('NodeContract:Renew', [{ leaseSeconds: 60 }]);
    const handOver = () => bench.edge1.submit('MigrationContract:HandOver', [handOverOrder()]);
    await expectRefusal(bench, 'BLOSM_E_WRONG_STATE', handOver, /is SUPERSEDED/);
    const order = { migrationId: 'm-1', stage: 'late', reason: 'came back' };
    const abort = () => bench.edge1.submit('MigrationContract:Abort', [order]);
    await expectRefusal(bench, 'BLOSM_E_WRONG_STATE', abort);
    const remove = () => bench.edge1.submit('InstanceContract:Remove', [{ instanceId: 'i-1', epoch: 1 }]);
    await expectRefusal(bench, 'BLOSM_E_NOT_OWNER', remove);
  });

  it('makes a hand-over invalid that was under way', async () => {
    const bench = await orphaned('none', 'handed-over');
    await bench.edge1.submit('InstanceContract:Claim', [{ instanceId: 'i-1', epoch: 2 }]);
    await bench.edge2.submit('NodeContract:Renew', [{ leaseSeconds: 60 }]);
    const complete = () =>
      bench.edge2.submit('MigrationContract:Complete', [{ migrationId: 'm-1', tokenSha256: null }]);
    await expectRefusal(bench, 'BLOSM_E_WRONG_STATE', complete);
    expect(await instanceOf(bench)).toMatchObject({ ownerNodeId: 'Edge1MSP', epoch: 3 });
  });
});

describe('InstanceContract:Recover', () => {
  it('starts the copy that the source has kept', async () => {
    const bench = await orphaned('files', 'handed-over');
    const committed = await bench.edge1.submit('InstanceContract:Recover', [recovery('copy', 2, digest('a'))]);
    expect(eventOf(bench, committed)).toMatchObject({ name: 'InstanceRecovered', migrationId: 'm-1' });
    expect(await instanceOf(bench)).toMatchObject({
      ownerNodeId: 'Edge1MSP',
      epoch: 3,
      recoveredFrom: 'copy',
      configDigest: digest('a'),
    });
    expect(await migrationOf(bench)).toMatchObject({ state: 'SUPERSEDED', superseded: { action: 'Recover' } });
    expectNoWrites(bench, await bench.edge1.submit('InstanceContract:Recover', [recovery('copy', 2, digest('a'))]));
  });

  it('starts the service’s image at any active node', async () => {
    const bench = await orphaned('files', 'proposed');
    await bench.edge2.submit('InstanceContract:Recover', [recovery('image', 1)]);
    expect(await instanceOf(bench)).toMatchObject({ ownerNodeId: 'Edge2MSP', epoch: 2, recoveredFrom: 'image' });
  });

  it('is the owner’s own way when its copy is lost', async () => {
    const bench = await orphaned('files', 'owned');
    await bench.edge1.submit('NodeContract:Renew', [{ leaseSeconds: 60 }]);
    await bench.edge1.submit('InstanceContract:Recover', [recovery('image', 1)]);
    expect(await instanceOf(bench)).toMatchObject({ ownerNodeId: 'Edge1MSP', epoch: 2, recoveredFrom: 'image' });
  });

  it('is over with the next hand-over', async () => {
    const bench = await orphaned('files', 'owned');
    const { edge2, edge3, clock } = bench;
    await edge2.submit('InstanceContract:Recover', [recovery('image', 1)]);
    await edge2.submit('MigrationContract:Propose', [proposal(clock.nowMs(), { epoch: 2 })]);
    await edge3.submit('EvaluationContract:Submit', [trueEvaluation(clock.nowMs())]);
    await edge3.submit('MigrationContract:Prepare', [preparation()]);
    await edge2.submit('MigrationContract:HandOver', [handOverOrder({ epoch: 2, destinationNodeId: 'Edge3MSP' })]);
    expect((await instanceOf(bench)).recoveredFrom).toBeNull();
  });

  it('is refused without a copy, with another digest, and while the owner is active', async () => {
    const bench = await orphaned('files', 'handed-over');
    const call =
      (node: 'edge1' | 'edge3', ...args: Parameters<typeof recovery>) =>
      () =>
        bench[node].submit('InstanceContract:Recover', [recovery(...args)]);
    await expectRefusal(bench, 'BLOSM_E_FORBIDDEN', call('edge3', 'copy', 2), /Edge3MSP keeps no copy of i-1/);
    await expectRefusal(bench, 'BLOSM_E_DIGEST_MISMATCH', call('edge3', 'image', 2, digest('f')));
    await expectRefusal(bench, 'BLOSM_E_STALE_EPOCH', call('edge3', 'image', 1));
    await bench.edge2.submit('NodeContract:Renew', [{ leaseSeconds: 60 }]);
    await expectRefusal(bench, 'BLOSM_E_OWNER_ACTIVE', call('edge1', 'copy', 2));
  });

  it('needs the operator’s word', async () => {
    const bench = await orphaned('files', 'owned');
    const silent = { ...recovery('image', 1), acceptLoss: false as unknown as true };
    const call = () => bench.edge2.submit('InstanceContract:Recover', [silent]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', call, /acceptLoss/);
  });
});

describe('histories', () => {
  it('show how owner and state changed', async () => {
    const bench = await orphaned('none', 'proposed');
    await bench.edge3.submit('InstanceContract:Claim', [{ instanceId: 'i-1', epoch: 1 }]);
    const instance = await bench.edge1.query('InstanceContract:History', ['i-1']);
    expect(instance.map(({ record }) => (record as { epoch: number }).epoch)).toEqual([2, 1, 1]);
    const migration = await bench.edge1.query('MigrationContract:History', ['m-1']);
    expect(migration.map(({ record }) => (record as { state: string }).state)).toEqual(['SUPERSEDED', 'PROPOSED']);
  });
});
