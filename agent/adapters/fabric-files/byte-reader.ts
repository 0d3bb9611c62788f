/** Reads Fabric's stored blocks: unsigned varints, and bytes after their length. */
export class ByteReader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get offset(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  /** @throws Error for a number that is cut off, longer than ten bytes, or beyond what JavaScript counts exactly */
  varint(): number {
    let value = 0n;
    for (let place = 0; place < MAX_VARINT_BYTES; place += 1) {
      const byte = this.bytes[this.#at];
      if (byte === undefined) throw new Error('a number is cut off');
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << BigInt(7 * place);
      if (byte < 0x80) return exact(value);
    }
    throw new Error('a number has no end');
  }

  /** @throws Error when fewer bytes are left than the length says */
  lengthAndBytes(): Uint8Array {
    const length = this.varint();
    const end = this.#at + length;
    if (end > this.bytes.length) throw new Error(`${length} bytes should follow, ${this.bytes.length - this.#at} do`);
    const found = this.bytes.subarray(this.#at, end);
    this.#at = end;
    return found;
  }
}

/** Of a 64-bit number. */
export const MAX_VARINT_BYTES = 10;

function exact(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`the number ${value} is impossible`);
  return Number(value);
}
