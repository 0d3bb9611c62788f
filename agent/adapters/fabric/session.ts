import type { Clock } from '../../ports/clock';
import type { Log } from '../../ports/log';
import type { RpcNode } from './rpc-node';
import type { Channel, IdentityContext } from './sdk';

/** What all parts of the adapter share. */
export interface Session {
  /** The SDK's signing identity; {@link newProposal} takes a copy for each transaction. */
  readonly identity: IdentityContext;
  /** The SDK's channel, which makes proposals and discovery requests. */
  readonly channel: Channel;
  readonly chaincode: string;
  readonly mspId: string;
  /** Binds streams to the TLS certificate where a server asks for one. */
  readonly tlsCertificateSha256: Uint8Array;
  /** The peer whose ledger is "ours": asked, listened to, waited for. */
  readonly ownPeer: RpcNode;
  readonly log: Log;
  readonly clock: Clock;
}
