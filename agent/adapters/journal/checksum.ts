import { crc32 } from 'node:zlib';

const PREFIX = '{"crc":"';
const CRC_DIGITS = 8;
const BODY_OFFSET = PREFIX.length + CRC_DIGITS;

const checksum = (body: string): string => crc32(body).toString(16).padStart(CRC_DIGITS, '0');

/** `{"crc":"89abcdef",FIELDS}` with its end of line. The CRC covers the exact bytes after it. */
export function checkedLine(fields: string): string {
  const body = `",${fields}}`;
  return `${PREFIX}${checksum(body)}${body}\n`;
}

/** The value of a line without its end of line; undefined when a single byte of it is not what was written. */
export function checkedText(line: Buffer): unknown {
  const text = line.toString('utf8');
  const body = text.slice(BODY_OFFSET);
  if (!text.startsWith(PREFIX) || text.slice(PREFIX.length, BODY_OFFSET) !== checksum(body)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
