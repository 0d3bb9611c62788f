export { openIdentity } from './file-identity';
export type { FileIdentity } from './file-identity';
export { ReloadingLedger } from './reloading-ledger';
