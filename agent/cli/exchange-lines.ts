import type { ClientRequest, IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { joinSignals } from '../domain/join-signals';
import { describeAddress, type AgentAddress } from './agent-address';
import { collect, explain, type RawAnswer } from './exchange';
import { wayTo } from './transport';

export interface LinesExchange {
  readonly path: string;
  /** For the first line, and for each further one. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks the agent once and gives its answer line by line; an answer that refuses is one line with its status.
 * Whoever stops reading ends the request, and with it the agent's work.
 * @throws BlosmError BLOSM_E_AGENT_UNREACHABLE, BLOSM_E_CANCELLED
 */
export async function* exchangeLines(
  address: AgentAddress,
  { path, timeoutMs, signal }: LinesExchange,
): AsyncGenerator<RawAnswer> {
  const begin = await wayTo(address);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const either = joinSignals(late.signal, signal);
  const call = begin({ path, signal: either.signal });
  try {
    const response = await answerTo(call);
    const status = response.statusCode ?? 0;
    if (status >= 400) {
      yield { status, text: await collect(response) };
      return;
    }
    for await (const text of createInterface({ input: response, crlfDelay: Infinity })) {
      timer.refresh();
      yield { status, text };
    }
    if (!response.complete) throw new Error(`${describeAddress(address)} broke off`);
  } catch (error) {
    throw explain(error, address, { deadline: late.signal, signal, what: `GET ${path}`, timeoutMs });
  } finally {
    clearTimeout(timer);
    either.release();
    call.destroy();
  }
}

function answerTo(call: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    call.on('error', reject);
    call.once('response', resolve);
    call.end();
  });
}
