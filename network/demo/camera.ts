import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelFolders } from '../services';

/** What the service's network takes in; the paper's vehicle too resizes before it sends (section 3.2). */
const SIDE_PIXELS = 224;
const HEADER_BYTES = 54;
const PHOTOS = ['cat.bmp', 'dragonfly.bmp'];

/** Camera images of 224 x 224 pixels as BMP: photos where a model folder has some, else generated patterns. */
export function cameraImages(folders: readonly string[] = modelFolders()): Buffer[] {
  const files = folders
    .flatMap((folder) => PHOTOS.map((name) => join(folder, name)))
    .filter((file) => existsSync(file));
  return files.length > 0 ? files.map((file) => resizeBitmap(readFileSync(file))) : [0, 1].map(patternBitmap);
}

type Pixel = readonly [blue: number, green: number, red: number];

/** The centre square of an uncompressed bitmap of 24 bits a pixel (BITMAPINFOHEADER), nearest pixel. */
function resizeBitmap(source: Buffer): Buffer {
  const width = source.readInt32LE(18);
  const height = source.readInt32LE(22);
  if (source.readUInt16LE(28) !== 24 || height <= 0) throw new RangeError('a bitmap of 24 bits, last row first');
  const rowBytes = Math.ceil((width * 3) / 4) * 4;
  const offset = source.readUInt32LE(10);
  const side = Math.min(width, height);
  const [left, low] = [(width - side) / 2, (height - side) / 2];
  return bitmap((column, row) => {
    const x = Math.floor(left + ((column + 0.5) * side) / SIDE_PIXELS);
    const y = Math.floor(low + ((row + 0.5) * side) / SIDE_PIXELS);
    const at = offset + y * rowBytes + x * 3;
    return [source[at] ?? 0, source[at + 1] ?? 0, source[at + 2] ?? 0];
  });
}

const patternBitmap = (seed: number): Buffer =>
  bitmap((column, row) => [(column * 7 + seed * 50) % 256, (row * 5) % 256, ((column ^ row) + seed * 90) % 256]);

/** Rows from the bottom; 224 pixels of 3 bytes need no padding. */
function bitmap(pixelAt: (column: number, row: number) => Pixel): Buffer {
  const file = Buffer.alloc(HEADER_BYTES + SIDE_PIXELS * SIDE_PIXELS * 3);
  file.write('BM', 0, 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(HEADER_BYTES, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(SIDE_PIXELS, 18);
  file.writeInt32LE(SIDE_PIXELS, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  let at = HEADER_BYTES;
  for (let row = 0; row < SIDE_PIXELS; row += 1) {
    for (let column = 0; column < SIDE_PIXELS; column += 1) {
      for (const part of pixelAt(column, row)) at = file.writeUInt8(part, at);
    }
  }
  return file;
}
