import { createHash } from 'node:crypto';
import { blockHeaderSha256 } from '../../../../agent/adapters/fabric-grpc/block-hash';

const hex = (text: string) => Buffer.from(text, 'hex');

/** Blocks 0 and 1 of a channel on Fabric 2.1.1: the second carries the first one's hash as the peer computed it. */
const FIRST = {
  number: 0,
  previousHash: hex(''),
  dataHash: hex('be56707f4f716df0223da057fd233e46661530d733a48c8f74c027111b3856c3'),
};
const SECOND = {
  number: 1,
  previousHash: hex('130a70e3eb67d205df9bb087011f7ffe695e41c652e55cecfc904076f6e6cf76'),
  dataHash: hex('34a0fb0fe34901b8f3c074d3d1438176ea7aad0ef43b406d2c858491e9fafc3f'),
};

describe("a block's hash", () => {
  it('is what the next block carries', () => {
    expect(blockHeaderSha256(FIRST)).toBe(SECOND.previousHash.toString('hex'));
    expect(blockHeaderSha256(SECOND)).toBe('03c2c60c9437550fdf58f203d9aa729fdfa68fec5ff8adeb18d95c29275b7a55');
  });

  it.each([
    [127, '02017f'],
    [128, '02020080'],
    [255, '020200ff'],
    [256, '02020100'],
    [65_536, '0203010000'],
    [Number.MAX_SAFE_INTEGER, '02071fffffffffffff'],
  ])('writes the number %i in the shortest DER', (number, der) => {
    const body = Buffer.concat([hex(der), hex('0400'), hex('0400')]);
    const expected = createHash('sha256')
      .update(Buffer.concat([Buffer.from([0x30, body.length]), body]))
      .digest('hex');
    expect(blockHeaderSha256({ number, previousHash: hex(''), dataHash: hex('') })).toBe(expected);
  });

  it('takes headers longer than 127 bytes', () => {
    const long = { number: 1, previousHash: Buffer.alloc(64, 1), dataHash: Buffer.alloc(64, 2) };
    const body = Buffer.concat([hex('020101'), hex('0440'), long.previousHash, hex('0440'), long.dataHash]);
    const expected = createHash('sha256')
      .update(Buffer.concat([hex('3081'), Buffer.from([body.length]), body]))
      .digest('hex');
    expect(blockHeaderSha256(long)).toBe(expected);
  });
});
