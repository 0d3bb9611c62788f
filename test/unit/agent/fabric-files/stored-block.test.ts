import { ByteReader } from '../../../../agent/adapters/fabric-files/byte-reader';
import { readStoredBlock } from '../../../../agent/adapters/fabric-files/stored-block';
import { storedRecord, varint } from '../../../support/chain';

const block = {
  number: 300,
  previousHash: Buffer.alloc(32, 1),
  dataHash: Buffer.alloc(32, 2),
  envelopes: [Buffer.from('first'), Buffer.alloc(200, 3)],
  metadata: [Buffer.from('signatures'), Buffer.alloc(0), Buffer.from([0, 11])],
  sizeBytes: 0,
};
const stored = (() => {
  const record = storedRecord(block);
  const reader = new ByteReader(record);
  reader.varint();
  return record.subarray(reader.offset);
})();

describe('a stored block', () => {
  it('is read with all its parts', () => {
    const read = readStoredBlock(stored);
    expect({ ...read, envelopes: read.envelopes.map((each) => Buffer.from(each)) }).toMatchObject({
      number: 300,
      sizeBytes: stored.length,
      envelopes: block.envelopes,
    });
    expect(read.metadata.map((each) => Buffer.from(each))).toEqual(block.metadata);
    expect(Buffer.from(read.previousHash)).toEqual(block.previousHash);
    expect(Buffer.from(read.dataHash)).toEqual(block.dataHash);
  });

  it('is refused wherever it is cut, and with anything behind it', () => {
    for (let end = 0; end < stored.length; end += 1) {
      expect(() => readStoredBlock(stored.subarray(0, end))).toThrow(/cut off|should follow/);
    }
    expect(() => readStoredBlock(Buffer.concat([stored, Buffer.from([0])]))).toThrow('1 bytes are left over');
  });

  it('cannot ask for more than there is', () => {
    const head = Buffer.concat([varint(1), varint(0), varint(0)]);
    const endless = Buffer.concat([head, varint(Number.MAX_SAFE_INTEGER)]);
    expect(() => readStoredBlock(endless)).toThrow(/a list of 9007199254740991 entries/);
  });
});

describe('a number', () => {
  it.each([0, 1, 127, 128, 300, 2 ** 32, Number.MAX_SAFE_INTEGER])('is read: %d', (value) => {
    expect(new ByteReader(varint(value)).varint()).toBe(value);
  });

  it('that JavaScript cannot count, or that has no end, is refused', () => {
    expect(() => new ByteReader(Buffer.alloc(10, 0xff)).varint()).toThrow('has no end');
    const tooBig = Buffer.concat([Buffer.alloc(8, 0xff), Buffer.from([0x01])]);
    expect(() => new ByteReader(tooBig).varint()).toThrow(/is impossible/);
  });
});
