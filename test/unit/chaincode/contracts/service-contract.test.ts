import { eventOf, expectNoWrites, expectRefusal, makeBench, type Bench } from '../../../support/ledger-bench';
import { instanceCreation, serviceRegistration } from '../../../support/ledger-samples';

describe('ServiceContract', () => {
  it('registers a service once', async () => {
    const bench = await makeBench();
    const first = await bench.edge1.submit('ServiceContract:Register', [serviceRegistration()]);
    expect(first.result).toEqual({
      v: 1,
      type: 'service',
      ...serviceRegistration(),
      registeredBy: 'Edge1MSP',
      registeredAtMs: bench.clock.nowMs(),
    });
    expect(eventOf(bench, first)).toEqual({
      v: 1,
      name: 'ServiceRegistered',
      nodeId: 'Edge1MSP',
      serviceId: 'counter',
    });
    expect(await bench.edge2.query('ServiceContract:Get', ['counter'])).toEqual(first.result);
    await bench.clock.advance(1000);
    expectNoWrites(bench, await bench.edge1.submit('ServiceContract:Register', [serviceRegistration()]));
  });

  it('refuses the same id with other content, or by another node', async () => {
    const bench = await makeBench();
    await bench.edge1.submit('ServiceContract:Register', [serviceRegistration()]);
    const other = serviceRegistration({ idleSeconds: 1 });
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', () => bench.edge1.submit('ServiceContract:Register', [other]));
    const byEdge2 = () => bench.edge2.submit('ServiceContract:Register', [serviceRegistration()]);
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', byEdge2);
  });

  describe('that is to go', () => {
    const remove = (bench: Bench, by = bench.edge1) => by.submit('ServiceContract:Remove', ['counter']);

    it('is removed once, and its id is not used again', async () => {
      const bench = await makeBench();
      const { result } = await bench.edge1.submit('ServiceContract:Register', [serviceRegistration()]);
      const removed = await remove(bench);
      expect(removed.result).toEqual(result);
      expect(eventOf(bench, removed)).toMatchObject({ name: 'ServiceRemoved', serviceId: 'counter' });
      expectNoWrites(bench, await remove(bench));
      const get = () => bench.edge2.query('ServiceContract:Get', ['counter']);
      await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', get);
      const again = () => bench.edge1.submit('ServiceContract:Register', [serviceRegistration()]);
      await expectRefusal(bench, 'BLOSM_E_CONFLICT', again, /has been removed: an id is used once/);
      const create = () => bench.edge1.submit('InstanceContract:Create', [instanceCreation()]);
      await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', create);
      const history = await bench.edge2.query('ServiceContract:History', ['counter']);
      expect(history.map(({ deleted }) => deleted)).toEqual([true, false]);
      expect(history[1]?.record).toEqual(result);
    });

    it('is refused while it has instances, whoever owns them', async () => {
      const bench = await makeBench();
      const other = serviceRegistration({ serviceId: 'other' });
      for (const one of [serviceRegistration(), other]) await bench.edge1.submit('ServiceContract:Register', [one]);
      const create = (instanceId: string, serviceId: string) =>
        bench.edge2.submit('InstanceContract:Create', [instanceCreation({ instanceId, serviceId })]);
      await create('i-9', 'other');
      await create('i-1', 'counter');
      await expectRefusal(bench, 'BLOSM_E_OWNS_INSTANCES', () => remove(bench), /counter has the instance i-1: remove/);
      await create('i-2', 'counter');
      await expectRefusal(bench, 'BLOSM_E_OWNS_INSTANCES', () => remove(bench), /i-1 and 1 more/);
      for (const instanceId of ['i-1', 'i-2']) {
        await bench.edge2.submit('InstanceContract:Remove', [{ instanceId, epoch: 1 }]);
      }
      await remove(bench);
    });

    it('is for the node that registered it, and for all once that one has left', async () => {
      const bench = await makeBench();
      await bench.edge1.submit('ServiceContract:Register', [serviceRegistration()]);
      await expectRefusal(bench, 'BLOSM_E_FORBIDDEN', () => remove(bench, bench.edge2), /only Edge1MSP/);
      await bench.edge1.submit('NodeContract:Leave', []);
      await remove(bench, bench.edge2);
    });

    it('is refused when there is none', async () => {
      const bench = await makeBench();
      await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', () => remove(bench));
    });
  });

  it('lists services page by page', async () => {
    const bench = await makeBench();
    const ids = ['a', 'b', 'c', 'd', 'e'].map((letter) => `service-${letter}`);
    for (const serviceId of ids) {
      await bench.edge1.submit('ServiceContract:Register', [serviceRegistration({ serviceId })]);
    }
    const seen: string[][] = [];
    let bookmark = '';
    do {
      const page = await bench.edge2.query('ServiceContract:List', [{ pageSize: 2, bookmark }]);
      seen.push(page.items.map(({ serviceId }) => serviceId));
      bookmark = page.bookmark;
      expect(bookmark).toMatch(/^[A-Za-z0-9_-]*$/);
    } while (bookmark !== '');
    expect(seen).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  });

  it('refuses a bookmark that points elsewhere', async () => {
    const bench = await makeBench();
    const bookmark = Buffer.from('\u0000node\u0000Edge1MSP\u0000').toString('base64url');
    const list = () => bench.edge2.query('ServiceContract:List', [{ pageSize: 2, bookmark }]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', list, /bookmark/);
  });

  it.each([0, 1001, 1.5])('refuses pages of %d', async (pageSize) => {
    const bench = await makeBench();
    const list = () => bench.edge2.query('ServiceContract:List', [{ pageSize, bookmark: '' }]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', list, /pageSize/);
  });
});
