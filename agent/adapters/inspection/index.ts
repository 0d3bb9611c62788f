export { inspectSandboxKernel } from './kernel';
export { inspectListen } from './listen';
export { inspectSocket } from './socket-file';
export { inspectDirectory } from './directory';
export { inspectTls, type TlsPair } from './tls-server';
