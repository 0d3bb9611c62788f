import { readAnswer } from '../../../../agent/adapters/fabric-grpc/peer-answer';
import { protos } from '../../../../agent/adapters/fabric-grpc/protos';

const answer = (status: number, message: string) =>
  readAnswer(protos.protos.ProposalResponse.create({ response: { status, message } }));

describe("a peer's answer", () => {
  it('is an endorsement', () => {
    expect(answer(200, '')).toMatchObject({ kind: 'endorsed' });
  });

  it('is a refusal of the contract, whatever the peer wrote around it', () => {
    const text = 'transaction returned with failure: BlosmError: BLOSM_E_STALE_EPOCH: epoch 3 is past\nat run';
    expect(answer(500, text)).toEqual({ kind: 'refused', code: 'BLOSM_E_STALE_EPOCH', message: 'epoch 3 is past' });
  });

  it.each([
    'access denied: channel [blosm] creator org [Edge9MSP]',
    'creator certificate is not valid',
    'certificate has expired',
  ])('says that the identity may not: %s', (text) => {
    expect(answer(500, text)).toEqual({ kind: 'denied', reason: text });
  });

  it.each(['chaincode blosm not found', 'timeout expired while executing transaction', 'BLOSM_E_NO_SUCH_CODE: x'])(
    'is a failure of the peer: %s',
    (text) => {
      expect(answer(500, text)).toEqual({ kind: 'failed', reason: text });
    },
  );

  it('may be empty', () => {
    expect(readAnswer(protos.protos.ProposalResponse.create({}))).toEqual({
      kind: 'failed',
      reason: 'an empty answer',
    });
  });
});
