import { BlosmError } from '../../../chaincode/src/model';
import type { LedgerTip, TransactionStatus } from '../../ports/ledger';
import { blockHeaderSha256 } from './block-hash';
import { validationName } from './filtered-blocks';
import { askPeer } from './peer-answer';
import type { PeerAnswer } from './peer-answer';
import { newCallProposal } from './call-proposal';
import { protos } from './protos';
import type { RpcNode } from './rpc-node';
import type { Session } from './session';
import type { ContractCall } from './transaction-wire';

const SYSTEM_QUERIES = 'qscc';
/** How peers of 2.1 and of 2.5 and later say that they do not know a transaction. */
const ABSENT = /not found in index|no such transaction id/i;

/** A peer that takes in a new definition of the chaincode turns callers away for some milliseconds. */
const BEING_UPGRADED = /chaincode cache at sequence \d+ but current sequence is \d+/;
const ASK_AGAIN_MS = 50;

/** A call that a peer answers from its own ledger. */
export interface PeerQuery {
  /** Whom to ask; the own peer when left out. */
  readonly node?: RpcNode;
  readonly chaincode: string;
  readonly name: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks one peer.
 * @returns the bytes of the answer
 * @throws BlosmError the contract's code, BLOSM_E_FORBIDDEN, BLOSM_E_LEDGER_UNREACHABLE
 */
export async function queryPeer(session: Session, query: PeerQuery): Promise<Buffer> {
  const proposal = newCallProposal(session, query.chaincode, query.name, query.args);
  const answer = await askPeer(query.node ?? session.ownPeer, proposal, query.timeoutMs, query.signal);
  if (answer.kind === 'endorsed') return Buffer.from(answer.response.response?.payload ?? new Uint8Array());
  throw queryError(session, query, answer);
}

function queryError(session: Session, query: PeerQuery, answer: Exclude<PeerAnswer, { kind: 'endorsed' }>): BlosmError {
  if (answer.kind === 'refused') return new BlosmError(answer.code, answer.message, { stage: 'query' });
  const { name, address } = query.node ?? session.ownPeer;
  const who = query.node === undefined ? 'the own peer' : 'the peer';
  const what = `${query.chaincode} ${query.name} at ${who} ${name} (${address.target}): ${answer.reason}`;
  const code = answer.kind === 'denied' ? 'BLOSM_E_FORBIDDEN' : 'BLOSM_E_LEDGER_UNREACHABLE';
  return new BlosmError(code, what, { stage: 'query' });
}

/**
 * A call of the channel's contract that the own peer answers; asked again while that takes in an upgrade.
 * @throws as {@link queryPeer}
 */
export async function evaluateAtOwnPeer(session: Session, call: ContractCall, time: QueryTime): Promise<Buffer> {
  const { name, args } = call;
  for (;;) {
    const { leftMs, signal } = time;
    try {
      return await queryPeer(session, { chaincode: session.chaincode, name, args, timeoutMs: leftMs, signal });
    } catch (error) {
      if (!(error instanceof BlosmError) || !BEING_UPGRADED.test(error.message)) throw error;
      await session.clock.sleep(ASK_AGAIN_MS, signal);
    }
  }
}

/** Time for one question of several. */
export interface QueryTime {
  readonly leftMs: number;
  readonly signal: AbortSignal;
}

/** Time for a question, and whom to ask: the own peer when left out. */
export interface PeerTime extends QueryTime {
  readonly node?: RpcNode;
}

function systemQuery(session: Session, name: string, args: readonly string[], time: PeerTime): Promise<Buffer> {
  const channelArgs = [session.channel, ...args];
  return queryPeer(session, {
    ...(time.node === undefined ? {} : { node: time.node }),
    chaincode: SYSTEM_QUERIES,
    name,
    args: channelArgs,
    timeoutMs: time.leftMs,
    signal: time.signal,
  });
}

/** SHA-256 of the header of the channel's first block, hexadecimal. */
export async function readGenesisSha256(session: Session, time: QueryTime): Promise<string> {
  const { header } = protos.common.Block.decode(await systemQuery(session, 'GetBlockByNumber', ['0'], time));
  return blockHeaderSha256({
    number: 0,
    previousHash: header?.previous_hash ?? new Uint8Array(),
    dataHash: header?.data_hash ?? new Uint8Array(),
  });
}

export async function readTip(session: Session, genesisSha256: string, time: QueryTime): Promise<LedgerTip> {
  const chain = protos.common.BlockchainInfo.decode(await systemQuery(session, 'GetChainInfo', [], time));
  return {
    height: Number(chain.height),
    currentBlockHash: Buffer.from(chain.currentBlockHash).toString('hex'),
    genesisSha256,
  };
}

/** How many blocks the own peer has. */
export async function readHeight(session: Session, time: QueryTime): Promise<number> {
  return Number(protos.common.BlockchainInfo.decode(await systemQuery(session, 'GetChainInfo', [], time)).height);
}

/** A transaction as a peer holds it. */
export interface StoredTransaction {
  readonly envelope: protos.common.IEnvelope;
  readonly validationCode: string;
  readonly blockNumber: number;
}

/** Null when the peer has not committed it. */
export async function readTransaction(
  session: Session,
  transactionId: string,
  time: PeerTime,
): Promise<StoredTransaction | null> {
  try {
    const processed = protos.protos.ProcessedTransaction.decode(
      await systemQuery(session, 'GetTransactionByID', [transactionId], time),
    );
    const block = protos.common.Block.decode(await systemQuery(session, 'GetBlockByTxID', [transactionId], time));
    return {
      envelope: processed.transactionEnvelope ?? {},
      validationCode: validationName(processed.validationCode),
      blockNumber: Number(block.header?.number ?? 0),
    };
  } catch (error) {
    if (error instanceof BlosmError && ABSENT.test(error.message)) return null;
    throw error;
  }
}

export function statusOf(stored: StoredTransaction | null): TransactionStatus {
  if (stored === null) return { status: 'absent' };
  const { validationCode, blockNumber } = stored;
  return validationCode === 'VALID'
    ? { status: 'valid', blockNumber }
    : { status: 'invalid', validationCode, blockNumber };
}
