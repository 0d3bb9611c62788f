import {
  eventOf,
  expectNoWrites,
  expectRefusal,
  instanceOf,
  makeBench,
  withHandOver,
  withInstance,
  withProposal,
} from '../../../support/ledger-bench';
import { CONFIG_DIGEST, SPEC_SHA256, digest, instanceCreation } from '../../../support/ledger-samples';

describe('InstanceContract:Create', () => {
  it('takes what it runs from the service, and starts at epoch 1', async () => {
    const bench = await withInstance();
    const nowMs = bench.clock.nowMs();
    expect(await instanceOf(bench)).toEqual({
      v: 2,
      type: 'instance',
      ...instanceCreation(),
      ownerNodeId: 'Edge1MSP',
      epoch: 1,
      previousTokenSha256: null,
      configDigest: CONFIG_DIGEST,
      specSha256: SPEC_SHA256,
      openMigrationId: null,
      recoveredFrom: null,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    });
  });

  it('announces the instance, and writes nothing when asked again', async () => {
    const bench = await withInstance();
    const creation = instanceCreation({ instanceId: 'i-2' });
    const first = await bench.edge2.submit('InstanceContract:Create', [creation]);
    expect(eventOf(bench, first)).toEqual({
      v: 1,
      name: 'InstanceCreated',
      nodeId: 'Edge2MSP',
      instanceId: 'i-2',
      serviceId: 'counter',
    });
    const second = await bench.edge2.submit('InstanceContract:Create', [creation]);
    expectNoWrites(bench, second);
    expect(second.result).toEqual(first.result);
  });

  it('needs a service', async () => {
    const bench = await makeBench();
    const create = () => bench.edge1.submit('InstanceContract:Create', [instanceCreation()]);
    await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', create, /there is no service counter/);
  });

  it('refuses the id of another one', async () => {
    const bench = await withInstance();
    const byEdge2 = () => bench.edge2.submit('InstanceContract:Create', [instanceCreation()]);
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', byEdge2);
    const otherToken = instanceCreation({ tokenSha256: digest('2') });
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', () => bench.edge1.submit('InstanceContract:Create', [otherToken]));
  });

  it('is no longer a retry once the instance has moved', async () => {
    const bench = await withHandOver();
    const create = () => bench.edge1.submit('InstanceContract:Create', [instanceCreation()]);
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', create);
  });
});

describe('InstanceContract:Remove', () => {
  const removal = { instanceId: 'i-1', epoch: 1 };

  it('takes the instance away and keeps its record', async () => {
    const bench = await withInstance();
    const stored = await instanceOf(bench);
    await bench.clock.advance(1000);
    const committed = await bench.edge1.submit('InstanceContract:Remove', [removal]);
    expect(committed.result).toEqual({ ...stored, updatedAtMs: bench.clock.nowMs() });
    expect(eventOf(bench, committed)).toMatchObject({
      name: 'InstanceRemoved',
      instanceId: 'i-1',
      serviceId: 'counter',
    });
    await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', () => instanceOf(bench));
    const page = await bench.edge2.query('InstanceContract:List', [{ pageSize: 10, bookmark: '' }]);
    expect(page).toEqual({ items: [], bookmark: '' });
  });

  it('writes nothing when asked again, and gives the id to nobody', async () => {
    const bench = await withInstance();
    const first = await bench.edge1.submit('InstanceContract:Remove', [removal]);
    await bench.clock.advance(1000);
    const second = await bench.edge1.submit('InstanceContract:Remove', [removal]);
    expectNoWrites(bench, second);
    expect(second.result).toEqual(first.result);
    const create = () => bench.edge1.submit('InstanceContract:Create', [instanceCreation()]);
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', create, /an id is used once/);
    const byEdge2 = () => bench.edge2.submit('InstanceContract:Remove', [removal]);
    await expectRefusal(bench, 'BLOSM_E_NOT_OWNER', byEdge2);
    const otherEpoch = () => bench.edge1.submit('InstanceContract:Remove', [{ ...removal, epoch: 2 }]);
    await expectRefusal(bench, 'BLOSM_E_STALE_EPOCH', otherEpoch);
  });

  it('is for the owner, at its epoch, without an open migration', async () => {
    const bench = await withProposal();
    const byEdge2 = () => bench.edge2.submit('InstanceContract:Remove', [removal]);
    await expectRefusal(bench, 'BLOSM_E_NOT_OWNER', byEdge2, /instance i-1 belongs to Edge1MSP, not to Edge2MSP/);
    const stale = () => bench.edge1.submit('InstanceContract:Remove', [{ ...removal, epoch: 2 }]);
    await expectRefusal(bench, 'BLOSM_E_STALE_EPOCH', stale, /is at epoch 1, not 2/);
    const open = () => bench.edge1.submit('InstanceContract:Remove', [removal]);
    await expectRefusal(bench, 'BLOSM_E_MIGRATION_OPEN', open, /m-1/);
    const missing = () => bench.edge1.submit('InstanceContract:Remove', [{ instanceId: 'i-9', epoch: 1 }]);
    await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', missing);
  });
});
