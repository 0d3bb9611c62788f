import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type {
  LedgerBlockView,
  LedgerControl,
  LedgerHistoryView,
  LedgerTipView,
  LedgerTransactionView,
  LedgerVerificationLine,
  VerificationRequest,
} from '../../ports/control';
import { HISTORY_QUERIES, type HistoryKind } from '../../ports/history';
import type { Agent } from '../agent';
import { verifyChain } from '../verify-chain';

/** The channel as the own peer has it. */
export class AgentLedgerControl implements LedgerControl {
  constructor(
    private readonly agent: Agent,
    private readonly about: { readonly channel: string },
  ) {}

  async tip(options?: CallOptions): Promise<LedgerTipView> {
    return { channel: this.about.channel, ...(await this.agent.context.ledger.tip(options)) };
  }

  async transaction(transactionId: string, options?: CallOptions): Promise<LedgerTransactionView> {
    const found = await this.agent.context.ledger.transaction(transactionId, options);
    return { ...found, args: [...found.args], endorserMspIds: [...found.endorserMspIds] };
  }

  async block(blockNumber: number, options?: CallOptions): Promise<LedgerBlockView> {
    const { signers, transactions, ...found } = await this.agent.context.ledger.block(blockNumber, options);
    return { ...found, signers: [...signers], transactions: [...transactions] };
  }

  async history(kind: HistoryKind, id: string, options?: CallOptions): Promise<LedgerHistoryView> {
    const entries = await this.agent.context.ledger.query(HISTORY_QUERIES[kind], [id], options);
    if (entries.length > 0) return { kind, id, entries };
    throw new BlosmError('BLOSM_E_NOT_FOUND', `the ledger never had ${kind} ${id}`, { stage: 'query' });
  }

  verify(request: VerificationRequest, signal: AbortSignal): AsyncIterable<LedgerVerificationLine> {
    return verifyChain(this.agent.context.ledger, request, signal);
  }
}
