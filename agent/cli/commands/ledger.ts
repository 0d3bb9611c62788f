import { LedgerBlockView, LedgerHistoryView, LedgerTipView, LedgerTransactionView } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { Cli } from '../io';
import { print } from '../output/print';
import { facts } from '../output/table';
import { blockText, historyText } from '../views/blocks';
import { transactionText } from '../views/lists';
import type { Invocation } from './handler';

/** `blosm ledger tip` */
export async function ledgerTip(cli: Cli): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get('/v1/ledger/tip', LedgerTipView);
  await print(cli, {
    kind: 'LedgerTip',
    fields: view,
    names: () => [view.currentBlockHash],
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

/** `blosm ledger block NUMBER` */
export async function ledgerBlock(cli: Cli, { args: [number = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get(`/v1/ledger/blocks/${encodeURIComponent(number)}`, LedgerBlockView);
  await print(cli, {
    kind: 'LedgerBlock',
    fields: view,
    names: () => [String(view.number)],
    text: () => blockText(view),
  });
}

/** `blosm ledger history KIND ID` */
export async function ledgerHistory(cli: Cli, { args: [kind = '', id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const path = `/v1/ledger/history/${encodeURIComponent(kind)}/${encodeURIComponent(id)}`;
  const { kind: of, ...view } = await client.get(path, LedgerHistoryView);
  // `kind` is what the document is; what it is about needs another name.
  await print(cli, {
    kind: 'LedgerHistory',
    fields: { of, ...view },
    text: () => historyText(view.entries),
    names: () => view.entries.map(({ transactionId }) => transactionId),
    lines: view.entries.map((entry) => ({ of, id: view.id, ...entry })),
  });
}
