export { validityFault } from './certificate';
export type { TlsIdentity } from './certificate';
export { openPeerLinks } from './peer-links';
export type { PeerLink, PeerLinks, PeerLinksOptions } from './peer-links';
