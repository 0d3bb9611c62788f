import { findAgent } from '../agent-address';
import { exchange } from '../exchange';
import type { Cli } from '../io';

const TIMEOUT_MS = 10_000;

/** An answer as the agent wrote it, or why there is none. */
export type Told = { readonly text: string } | { readonly why: string };

/** Asks the agent for something that need not be there: an earlier release, or none at all. Never fails. */
export async function askForText(cli: Cli, path: string): Promise<Told> {
  const { signal } = cli.io;
  try {
    const address = await findAgent(cli);
    const timeoutMs = cli.options.timeout ?? TIMEOUT_MS;
    const { status, text } = await exchange(address, { method: 'GET', path, timeoutMs, signal });
    if (status === 404) return { why: 'this agent does not offer it' };
    return status >= 400 ? { why: `the agent answered ${status}: ${text.slice(0, 500)}` } : { text };
  } catch (error) {
    return { why: error instanceof Error ? error.message.replace(/^BLOSM_E_\w+: /, '') : String(error) };
  }
}
