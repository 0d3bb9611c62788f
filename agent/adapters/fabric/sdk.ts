/** The one place from which the adapter takes the SDK, so that its logger is ours before it loads. */
export { sendSdkLogTo } from './sdk-log';
export { Client, ServiceHandler, User } from 'fabric-common';
export type { Channel, Commit, Endorsement, IdentityContext } from 'fabric-common';
// Not the package's index: that loads its wallets too, with an HTTP client and a database's.
export { Gateway } from 'fabric-network/lib/gateway';
