/** The one place from which the adapter takes the SDK, so that its logger is ours before it loads. */
export { sendSdkLogTo } from './sdk-log';
export { Client, ServiceHandler, User } from 'fabric-common';
export type { Channel, Commit, Endorsement, IdentityContext } from 'fabric-common';
export { Gateway } from 'fabric-network';
