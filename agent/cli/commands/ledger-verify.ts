import { resolve } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model/errors';
import { LedgerVerificationLine, type LedgerVerificationView } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { ExitCode } from '../exit-codes';
import type { Cli } from '../io';
import { print } from '../output/print';
import { startProgress } from '../output/progress';
import { verificationText } from '../views/blocks';
import type { Invocation } from './handler';

interface VerifyOptions {
  readonly from?: number;
  readonly to?: number;
  readonly files?: string;
}

/** `blosm ledger verify`: exit code 5 when a block is bad. */
export async function ledgerVerify(cli: Cli, { options }: Invocation<VerifyOptions>): Promise<ExitCode> {
  const { from = 0, to } = options;
  if (to !== undefined && to < from) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `--to ${to} lies before --from ${from}`, { stage: 'usage' });
  }
  const result = await lastLine(cli, await linesOf(cli, options));
  await print(cli, {
    kind: 'LedgerVerification',
    fields: result,
    text: () => verificationText(result),
    names: () => [result.lastSha256],
  });
  return result.fault === null ? 0 : 5;
}

type Lines = AsyncIterable<LedgerVerificationLine>;

/** From the agent, or by this process from copied files, which needs neither an agent nor a network. */
async function linesOf(cli: Cli, { from = 0, to, files }: VerifyOptions): Promise<Lines> {
  const request = { from, ...(to === undefined ? {} : { to }) };
  if (files === undefined) {
    const client = await connectAgent(cli);
    const end = to === undefined ? '' : `&to=${to}`;
    return client.lines(`/v1/ledger/verification?from=${from}${end}`, LedgerVerificationLine);
  }
  const [{ openBlockFiles }, { verifyChain }] = await Promise.all([
    import('../../adapters/fabric-files/index.js'),
    import('../../app/verify-chain.js'),
  ]);
  return verifyChain(await openBlockFiles(resolve(cli.io.cwd, files)), request, cli.io.signal);
}

async function lastLine(cli: Cli, lines: Lines): Promise<LedgerVerificationView> {
  const progress = startProgress(cli);
  try {
    for await (const line of lines) {
      if ('result' in line) return line.result;
      progress.show(`block ${line.progress.blockNumber} is in order`);
    }
  } finally {
    progress.end();
  }
  throw new BlosmError('BLOSM_E_AGENT_UNREACHABLE', 'the answer ended without a result', { stage: 'answer' });
}
