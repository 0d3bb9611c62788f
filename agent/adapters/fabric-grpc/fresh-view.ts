import { BlosmError } from '../../../chaincode/src/model';
import type { Deadline } from './cancellation';
import { DELIVER_FROM_ORDERER, deliverOnce, newSeekEnvelope } from './deliver';
import type { Delivered } from './deliver';
import type { PeerDirectory } from './peer-directory';
import { reasonOf } from './rpc-node';
import { protos } from './protos';
import type { Session } from './session';

/**
 * The number of the newest block that the orderer has, asked of its Deliver service; tries every orderer once.
 * @throws BlosmError BLOSM_E_LEDGER_UNREACHABLE (stage order)
 */
export async function newestOrderedBlock(
  session: Session,
  directory: PeerDirectory,
  deadline: Deadline,
): Promise<number> {
  const reasons: string[] = [];
  for (const orderer of await directory.orderers(deadline.signal)) {
    const envelope = newSeekEnvelope(session, 'newest', 'newest');
    const blocks = deliverOnce(orderer, DELIVER_FROM_ORDERER, envelope, readBlockNumber, deadline.signal);
    try {
      for await (const number of blocks) return number;
    } catch (error) {
      reasons.push(`${orderer.name} (${orderer.address.target}): ${reasonOf(error)}`);
    }
  }
  throw new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', `no orderer tells its newest block: ${reasons.join('; ')}`, {
    stage: 'order',
  });
}

function readBlockNumber(bytes: Uint8Array): Delivered<number> {
  const response = protos.orderer.DeliverResponse.decode(bytes);
  return response.block ? { block: Number(response.block.header?.number ?? 0) } : { status: response.status ?? 0 };
}
