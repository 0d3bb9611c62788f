interface Bitmap {
  readonly isBitmap: (encoded: Buffer) => boolean;
  readonly decodeBitmap: (encoded: Buffer) => { width: number; height: number; rgb: Buffer };
}
const { isBitmap, decodeBitmap } = jest.requireActual<Bitmap>('../../../network/services/image-recognition/bitmap.js');

/** @param rows from the first in the file, each pixel blue, green, red */
function bitmap(width: number, height: number, rows: readonly (readonly number[])[], bits = 24): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM', 0, 'latin1');
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  const padded = rows.map((row) => [...row, ...Array<number>((4 - (row.length % 4)) % 4).fill(0)]);
  return Buffer.concat([header, Buffer.from(padded.flat())]);
}

describe('reading a BMP', () => {
  it('turns rows the right way up and blue, green, red into red, green, blue', () => {
    const encoded = bitmap(1, 2, [
      [3, 2, 1],
      [6, 5, 4],
    ]);
    expect(isBitmap(encoded)).toBe(true);
    expect(decodeBitmap(encoded)).toEqual({ width: 1, height: 2, rgb: Buffer.from([4, 5, 6, 1, 2, 3]) });
  });

  it('reads rows from the top when the height is negative, and skips the fourth byte of 32 bits', () => {
    const encoded = bitmap(1, -2, [[3, 2, 1, 255], [6, 5, 4, 255]], 32); // prettier-ignore
    expect(decodeBitmap(encoded).rgb).toEqual(Buffer.from([1, 2, 3, 4, 5, 6]));
  });

  it.each([
    ['ends early', bitmap(2, 2, [[1, 2, 3, 4, 5, 6]]), 'ends before'],
    ['is palette-based', bitmap(1, 1, [[1]], 8), '8 bits'],
    ['claims a size that no photo has', bitmap(1_000_000, 1, [[1]]), '1000000 x 1'],
  ])('refuses one that %s', (_, encoded, words) => {
    expect(() => decodeBitmap(encoded)).toThrow(words);
  });
});
