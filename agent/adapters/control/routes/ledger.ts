import { z } from 'zod';
import { Id } from '../../../../chaincode/src/model';
import {
  HistoryKind,
  LedgerBlockView,
  LedgerHistoryView,
  LedgerTipView,
  LedgerTransactionView,
  LedgerVerificationLine,
  VerificationRequest,
} from '../../../ports/control';
import { get, ok, type Route } from './route';

const TransactionId = z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits');
const BlockNumber = z.coerce.number('a block number').int().min(0);

export const LEDGER_ROUTES: readonly Route[] = [
  get('/v1/ledger/tip', 'The newest block of the own peer.', LedgerTipView, async (service, { options }) =>
    ok(await service.ledger.tip(options)),
  ),
  get(
    '/v1/ledger/transactions/:id',
    'One transaction, decoded.',
    LedgerTransactionView,
    async (service, { id, options }) => ok(await service.ledger.transaction(TransactionId.parse(id), options)),
    { params: { id: TransactionId } },
  ),
  get(
    '/v1/ledger/blocks/:id',
    'One block, decoded.',
    LedgerBlockView,
    async (service, { id, options }) => ok(await service.ledger.block(BlockNumber.parse(id), options)),
    { params: { id: BlockNumber } },
  ),
  get(
    '/v1/ledger/history/:kind/:id',
    'All that an object on the ledger has been.',
    LedgerHistoryView,
    async (service, { kind, id, options }) =>
      ok(await service.ledger.history(HistoryKind.parse(kind), Id.parse(id), options)),
    { params: { kind: HistoryKind } },
  ),
  {
    method: 'get',
    path: '/v1/ledger/verification',
    summary: "Checks the own peer's chain (`?from=N&to=N`); a line of JSON now and then, the last one is the result.",
    answer: LedgerVerificationLine,
    query: VerificationRequest,
    lines: (service, { query, options }) => service.ledger.verify(VerificationRequest.parse(query), options.signal),
  },
];
