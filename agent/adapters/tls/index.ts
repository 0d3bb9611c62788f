export { fingerprintOf, shownCertificate, validityFault } from './certificate';
export type { TlsIdentity } from './certificate';
export { closeServer } from './close-server';
export { listenOn, type ListenAddress } from './listen';
export { openPeerLinks } from './peer-links';
export type { PeerLink, PeerLinks, PeerLinksOptions } from './peer-links';
