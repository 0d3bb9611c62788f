import type { Session } from '../fabric-grpc';
import type { Channel, IdentityContext } from './sdk';

/** A session with what the SDK needs to make transactions. */
export interface SdkSession extends Session {
  /** The SDK's signing identity; {@link newProposal} takes a copy for each transaction. */
  readonly identity: IdentityContext;
  /** The SDK's channel, which makes proposals. */
  readonly sdkChannel: Channel;
}
