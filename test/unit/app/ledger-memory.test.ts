import { LedgerMemory, type RememberedLedger } from '../../../agent/app/ledger-memory';
import { FakeStore } from '../../fakes/journal';
import { FakeLog } from '../../fakes/log';
import { settleTasks } from '../../fakes/virtual-clock';
import { instanceRecord, ME, OTHER, serviceRecord } from '../../support/lane-views';

const mine = instanceRecord({ ownerNodeId: ME });
const { instanceId, serviceId } = mine;
const service = serviceRecord({ serviceId });

function stage(kept: RememberedLedger | null = null) {
  const [store, log] = [new FakeStore<RememberedLedger>(kept), new FakeLog()];
  return { store, log, memory: new LedgerMemory(ME, store, log) };
}

describe('what the ledger last said', () => {
  it('is there again after a start, with the services of what is here alone', async () => {
    const { store, log, memory } = stage();
    memory.noteService(service);
    memory.noteService(serviceRecord({ serviceId: 'unused' }));
    memory.noteInstance(instanceId, mine);
    memory.noteInstance('i-foreign', instanceRecord({ instanceId: 'i-foreign', ownerNodeId: OTHER }));
    await settleTasks();
    const again = new LedgerMemory(ME, store, log);
    await again.load();
    expect(again.instanceIds()).toEqual([instanceId]);
    expect(again.instance(instanceId)).toEqual(mine);
    expect(again.service(serviceId)).toEqual(service);
    expect(again.service('unused')).toBeUndefined();
  });

  it('forgets what has moved away or is gone', async () => {
    const { store, memory } = stage({ instances: { [instanceId]: mine }, services: { [serviceId]: service } });
    await memory.load();
    memory.noteInstance(instanceId, { ...mine, ownerNodeId: OTHER, epoch: 2 });
    await settleTasks();
    expect(await store.load()).toEqual({ instances: {}, services: {} });
    memory.noteInstance(instanceId, mine);
    memory.noteInstance(instanceId, null);
    await settleTasks();
    expect(memory.instance(instanceId)).toBeUndefined();
    expect(await store.load()).toEqual({ instances: {}, services: {} });
  });

  it('is not used once the peer has caught up, and is what that says', async () => {
    const gone = instanceRecord({ instanceId: 'i-gone', ownerNodeId: ME });
    const { store, memory } = stage({ instances: { 'i-gone': gone }, services: {} });
    await memory.load();
    memory.caughtUp([mine]);
    await settleTasks();
    expect([memory.instance('i-gone'), memory.instance(instanceId), memory.service(serviceId)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(Object.keys((await store.load())?.instances ?? {})).toEqual([instanceId]);
  });

  it('is written when it has changed, one at a time, with what changes meanwhile', async () => {
    const { store, memory } = stage();
    const saved: RememberedLedger[] = [];
    let atOnce = 0;
    let most = 0;
    store.save = async (value) => {
      most = Math.max(most, (atOnce += 1));
      await settleTasks();
      saved.push(value);
      atOnce -= 1;
    };
    for (let epoch = 1; epoch <= 50; epoch += 1) memory.noteInstance(instanceId, { ...mine, epoch });
    for (let turn = 0; turn < 50; turn += 1) memory.noteInstance(instanceId, { ...mine, epoch: 50 });
    for (let turn = 0; turn < 4; turn += 1) await settleTasks();
    expect(saved.map(({ instances }) => instances[instanceId]?.epoch)).toEqual([1, 50]);
    expect(most).toBe(1);
  });

  it('costs nothing else when the disk has no room', async () => {
    const { store, log, memory } = stage();
    store.isFull = true;
    memory.noteInstance(instanceId, mine);
    await settleTasks();
    expect(log.messages('warn')).toEqual(['what the ledger last said cannot be written']);
    store.isFull = false;
    memory.noteInstance(instanceId, { ...mine, epoch: 2 });
    await settleTasks();
    expect((await store.load())?.instances[instanceId]?.epoch).toBe(2);
  });
});
