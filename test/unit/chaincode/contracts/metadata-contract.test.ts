import {
  eventOf,
  expectNoWrites,
  expectRefusal,
  makeBench,
  typesWritten,
  withInstance,
} from '../../../support/ledger-bench';
import { containerFacts } from '../../../support/ledger-samples';

const share = (changes: object = {}) => ({
  metadataId: 'meta-1',
  instanceId: null,
  container: containerFacts(),
  ...changes,
});

describe('MetadataContract:Share', () => {
  it('stores the metadata of the paper, and the confirmation of the sharer', async () => {
    const bench = await makeBench();
    const committed = await bench.edge1.submit('MetadataContract:Share', [share()]);
    expect(committed.result).toEqual({
      v: 1,
      type: 'metadata',
      ...share(),
      nodeId: 'Edge1MSP',
      sharedAtMs: bench.clock.nowMs(),
    });
    expect(typesWritten(bench, committed)).toEqual(['confirmation', 'metadata']);
    expect(eventOf(bench, committed)).toEqual({
      v: 1,
      name: 'MetadataShared',
      nodeId: 'Edge1MSP',
      metadataIds: ['meta-1'],
    });
    expect(await bench.edge2.query('ConfirmationContract:List', ['meta-1'])).toEqual([
      { v: 1, type: 'confirmation', metadataId: 'meta-1', nodeId: 'Edge1MSP', confirmedAtMs: bench.clock.nowMs() },
    ]);
  });

  it('writes nothing when asked again, however much later', async () => {
    const bench = await makeBench();
    const first = await bench.edge1.submit('MetadataContract:Share', [share()]);
    await bench.clock.advance(3_600_000);
    const second = await bench.edge1.submit('MetadataContract:Share', [share()]);
    expectNoWrites(bench, second);
    expect(second.result).toEqual(first.result);
  });

  it('refuses the same id with other content, or by another node', async () => {
    const bench = await makeBench();
    await bench.edge1.submit('MetadataContract:Share', [share()]);
    const other = share({ container: containerFacts({ cpuMillis: 501 }) });
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', () => bench.edge1.submit('MetadataContract:Share', [other]));
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', () => bench.edge2.submit('MetadataContract:Share', [share()]));
  });

  it('is for the owner when it names an instance', async () => {
    const bench = await withInstance();
    const ofInstance = share({ instanceId: 'i-1' });
    await expectRefusal(bench, 'BLOSM_E_NOT_OWNER', () => bench.edge2.submit('MetadataContract:Share', [ofInstance]));
    const missing = share({ instanceId: 'i-9' });
    await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', () => bench.edge1.submit('MetadataContract:Share', [missing]));
    const committed = await bench.edge1.submit('MetadataContract:Share', [ofInstance]);
    expect(eventOf(bench, committed)).toMatchObject({ instanceId: 'i-1' });
  });
});

describe('MetadataContract:History', () => {
  it('tells each version and the transaction that wrote it', async () => {
    const bench = await makeBench();
    const committed = await bench.edge1.submit('MetadataContract:Share', [share()]);
    expect(await bench.edge2.query('MetadataContract:History', ['meta-1'])).toEqual([
      {
        transactionId: committed.transactionId,
        timestampMs: bench.clock.nowMs(),
        deleted: false,
        record: committed.result,
      },
    ]);
    expect(await bench.edge2.query('MetadataContract:History', ['meta-9'])).toEqual([]);
  });
});

describe('ConfirmationContract:Confirm', () => {
  const sharedTwo = async () => {
    const bench = await makeBench();
    await bench.edge1.submit('MetadataContract:Share', [share()]);
    await bench.edge1.submit('MetadataContract:Share', [share({ metadataId: 'meta-2' })]);
    return bench;
  };

  it('confirms many at once, and each only once', async () => {
    const bench = await sharedTwo();
    await bench.edge2.submit('ConfirmationContract:Confirm', [{ metadataIds: ['meta-2'] }]);
    await bench.clock.advance(1000);
    const batch = { metadataIds: ['meta-1', 'meta-2', 'meta-1'] };
    const committed = await bench.edge2.submit('ConfirmationContract:Confirm', [batch]);
    const confirmedAtMs = bench.clock.nowMs();
    expect(committed.result).toEqual([
      { v: 1, type: 'confirmation', metadataId: 'meta-1', nodeId: 'Edge2MSP', confirmedAtMs },
      { v: 1, type: 'confirmation', metadataId: 'meta-2', nodeId: 'Edge2MSP', confirmedAtMs: confirmedAtMs - 1000 },
    ]);
    expect(eventOf(bench, committed)).toMatchObject({ name: 'MetadataConfirmed', metadataIds: ['meta-1'] });
    const again = await bench.edge2.submit('ConfirmationContract:Confirm', [batch]);
    expectNoWrites(bench, again);
    expect(again.result).toEqual(committed.result);
  });

  it('confirms all or none', async () => {
    const bench = await sharedTwo();
    const confirm = () => bench.edge2.submit('ConfirmationContract:Confirm', [{ metadataIds: ['meta-1', 'meta-9'] }]);
    await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', confirm, /there is no metadata meta-9/);
  });

  it('keeps a record for each node, so that no two nodes meet on a key', async () => {
    const bench = await sharedTwo();
    bench.channel.batchTimeoutMs = 20;
    const both = Promise.all(
      [bench.edge2, bench.edge3].map((edge) =>
        edge.submit('ConfirmationContract:Confirm', [{ metadataIds: ['meta-1'] }]),
      ),
    );
    const [second, third] = await bench.clock.runUntil(both);
    expect(second!.blockNumber).toBe(third!.blockNumber);
    const confirmations = await bench.edge1.query('ConfirmationContract:List', ['meta-1']);
    expect(confirmations.map(({ nodeId }) => nodeId)).toEqual(['Edge1MSP', 'Edge2MSP', 'Edge3MSP']);
  });
});
