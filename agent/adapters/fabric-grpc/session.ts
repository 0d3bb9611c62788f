import type { Clock } from '../../ports/clock';
import type { Log } from '../../ports/log';
import type { RpcNode } from './rpc-node';
import type { Signer } from './signer';

/** What all parts of a connection to a channel share. */
export interface Session {
  readonly signer: Signer;
  /** The channel's name. */
  readonly channel: string;
  readonly chaincode: string;
  readonly mspId: string;
  /** The peer whose ledger is "ours": asked, listened to, waited for. */
  readonly ownPeer: RpcNode;
  readonly log: Log;
  readonly clock: Clock;
}
