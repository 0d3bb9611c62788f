'use strict';

const sharp = require('sharp');
const { isBitmap, decodeBitmap } = require('./bitmap');

/** Side of the network's input in pixels, and the part of the photo's short side that it sees. */
const INPUT_SIDE = 224;
const CROP = 0.875;

/**
 * Turns an encoded photo (JPEG, PNG, WebP, GIF, TIFF, or uncompressed BMP) into the network's input: the middle
 * square, 224 x 224, (pixel - 128) / 128, all red, then all green, then all blue.
 * @param {Buffer} encoded
 * @returns {Promise<Float32Array>} 3 x 224 x 224
 */
async function toTensor(encoded) {
  const photo = open(encoded);
  const { width, height } = await photo.metadata();
  const side = Math.round(Math.min(width, height) * CROP);
  const pixels = await photo
    .extract({
      left: Math.floor((width - side) / 2),
      top: Math.floor((height - side) / 2),
      width: side,
      height: side,
    })
    .resize(INPUT_SIDE, INPUT_SIDE, { kernel: 'cubic' })
    .flatten({ background: '#000000' })
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  return toPlanes(pixels);
}

function open(encoded) {
  if (!isBitmap(encoded)) return sharp(encoded, { limitInputPixels: 64_000_000, failOn: 'error' });
  const { width, height, rgb } = decodeBitmap(encoded);
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

/** @param {Uint8Array} rgb red, green, blue of each pixel */
function toPlanes(rgb) {
  const planeLength = rgb.length / 3;
  const planes = new Float32Array(rgb.length);
  for (let pixel = 0; pixel < planeLength; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      planes[channel * planeLength + pixel] = (rgb[pixel * 3 + channel] - 128) / 128;
    }
  }
  return planes;
}

module.exports = { INPUT_SIDE, toTensor };
