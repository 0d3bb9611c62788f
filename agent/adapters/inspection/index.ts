export { inspectSandboxKernel } from './kernel';
export { inspectListen } from './listen';
export { inspectSocket } from './socket-file';
export { inspectDirectory } from './directory';
export { inspectCertificates, inspectTlsPair } from './tls-files';
export { inspectTls, type TlsPair } from './tls-server';
