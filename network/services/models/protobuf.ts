/** As much of the Protocol Buffers wire format as writing an ONNX file takes. */

/** A field that is a whole number from 0 to 2^53 - 1. */
export function numberField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** A field that is text, bytes, or a message of fields. */
export function bytesField(field: number, content: string | Uint8Array | readonly Buffer[]): Buffer {
  const bytes =
    typeof content === 'string' || content instanceof Uint8Array ? Buffer.from(content) : Buffer.concat(content);
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left >= 128) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  return Buffer.from([...bytes, left]);
}
