export { connectPeers } from './client';
export type { PeerConnections } from './client';
export { startPeerServer } from './server';
export type { ForwardEntry, PeerServer, PeerServerOptions } from './server';
