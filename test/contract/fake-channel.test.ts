import { settleTasks } from '../fakes/virtual-clock';
import { makeBench, withInstance, type Bench } from '../support/ledger-bench';
import { containerFacts, proposal } from '../support/ledger-samples';

const share = (metadataId = 'meta-1') => ({ metadataId, instanceId: null, container: containerFacts() });

const submitShare = ({ edge1 }: Bench, timeoutMs = 5000, metadataId = 'meta-1') =>
  edge1.submit('MetadataContract:Share', [share(metadataId)], { timeoutMs });

/** The transaction's id, from the message of BLOSM_E_OUTCOME_UNKNOWN. */
async function unknownTransaction(bench: Bench, submitted: Promise<unknown>): Promise<string> {
  const error: unknown = await bench.clock.runUntil(submitted).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'BLOSM_E_OUTCOME_UNKNOWN' });
  return /[0-9a-f]{64}/.exec((error as Error).message)?.[0] ?? '';
}

describe('the fake channel fails as a real one does', () => {
  it('a stopped orderer takes nothing, and what waited is committed when it is back', async () => {
    const bench = await makeBench();
    bench.channel.ordererRunning = false;
    const refused = bench.clock.runUntil(submitShare(bench));
    await expect(refused).rejects.toMatchObject({ code: 'BLOSM_E_LEDGER_UNREACHABLE', stage: 'order' });
    const patient = submitShare(bench, 30_000);
    await bench.clock.advance(1000);
    bench.channel.ordererRunning = true;
    expect((await bench.clock.runUntil(patient)).result.metadataId).toBe('meta-1');
  });

  it('a peer that stalls endorses on old state: retried until it has caught up', async () => {
    const bench = await withInstance();
    bench.channel.peer('Edge2MSP').stall();
    await submitShare(bench);
    const confirm = bench.edge1.submit('ConfirmationContract:Confirm', [{ metadataIds: ['meta-1'] }], {
      timeoutMs: 5000,
    });
    await bench.clock.advance(1000);
    bench.channel.peer('Edge2MSP').resume();
    expect((await bench.clock.runUntil(confirm)).result).toHaveLength(1);
  });

  it('and ends with its own code when the peer never does', async () => {
    const bench = await withInstance();
    await bench.edge1.submit('MigrationContract:Propose', [proposal(bench.clock.nowMs())]);
    bench.channel.peer('Edge2MSP').stall();
    await bench.edge1.submit('MigrationContract:Abort', [{ migrationId: 'm-1', stage: 'x', reason: 'y' }]);
    const next = proposal(bench.clock.nowMs(), { migrationId: 'm-2' });
    const proposed = bench.edge1.submit('MigrationContract:Propose', [next], { timeoutMs: 2000 });
    await expect(bench.clock.runUntil(proposed)).rejects.toMatchObject({ code: 'BLOSM_E_ENDORSEMENT_MISMATCH' });
  });

  it('a lost acknowledgement is settled by reading', async () => {
    const bench = await makeBench();
    bench.channel.fault('unseen', 'MetadataContract:Share');
    const txId = await unknownTransaction(bench, submitShare(bench));
    expect(await bench.edge1.settle(txId)).toMatchObject({ status: 'valid' });
  });

  it('a dropped envelope stays absent, a held one comes late', async () => {
    const bench = await makeBench();
    bench.channel.fault('drop', 'MetadataContract:Share');
    const dropped = await unknownTransaction(bench, submitShare(bench));
    expect(await bench.edge1.settle(dropped)).toEqual({ status: 'absent' });
    const fault = bench.channel.fault('hold', 'MetadataContract:Share', 'Edge1MSP');
    const held = await unknownTransaction(bench, submitShare(bench));
    expect(fault.met).toBe(true);
    expect(await bench.edge1.settle(held)).toEqual({ status: 'absent' });
    fault.release();
    expect(await bench.edge1.settle(held)).toMatchObject({ status: 'valid' });
  });

  it('a conflict is invalid on the ledger, and tried again inside', async () => {
    const bench = await makeBench();
    bench.channel.fault('conflict', 'MetadataContract:Share');
    const { blockNumber } = await bench.clock.runUntil(submitShare(bench));
    const before = bench.channel.peer('Edge3MSP').blocks[blockNumber - 1];
    expect(before?.transactions.map(({ validationCode }) => validationCode)).toEqual(['MVCC_READ_CONFLICT']);
  });

  it('a lagging peer sees a block later, and in order', async () => {
    const bench = await makeBench();
    bench.channel.peer('Edge3MSP').lagMs = 700;
    await submitShare(bench);
    await submitShare(bench, 5000, 'meta-2');
    const get = () => bench.edge3.query('MetadataContract:Get', ['meta-2']);
    await expect(get()).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    const fresh = bench.edge3.freshView();
    await bench.clock.advance(700);
    expect((await fresh).height).toBe(bench.channel.height);
    expect((await get()).metadataId).toBe('meta-2');
  });

  it('a peer that is down answers nobody, and catches up', async () => {
    const bench = await makeBench();
    bench.channel.peer('Edge3MSP').stop();
    await submitShare(bench);
    const get = () => bench.edge3.query('MetadataContract:Get', ['meta-1']);
    await expect(get()).rejects.toMatchObject({ code: 'BLOSM_E_LEDGER_UNREACHABLE', stage: 'endorse' });
    bench.channel.peer('Edge3MSP').start();
    expect((await get()).metadataId).toBe('meta-1');
  });

  it('a clock that is off is refused by whoever notices', async () => {
    const bench = await makeBench();
    bench.edge1.clockOffsetMs = 31_000;
    await expect(submitShare(bench)).rejects.toMatchObject({ code: 'BLOSM_E_CLOCK_SKEW' });
    bench.edge1.clockOffsetMs = 0;
    bench.channel.peer('Edge2MSP').clockOffsetMs = -31_000;
    const submitted = bench.clock.runUntil(submitShare(bench, 1000));
    await expect(submitted).rejects.toMatchObject({ code: 'BLOSM_E_ENDORSEMENT_MISMATCH' });
  });

  it('a wait is cancelled by its signal', async () => {
    const bench = await makeBench();
    bench.channel.fault('drop', 'MetadataContract:Share');
    const stop = new AbortController();
    const submitted = bench.edge1.submit('MetadataContract:Share', [share()], { signal: stop.signal });
    const outcome = expect(submitted).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
    await settleTasks();
    stop.abort();
    await outcome;
  });
});
