'use strict';

// sharp does not read BMP; the uncompressed kind is simple (BITMAPINFOHEADER, 24 or 32 bits a pixel).
const HEADER_BYTES = 54;
const LARGEST_SIDE = 16_384;

/** @param {Buffer} encoded */
function isBitmap(encoded) {
  return encoded.length > HEADER_BYTES && encoded.toString('latin1', 0, 2) === 'BM';
}

/**
 * @param {Buffer} encoded
 * @returns {{width: number, height: number, rgb: Buffer}} rows from the top, red, green, blue
 */
function decodeBitmap(encoded) {
  const offset = encoded.readUInt32LE(10);
  const width = encoded.readInt32LE(18);
  const signedHeight = encoded.readInt32LE(22);
  const bits = encoded.readUInt16LE(28);
  const compression = encoded.readUInt32LE(30);
  const height = Math.abs(signedHeight);
  if ((bits !== 24 && bits !== 32) || compression !== 0) {
    throw new Error(`only uncompressed BMP with 24 or 32 bits a pixel is read, not ${bits} bits, kind ${compression}`);
  }
  if (!(width >= 1 && width <= LARGEST_SIDE && height >= 1 && height <= LARGEST_SIDE)) {
    throw new Error(`a BMP of ${width} x ${height} pixels is not read`);
  }
  const pixelBytes = bits / 8;
  const rowBytes = Math.ceil((width * pixelBytes) / 4) * 4;
  if (encoded.length < offset + rowBytes * height) throw new Error('the BMP ends before its last row');
  const rgb = Buffer.allocUnsafe(width * height * 3);
  for (let row = 0; row < height; row += 1) {
    // A positive height means that the last row comes first.
    let from = offset + rowBytes * (signedHeight > 0 ? height - 1 - row : row);
    let to = row * width * 3;
    for (let column = 0; column < width; column += 1, from += pixelBytes, to += 3) {
      rgb[to] = encoded[from + 2];
      rgb[to + 1] = encoded[from + 1];
      rgb[to + 2] = encoded[from];
    }
  }
  return { width, height, rgb };
}

module.exports = { isBitmap, decodeBitmap };
