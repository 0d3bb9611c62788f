import {
  decodeCommitStatusResponse,
  encodeSignedCommitStatusRequest,
} from '../../../../agent/adapters/fabric-grpc/gateway-messages';
import { protos } from '../../../../agent/adapters/fabric-grpc/protos';

describe('the question for a commit status', () => {
  it('is transaction, channel and identity as fields 1 to 3, signed as a whole', () => {
    const request = { transactionId: 'ab', channel: 'ch', identity: Buffer.from([1, 2, 3]) };
    const bytes = encodeSignedCommitStatusRequest(request, (message) => Buffer.from(`signed ${message.length}`));
    const { payload, signature } = protos.common.Envelope.decode(bytes);
    const expected = [0x0a, 2, ...Buffer.from('ab'), 0x12, 2, ...Buffer.from('ch'), 0x1a, 3, 1, 2, 3];
    expect([...payload]).toEqual(expected);
    expect(Buffer.from(signature).toString()).toBe(`signed ${expected.length}`);
  });

  it('holds an identity of any length', () => {
    const identity = Buffer.alloc(1000, 7);
    const bytes = encodeSignedCommitStatusRequest({ channel: '', transactionId: '', identity }, () => Buffer.alloc(0));
    const { payload } = protos.common.Envelope.decode(bytes);
    // 1000 is 0b111_1101000: the lowest seven bits first.
    expect([...payload.subarray(0, 7)]).toEqual([0x0a, 0, 0x12, 0, 0x1a, 0xe8, 0x07]);
    expect(payload).toHaveLength(7 + 1000);
  });
});

describe('the answer', () => {
  it.each([
    ['valid in block 5', [0x10, 5], { validationCode: 0, blockNumber: 5 }],
    ['a code and a block', [0x08, 11, 0x10, 0x96, 0x01], { validationCode: 11, blockNumber: 150 }],
    ['a block beyond 2^32', [0x10, 0x80, 0x80, 0x80, 0x80, 0x20], { validationCode: 0, blockNumber: 2 ** 33 }],
    ['fields of a newer version', [0x1a, 2, 9, 9, 0x20, 1, 0x10, 6], { validationCode: 0, blockNumber: 6 }],
  ])('may be %s', (_what, bytes, expected) => {
    expect(decodeCommitStatusResponse(Buffer.from(bytes))).toEqual(expected);
  });

  it.each([
    ['that ends too soon', [0x10, 0x80]],
    ['of another kind', [0x0d, 1, 2, 3, 4]],
    ['that is empty', []],
    ['without a block', [0x08, 11]],
  ])('%s is not read', (_what, bytes) => {
    expect(() => decodeCommitStatusResponse(Buffer.from(bytes))).toThrow(RangeError);
  });
});
