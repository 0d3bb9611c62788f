import {
  eventOf,
  expectNoWrites,
  expectRefusal,
  makeBench,
  typesWritten,
  withInstance,
} from '../../../support/ledger-bench';
import {
  falseEvaluation,
  instanceCreation,
  nodeProfile,
  nodeRegistration,
  proposal,
  serviceRegistration,
  trueEvaluation,
} from '../../../support/ledger-samples';
import { FakeChannel } from '../../../fakes/channel';
import { VirtualClock } from '../../../fakes/virtual-clock';
import { registerNodes } from '../../../support/ledger-samples';
import type { Bench } from '../../../support/ledger-bench';

const MINUTE_MS = 60_000;

/** Edge1 and edge2 have just renewed, edge3 has been off for eleven minutes. */
async function withLapsed(): Promise<Bench> {
  const bench = await makeBench();
  await bench.clock.advance(11 * MINUTE_MS);
  await bench.edge1.submit('NodeContract:Renew', [{ leaseSeconds: 60 }]);
  await bench.edge2.submit('NodeContract:Renew', [{ leaseSeconds: 60 }]);
  return bench;
}

async function withSuspended(): Promise<Bench> {
  const bench = await withLapsed();
  await bench.edge1.submit('NodeContract:Suspend', ['Edge3MSP']);
  return bench;
}

const stateOf = async ({ edge1 }: Bench, nodeId: string) => (await edge1.query('NodeContract:Get', [nodeId])).state;

