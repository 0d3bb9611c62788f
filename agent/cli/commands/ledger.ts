import { LedgerTipView, LedgerTransactionView } from '../../ports/control-views';
import { connectAgent } from '../api-client';
import type { Cli } from '../io';
import { print } from '../output/print';
import { facts } from '../output/table';
import { transactionText } from '../views/lists';
import type { Invocation } from './handler';

/** `blosm ledger tip` */
export async function ledgerTip(cli: Cli): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get('/v1/ledger/tip', LedgerTipView);
  await print(cli, {
    kind: 'LedgerTip',
    fields: view,
    text: () =>
      facts([
        ['channel', view.channel],
        ['height', `${view.height} blocks`],
        ['newest block', view.currentBlockHash],
        ['first block', view.genesisSha256],
      ]),
  });
}

/** `blosm ledger tx ID` */
export async function ledgerTransaction(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get(`/v1/ledger/transactions/${encodeURIComponent(id)}`, LedgerTransactionView);
  await print(cli, { kind: 'LedgerTransaction', fields: view, text: () => transactionText(view) });
}
