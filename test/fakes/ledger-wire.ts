import { protos } from '../../agent/adapters/fabric-grpc/protos';
import { blockOf, callEnvelope, configEnvelope } from './fabric-blocks';
import type { CommittedBlock, CommittedTransaction, FakePeer } from './peer';
import type { TestIdentity } from '../support/identity';

/** A fake peer's ledger in Fabric's messages. */
export class LedgerWire {
  constructor(
    private readonly peer: FakePeer,
    private readonly names: { readonly channel: string; readonly chaincode: string },
  ) {}

  /** Undefined: the peer does not have it (yet). */
  block(number: number): protos.common.IBlock | undefined {
    const found = this.peer.blocks[number];
    return found === undefined ? undefined : this.#encode(found);
  }

  filteredBlock(number: number): protos.protos.IFilteredBlock | undefined {
    const found = this.peer.blocks[number];
    if (found === undefined) return undefined;
    return {
      channel_id: this.names.channel,
      number,
      filtered_transactions: found.transactions.map(({ envelope, validationCode }) => ({
        txid: envelope.proposal.txId,
        tx_validation_code: codeOf(validationCode),
      })),
    };
  }

  /** An answer of the chaincode `qscc`. @throws Error as a peer words it */
  systemQuery([name = '', , argument = '']: readonly string[]): Uint8Array {
    switch (name) {
      case 'GetChainInfo':
        return this.#chainInfo();
      case 'GetBlockByNumber':
        return this.#blockBytes(Number(argument));
      case 'GetBlockByTxID':
        return this.#blockBytes(this.#transaction(argument).blockNumber);
      case 'GetTransactionByID': {
        const transaction = this.#transaction(argument);
        const processed = {
          transactionEnvelope: this.#envelope(transaction),
          validationCode: codeOf(transaction.validationCode),
        };
        return protos.protos.ProcessedTransaction.encode(processed).finish();
      }
      default:
        throw new Error(`requested function ${name} not found`);
    }
  }

  #chainInfo(): Uint8Array {
    const currentBlockHash = Buffer.from(this.peer.blocks.at(-1)?.hash ?? '', 'hex');
    return protos.common.BlockchainInfo.encode({ height: this.peer.height, currentBlockHash }).finish();
  }

  #blockBytes(number: number): Uint8Array {
    return protos.common.Block.encode(this.block(number) ?? {}).finish();
  }

  #transaction(txId: string): CommittedTransaction {
    const found = this.peer.find(txId);
    if (found === undefined) throw new Error(`no such transaction ID [${txId}] in index`);
    return found;
  }

  #encode({ number, hash, transactions }: CommittedBlock): protos.common.IBlock {
    const content = transactions.map((each) => [this.#envelope(each), codeOf(each.validationCode)] as const);
    const block = blockOf(number, number === 0 ? [[configEnvelope(), 0]] : content);
    // The genesis block's hash differs from network to network by what it holds.
    return { ...block, header: { number, data_hash: Buffer.from(hash, 'hex') } };
  }

  #envelope({ envelope }: CommittedTransaction): protos.common.IEnvelope {
    const { proposal, endorsement, endorserMspIds } = envelope;
    const { event, result } = endorsement;
    return callEnvelope({
      transactionId: proposal.txId,
      words: proposal.args,
      result,
      endorsers: endorserMspIds,
      creator: creatorBytes(proposal.creator),
      timestampMs: proposal.timestampMs,
      channel: this.names.channel,
      ...(event === undefined
        ? {}
        : { event: { chaincode: this.names.chaincode, payload: event.payload.toString('utf8') } }),
    });
  }
}

/** Fabric's `TxValidationCode` by its name. */
export function codeOf(name: string): number {
  const code = protos.protos.TxValidationCode[name as keyof typeof protos.protos.TxValidationCode];
  if (typeof code !== 'number') throw new Error(`there is no validation code ${name}`);
  return code;
}

function creatorBytes({ mspId, certificatePem }: Pick<TestIdentity, 'mspId' | 'certificatePem'>): Uint8Array {
  return protos.msp.SerializedIdentity.encode({ mspid: mspId, id_bytes: Buffer.from(certificatePem) }).finish();
}
