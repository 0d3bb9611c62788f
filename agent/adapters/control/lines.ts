import { once } from 'node:events';
import type { Response } from 'express';
import type { z } from 'zod';
import { toProblem } from './problem';

export const LINES_TYPE = 'application/x-ndjson';

/**
 * Answers line by line, no faster than the reader reads. What fails before the first line is an answer of its own; what
 * fails later is a last line `{"problem": ...}`, because the status has gone out already.
 */
export async function writeLines(
  response: Response,
  lines: AsyncIterable<unknown>,
  schema: z.ZodType,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const line of lines) {
      if (!response.headersSent) response.status(200).type(LINES_TYPE);
      const text = `${JSON.stringify(schema.parse(line))}\n`;
      if (!response.write(text)) await once(response, 'drain', { signal });
    }
  } catch (error) {
    // Nobody is there to hear of it.
    if (signal.aborted) return;
    if (!response.headersSent) throw error;
    response.write(`${JSON.stringify({ problem: toProblem(error) })}\n`);
  }
  response.end();
}
