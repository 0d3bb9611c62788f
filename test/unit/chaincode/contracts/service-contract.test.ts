import { eventOf, expectNoWrites, expectRefusal, makeBench } from '../../../support/ledger-bench';
import { serviceRegistration } from '../../../support/ledger-samples';

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
