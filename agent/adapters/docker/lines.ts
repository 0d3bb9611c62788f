import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** No line of an engine is nearly as long, in characters: one that goes on and on is no line. */
const MAX_LINE = 1 << 20;

export interface Line {
  readonly text: string;
  /** False: the answer ended without the line's own end; it may have been cut in the middle. */
  readonly isWhole: boolean;
}

/** The lines of an answer as they come; what is left at its end is the last one, if there is anything. */
export async function* linesOf(stream: Readable): AsyncGenerator<Line> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield { text, isWhole: true };
    if (rest.length > MAX_LINE) throw new Error(`a line of over ${MAX_LINE} characters`);
  }
  const text = rest + decoder.end();
  if (text !== '') yield { text, isWhole: false };
}
