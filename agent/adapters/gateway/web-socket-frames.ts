import { randomBytes } from 'node:crypto';

/** The opcode of the frame that closes a WebSocket (RFC 6455, 5.5.1). */
export const CLOSE = 8;

/** Follows the frames of one direction of a WebSocket (RFC 6455, 5.2) without keeping them. */
export class FrameCursor {
  private header: number[] = [];
  private payloadLeft = 0;

  /** True between two frames: where another frame may be put in. */
  get isBetween(): boolean {
    return this.header.length === 0 && this.payloadLeft === 0;
  }

  /**
   * Takes bytes up to the first frame of which `stop` says so by its opcode.
   * @returns how many bytes were taken; the rest begins with that frame
   */
  take(bytes: Buffer, stop: (opcode: number) => boolean): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.payloadLeft > 0) {
        const taken = Math.min(this.payloadLeft, bytes.length - at);
        this.payloadLeft -= taken;
        at += taken;
        continue;
      }
      const byte = bytes[at] ?? 0;
      if (this.header.length === 0 && stop(byte & 15)) return at;
      this.takeHeader(byte);
      at += 1;
    }
    return at;
  }

  private takeHeader(byte: number): void {
    this.header.push(byte);
    const second = this.header[1];
    if (second === undefined) return;
    const lengthBytes = LENGTH_BYTES[second & 127] ?? 0;
    const maskBytes = second >= 128 ? 4 : 0;
    if (this.header.length < 2 + lengthBytes + maskBytes) return;
    const length = this.header.slice(2, 2 + lengthBytes);
    this.payloadLeft = lengthBytes === 0 ? second & 127 : length.reduce((sum, part) => sum * 256 + part, 0);
    this.header = [];
  }
}

/** Longer payloads tell their length in so many bytes more. */
const LENGTH_BYTES: Readonly<Record<number, number>> = { 126: 2, 127: 8 };

/**
 * A frame that closes a WebSocket.
 * @param code the registered number of the reason, e.g. 1001 going away, 1012 service restart
 * @param reason for people; at most 123 bytes
 * @param isMasked as the side that has connected sends it
 */
export function closeFrame(code: number, reason: string, isMasked: boolean): Buffer {
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
  if (!isMasked) return Buffer.concat([Buffer.from([128 | CLOSE, payload.length]), payload]);
  const mask = randomBytes(4);
  const masked = Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
  return Buffer.concat([Buffer.from([128 | CLOSE, 128 | payload.length]), mask, masked]);
}
