import {
  eventOf,
  expectNoWrites,
  expectRefusal,
  typesWritten,
  withInstance,
  withOffer,
  withPreparation,
  withProposal,
} from '../../../support/ledger-bench';
import { digest, falseEvaluation, preparation, trueEvaluation } from '../../../support/ledger-samples';

describe('MigrationContract:Prepare', () => {
  it('writes its own key and never that of the migration', async () => {
    const bench = await withOffer();
    const committed = await bench.edge2.submit('MigrationContract:Prepare', [preparation()]);
    expect(committed.result).toEqual({
      v: 1,
      type: 'prepare',
      ...preparation(),
      nodeId: 'Edge2MSP',
      preparedAtMs: bench.clock.nowMs(),
    });
    expect(typesWritten(bench, committed)).toEqual(['prepare']);
    expect(eventOf(bench, committed)).toEqual({
      v: 1,
      name: 'MigrationPrepared',
      nodeId: 'Edge2MSP',
      instanceId: 'i-1',
      migrationId: 'm-1',
    });
    expect(await bench.edge1.query('MigrationContract:Prepares', ['m-1'])).toEqual([committed.result]);
  });

  it('writes nothing when asked again, and refuses another copy', async () => {
    const bench = await withPreparation();
    await bench.clock.advance(3_600_000);
    expectNoWrites(bench, await bench.edge2.submit('MigrationContract:Prepare', [preparation()]));
    const other = preparation({ configDigest: digest('0') });
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', () => bench.edge2.submit('MigrationContract:Prepare', [other]));
  });

  it('needs a true evaluation of the node itself', async () => {
    const bench = await withOffer();
    const byEdge3 = () => bench.edge3.submit('MigrationContract:Prepare', [preparation()]);
    await expectRefusal(bench, 'BLOSM_E_NOT_OFFERED', byEdge3, /Edge3MSP has not evaluated m-1 as true/);
    await bench.edge3.submit('EvaluationContract:Submit', [falseEvaluation()]);
    await expectRefusal(bench, 'BLOSM_E_NOT_OFFERED', byEdge3);
  });

  it('is not for the source', async () => {
    const bench = await withProposal();
    await bench.edge1.submit('EvaluationContract:Submit', [trueEvaluation(bench.clock.nowMs())]);
    const prepare = () => bench.edge1.submit('MigrationContract:Prepare', [preparation()]);
    await expectRefusal(bench, 'BLOSM_E_FORBIDDEN', prepare, /Edge1MSP is the source/);
  });

  it('is for the requested destination alone, when there is one', async () => {
    const bench = await withOffer({ requestedDestination: 'Edge3MSP' });
    const byEdge2 = () => bench.edge2.submit('MigrationContract:Prepare', [preparation()]);
    await expectRefusal(bench, 'BLOSM_E_FORBIDDEN', byEdge2, /only Edge3MSP may prepare m-1/);
    await bench.edge3.submit('EvaluationContract:Submit', [trueEvaluation(bench.clock.nowMs())]);
    await bench.edge3.submit('MigrationContract:Prepare', [preparation()]);
  });

  it('refuses another run spec', async () => {
    const bench = await withOffer();
    const other = preparation({ specSha256: digest('6') });
    const prepare = () => bench.edge2.submit('MigrationContract:Prepare', [other]);
    await expectRefusal(bench, 'BLOSM_E_DIGEST_MISMATCH', prepare, /specSha256/);
  });

  it('ends with the deadline, which itself is in time', async () => {
    const early = await withOffer();
    await early.clock.advance(300_000);
    await early.edge2.submit('MigrationContract:Prepare', [preparation()]);
    const late = await withOffer();
    await late.clock.advance(300_001);
    const prepare = () => late.edge2.submit('MigrationContract:Prepare', [preparation()]);
    await expectRefusal(late, 'BLOSM_E_DEADLINE_PASSED', prepare);
  });

  it('outlives the offer: its deadline governs the picking only', async () => {
    const bench = await withOffer();
    await bench.clock.advance(120_000);
    await bench.edge2.submit('MigrationContract:Prepare', [preparation()]);
  });

  it('needs a migration that is PROPOSED', async () => {
    const bench = await withOffer();
    await bench.edge1.submit('MigrationContract:Abort', [{ migrationId: 'm-1', stage: 'push', reason: 'no space' }]);
    const prepare = () => bench.edge2.submit('MigrationContract:Prepare', [preparation()]);
    await expectRefusal(bench, 'BLOSM_E_WRONG_STATE', prepare, /m-1 is ABORTED/);
    const none = await withInstance();
    const missing = () => none.edge2.submit('MigrationContract:Prepare', [preparation()]);
    await expectRefusal(none, 'BLOSM_E_NOT_FOUND', missing);
  });
});