describe('NodeContract:Renew', () => {
  it('writes the lease under a key of its own and announces nothing', async () => {
    const bench = await makeBench();
    await bench.clock.advance(1000);
    const committed = await bench.edge2.submit('NodeContract:Renew', [{ leaseSeconds: 90 }]);
    const nowMs = bench.clock.nowMs();
    expect(committed.result).toEqual({
      v: 1,
      type: 'lease',
      nodeId: 'Edge2MSP',
      renewedAtMs: nowMs,
      expiresAtMs: nowMs + 90_000,
    });
    expect(typesWritten(bench, committed)).toEqual(['lease']);
    expect(eventOf(bench, committed)).toBeUndefined();
  });

  it('has a lease from the registration on', async () => {
    const bench = await makeBench();
    const leases = await bench.edge1.query('NodeContract:Leases', []);
    expect(leases.map(({ nodeId }) => nodeId)).toEqual(['Edge1MSP', 'Edge2MSP', 'Edge3MSP']);
    expect(leases[0]?.expiresAtMs).toBe(bench.clock.nowMs() + 10 * MINUTE_MS);
  });

  it('keeps the lease when the admin registers another certificate', async () => {
    const bench = await makeBench();
    await bench.edge1.submit('NodeContract:Renew', [{ leaseSeconds: 5 }]);
    const admin = await bench.channel.admin('Edge1MSP');
    const registration = await nodeRegistration('Edge1MSP', { ...nodeProfile('edge1'), coverageRadiusMeters: 401 });
    expect(typesWritten(bench, await admin.submit('NodeContract:Register', [registration]))).toEqual(['node']);
  });

  it.each([4, 3601, 5.5, -1])('refuses a lease of %p seconds', async (leaseSeconds) => {
    const bench = await makeBench();
    const renew = () => bench.edge1.submit('NodeContract:Renew', [{ leaseSeconds }]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', renew, /leaseSeconds/);
  });

  it('makes a suspended node active again', async () => {
    const bench = await withSuspended();
    const committed = await bench.edge3.submit('NodeContract:Renew', [{ leaseSeconds: 60 }]);
    expect(eventOf(bench, committed)).toEqual({ v: 1, name: 'NodeResumed', nodeId: 'Edge3MSP' });
    expect(await stateOf(bench, 'Edge3MSP')).toBe('ACTIVE');
  });
});

describe('NodeContract:Suspend', () => {
  it('takes a node out whose lease has lapsed, and says whom', async () => {
    const bench = await withLapsed();
    const committed = await bench.edge1.submit('NodeContract:Suspend', ['Edge3MSP']);
    expect(committed.result).toMatchObject({
      nodeId: 'Edge3MSP',
      state: 'SUSPENDED',
      revision: 2,
      updatedAtMs: bench.clock.nowMs(),
    });
    const event = { v: 1, name: 'NodeSuspended', nodeId: 'Edge1MSP', suspendedNodeId: 'Edge3MSP' };
    expect(eventOf(bench, committed)).toEqual(event);
    expectNoWrites(bench, await bench.edge2.submit('NodeContract:Suspend', ['Edge3MSP']));
  });

  it('does not touch a node that holds its lease', async () => {
    const bench = await withLapsed();
    await bench.clock.advance(10_000);
    const suspend = () => bench.edge1.submit('NodeContract:Suspend', ['Edge2MSP']);
    await expectRefusal(bench, 'BLOSM_E_LEASE_HELD', suspend, /the lease of Edge2MSP has 50 s left/);
  });

  it('leaves a majority of the registered nodes active', async () => {
    const bench = await withSuspended();
    await bench.clock.advance(2 * MINUTE_MS);
    const suspend = () => bench.edge1.submit('NodeContract:Suspend', ['Edge2MSP']);
    await expectRefusal(bench, 'BLOSM_E_MAJORITY', suspend, /only 1 of 3 nodes/);
  });

  it('is for active members only', async () => {
    const bench = await withSuspended();
    await bench.clock.advance(2 * MINUTE_MS);
    const bySuspended = () => bench.edge3.submit('NodeContract:Suspend', ['Edge1MSP']);
    await expectRefusal(bench, 'BLOSM_E_SUSPENDED', bySuspended);
    const unknown = () => bench.edge1.submit('NodeContract:Suspend', ['Edge9MSP']);
    await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', unknown);
  });

  it('loses against a renewal that comes first', async () => {
    const bench = await withLapsed();
    bench.channel.batchTimeoutMs = 20;
    const renewal = bench.edge3.submit('NodeContract:Renew', [{ leaseSeconds: 60 }]);
    const suspension = bench.edge1.submit('NodeContract:Suspend', ['Edge3MSP']).catch((error: unknown) => error);
    await bench.clock.runUntil(renewal);
    // Invalidated by the renewal and endorsed anew, it is refused.
    expect(await bench.clock.runUntil(suspension)).toMatchObject({ code: 'BLOSM_E_LEASE_HELD' });
    expect(await stateOf(bench, 'Edge3MSP')).toBe('ACTIVE');
  });

  it('cannot be used by two members to suspend each other out of the majority', async () => {
    const clock = new VirtualClock();
    const nodeIds = ['Edge1MSP', 'Edge2MSP', 'Edge3MSP', 'Edge4MSP'];
    const channel = new FakeChannel({ nodeIds, clock });
    const [edge1, edge2] = await registerNodes(channel, ...nodeIds);
    channel.batchTimeoutMs = 20;
    await clock.advance(11 * MINUTE_MS);
    const both = [
      edge1!.submit('NodeContract:Suspend', ['Edge3MSP']),
      edge2!.submit('NodeContract:Suspend', ['Edge4MSP']),
    ];
    const outcomes = await clock.runUntil(Promise.allSettled(both));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const nodes = await edge1!.query('NodeContract:List', []);
    expect(nodes.filter(({ state }) => state === 'ACTIVE')).toHaveLength(3);
  });
});

describe('a suspended node', () => {
  it('may do nothing but renew', async () => {
    const bench = await withSuspended();
    const nowMs = bench.clock.nowMs();
    await bench.edge1.submit('ServiceContract:Register', [serviceRegistration()]);
    await bench.edge1.submit('InstanceContract:Create', [instanceCreation()]);
    await bench.edge1.submit('MigrationContract:Propose', [proposal(nowMs)]);
    const { edge3 } = bench;
    const calls = [
      () => edge3.submit('NodeContract:Update', [nodeProfile('edge3')]),
      () => edge3.submit('NodeContract:Cordon', []),
      () => edge3.submit('ServiceContract:Register', [serviceRegistration({ serviceId: 'x' })]),
      () => edge3.submit('InstanceContract:Create', [instanceCreation({ instanceId: 'i-3' })]),
      () => edge3.submit('EvaluationContract:Submit', [trueEvaluation(nowMs)]),
      () => edge3.submit('ConfirmationContract:Confirm', [{ metadataIds: ['m-1'] }]),
    ];
    for (const call of calls) await expectRefusal(bench, 'BLOSM_E_SUSPENDED', call, /may only renew its lease/);
  });

  it('is not a destination', async () => {
    const bench = await withSuspended();
    await bench.edge1.submit('ServiceContract:Register', [serviceRegistration()]);
    await bench.edge1.submit('InstanceContract:Create', [instanceCreation()]);
    const requested = proposal(bench.clock.nowMs(), { requestedDestination: 'Edge3MSP' });
    const propose = () => bench.edge1.submit('MigrationContract:Propose', [requested]);
    await expectRefusal(bench, 'BLOSM_E_NODE_INACTIVE', propose, /Edge3MSP is SUSPENDED/);
  });
});

describe('NodeContract:Cordon', () => {
  it('is said once and taken back', async () => {
    const bench = await makeBench();
    const cordoned = await bench.edge1.submit('NodeContract:Cordon', []);
    expect(eventOf(bench, cordoned)).toMatchObject({ name: 'NodeCordoned' });
    expect(cordoned.result).toMatchObject({ cordoned: true, state: 'ACTIVE' });
    expectNoWrites(bench, await bench.edge1.submit('NodeContract:Cordon', []));
    const again = await bench.edge1.submit('NodeContract:Uncordon', []);
    expect(eventOf(bench, again)).toMatchObject({ name: 'NodeUncordoned' });
    expect(again.result.cordoned).toBe(false);
  });

  it('lets the node confirm with verdict false, and take nothing new', async () => {
    const bench = await withInstance();
    await bench.edge1.submit('MigrationContract:Propose', [proposal(bench.clock.nowMs())]);
    await bench.edge2.submit('NodeContract:Cordon', []);
    const yes = () => bench.edge2.submit('EvaluationContract:Submit', [trueEvaluation(bench.clock.nowMs())]);
    await expectRefusal(bench, 'BLOSM_E_CORDONED', yes);
    const create = () => bench.edge2.submit('InstanceContract:Create', [instanceCreation({ instanceId: 'i-2' })]);
    await expectRefusal(bench, 'BLOSM_E_CORDONED', create);
    await bench.edge2.submit('EvaluationContract:Submit', [falseEvaluation()]);
    expect(await bench.edge1.query('ConfirmationContract:List', ['m-1'])).toHaveLength(2);
  });
});

describe('NodeContract:Leave', () => {
  it('takes the node and its lease away, for the admin or the agent', async () => {
    const bench = await makeBench();
    const byAgent = await bench.edge3.submit('NodeContract:Leave', []);
    expect(eventOf(bench, byAgent)).toEqual({ v: 1, name: 'NodeLeft', nodeId: 'Edge3MSP' });
    expect(typesWritten(bench, byAgent)).toEqual(['certificate', 'lease', 'node']);
    const admin = await bench.channel.admin('Edge2MSP');
    await admin.submit('NodeContract:Leave', []);
    expect((await bench.edge1.query('NodeContract:List', [])).map(({ nodeId }) => nodeId)).toEqual(['Edge1MSP']);
    expect(await bench.edge1.query('NodeContract:Leases', [])).toHaveLength(1);
    const again = () => bench.edge3.submit('NodeContract:Leave', []);
    await expectRefusal(bench, 'BLOSM_E_NOT_REGISTERED', again);
    const asAdmin = () => admin.submit('NodeContract:Leave', []);
    await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', asAdmin);
  });

  it('is refused while the node owns instances', async () => {
    const bench = await withInstance();
    const leave = () => bench.edge1.submit('NodeContract:Leave', []);
    await expectRefusal(bench, 'BLOSM_E_OWNS_INSTANCES', leave, /Edge1MSP owns i-1/);
    await bench.edge1.submit('InstanceContract:Create', [instanceCreation({ instanceId: 'i-2' })]);
    await expectRefusal(bench, 'BLOSM_E_OWNS_INSTANCES', leave, /Edge1MSP owns i-1 and 1 more/);
    await bench.edge2.submit('NodeContract:Leave', []);
  });

  it('loses against an instance that is created first', async () => {
    const bench = await withInstance();
    bench.channel.batchTimeoutMs = 20;
    const creation = bench.edge2.submit('InstanceContract:Create', [instanceCreation({ instanceId: 'i-2' })]);
    const leaving = bench.edge2.submit('NodeContract:Leave', []).catch((error: unknown) => error);
    await bench.clock.runUntil(creation);
    expect(await bench.clock.runUntil(leaving)).toMatchObject({ code: 'BLOSM_E_OWNS_INSTANCES' });
  });
});

describe('the history of a node', () => {
  it('shows every version with its transaction', async () => {
    const bench = await withSuspended();
    const history = await bench.edge1.query('NodeContract:History', ['Edge3MSP']);
    expect(history.map(({ record }) => (record as { state: string }).state)).toEqual(['SUSPENDED', 'ACTIVE']);
  });
});
