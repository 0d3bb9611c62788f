export { openPeerLinks } from './peer-links';
export type { PeerLink, PeerLinks, PeerLinksOptions } from './peer-links';
