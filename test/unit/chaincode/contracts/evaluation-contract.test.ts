import {
  eventOf,
  expectNoWrites,
  expectRefusal,
  makeBench,
  typesWritten,
  withProposal,
} from '../../../support/ledger-bench';
import { falseEvaluation, trueEvaluation } from '../../../support/ledger-samples';

describe('EvaluationContract:Submit', () => {
  it('stores the verdict for the source, and the confirmation of the node', async () => {
    const bench = await withProposal();
    const nowMs = bench.clock.nowMs();
    const committed = await bench.edge2.submit('EvaluationContract:Submit', [trueEvaluation(nowMs)]);
    expect(committed.result).toEqual({
      v: 1,
      type: 'evaluation',
      ...trueEvaluation(nowMs),
      nodeId: 'Edge2MSP',
      sourceIp: '10.88.1.1',
      evaluatedAtMs: nowMs,
    });
    expect(typesWritten(bench, committed)).toEqual(['confirmation', 'evaluation']);
    expect(eventOf(bench, committed)).toEqual({
      v: 1,
      name: 'EvaluationSubmitted',
      nodeId: 'Edge2MSP',
      metadataIds: ['m-1'],
    });
    await bench.edge3.submit('EvaluationContract:Submit', [falseEvaluation()]);
    const verdicts = (await bench.edge1.query('EvaluationContract:List', ['m-1'])).map((e) => [e.nodeId, e.verdict]);
    expect(verdicts).toEqual([
      ['Edge2MSP', true],
      ['Edge3MSP', false],
    ]);
  });

  it('leaves a confirmation that was there as it is, and a later Confirm changes nothing', async () => {
    const bench = await withProposal();
    await bench.edge2.submit('ConfirmationContract:Confirm', [{ metadataIds: ['m-1'] }]);
    const committed = await bench.edge2.submit('EvaluationContract:Submit', [falseEvaluation()]);
    expect(typesWritten(bench, committed)).toEqual(['evaluation']);
    await bench.edge3.submit('EvaluationContract:Submit', [falseEvaluation()]);
    expectNoWrites(bench, await bench.edge3.submit('ConfirmationContract:Confirm', [{ metadataIds: ['m-1'] }]));
  });

  it('writes nothing when asked again, even after the offer has ended', async () => {
    const bench = await withProposal();
    const evaluation = trueEvaluation(bench.clock.nowMs());
    const first = await bench.edge2.submit('EvaluationContract:Submit', [evaluation]);
    await bench.clock.advance(3_600_000);
    const second = await bench.edge2.submit('EvaluationContract:Submit', [evaluation]);
    expectNoWrites(bench, second);
    expect(second.result).toEqual(first.result);
  });

  it('is given once: another verdict is refused', async () => {
    const bench = await withProposal();
    await bench.edge2.submit('EvaluationContract:Submit', [falseEvaluation()]);
    const submit = () => bench.edge2.submit('EvaluationContract:Submit', [trueEvaluation(bench.clock.nowMs())]);
    await expectRefusal(bench, 'BLOSM_E_CONFLICT', submit);
  });

  it('refuses an offer that has ended before it is made', async () => {
    const bench = await withProposal();
    const ended = trueEvaluation(0, { offerExpiresAtMs: bench.clock.nowMs() });
    const submit = () => bench.edge2.submit('EvaluationContract:Submit', [ended]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', submit, /offerExpiresAtMs/);
  });

  it('needs metadata', async () => {
    const bench = await makeBench();
    const submit = () => bench.edge2.submit('EvaluationContract:Submit', [falseEvaluation()]);
    await expectRefusal(bench, 'BLOSM_E_NOT_FOUND', submit);
  });
});
