import { open, type FileHandle } from 'node:fs/promises';
import { ByteReader, MAX_VARINT_BYTES } from './byte-reader';

/** One stored block in a file. */
export interface BlockRecord {
  /** Where its length stands in the file. */
  readonly offset: number;
  /** The block's number as the record says, without reading the rest. */
  readonly number: number;
  read(): Promise<Buffer>;
}

/** A place at which a file goes on otherwise than it should. */
export class BlockFileFault extends Error {
  override readonly name = 'BlockFileFault';
}

/** The records of a file one after the other. @throws BlockFileFault where the file is cut off or not a block file */
export async function* blockRecords(path: string): AsyncGenerator<BlockRecord> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    for (let offset = 0; offset < size;) {
      const { record, end } = await recordAt(file, offset, size);
      yield record;
      offset = end;
    }
  } finally {
    await file.close();
  }
}

async function recordAt(
  file: FileHandle,
  offset: number,
  size: number,
): Promise<{ readonly record: BlockRecord; readonly end: number }> {
  const fault = (what: string): BlockFileFault => new BlockFileFault(`at byte ${offset}: ${what}`);
  const head = new ByteReader(await bytesAt(file, offset, Math.min(2 * MAX_VARINT_BYTES, size - offset)));
  let length: number;
  let number: number;
  let start: number;
  try {
    length = head.varint();
    start = offset + head.offset;
    number = head.varint();
  } catch (cause) {
    throw fault(cause instanceof Error ? cause.message : String(cause));
  }
  const end = start + length;
  if (end > size) throw fault(`a block of ${length} bytes is cut off after ${size - start}`);
  return { record: { offset, number, read: () => bytesAt(file, start, length) }, end };
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new BlockFileFault(`at byte ${position + filled}: the file became shorter`);
    filled += bytesRead;
  }
  return bytes;
}
