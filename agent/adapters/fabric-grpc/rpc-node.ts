import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { Client as GrpcClient, Metadata, credentials } from '@grpc/grpc-js';
import type { ChannelCredentials, ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { NodeAddress } from './connection-profile';

/** Certificate and key for servers that ask for one. */
export interface TlsClientPair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Longer than the 60 s that Fabric's servers allow between pings of a client. */
const KEEPALIVE_MS = 75_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;

const identity = (bytes: Buffer): Buffer => bytes;

/**
 * One peer or orderer: a single HTTP/2 connection for all its services, made when first needed and remade by itself.
 * The SDK's own transport would open one per service, wait 3 s for each dead node and cannot be cancelled.
 */
export class RpcNode {
  readonly #client: GrpcClient;

  constructor(
    readonly address: NodeAddress,
    pair: TlsClientPair,
  ) {
    const serverName = serverNameOf(address);
    this.#client = new GrpcClient(address.target, channelCredentials(address, pair), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      'grpc.keepalive_permit_without_calls': 1,
      // A channel's nodes are private; a proxy of the environment is meant for the web.
      'grpc.enable_http_proxy': 0,
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 3_000,
      ...(serverName === null ? {} : { 'grpc.ssl_target_name_override': serverName }),
    });
  }

  get name(): string {
    return this.address.name;
  }

  /**
   * Calls a unary method.
   * @param path e.g. `/protos.Endorser/ProcessProposal`
   * @throws the ServiceError of gRPC; code CANCELLED when the signal fired
   */
  unary(path: string, request: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: Buffer): void => {
        signal.removeEventListener('abort', cancel);
        if (error === null && answer !== undefined) resolve(answer);
        else reject(error ?? new Error(`${this.name} gave no answer`));
      };
      const deadline = Date.now() + timeoutMs;
      const call = this.#client.makeUnaryRequest(
        path,
        identity,
        identity,
        Buffer.from(request),
        new Metadata(),
        { deadline },
        done,
      );
      const cancel = (): void => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
    });
  }

  /** Opens a stream both ways. The caller cancels it. */
  duplex(path: string): ClientDuplexStream<Buffer, Buffer> {
    return this.#client.makeBidiStreamRequest(path, identity, identity, new Metadata());
  }

  /** Resolves to whether the connection stands within the time. */
  isReady(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const onAbort = (): void => resolve(false);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#client.waitForReady(Date.now() + timeoutMs, (error) => {
        signal.removeEventListener('abort', onAbort);
        resolve(error === undefined);
      });
    });
  }

  close(): void {
    this.#client.close();
  }
}

/** Null: the target's own host name. */
function serverNameOf({ target, tls }: NodeAddress): string | null {
  if (tls === null) return null;
  // TLS forbids an address as server name (RFC 6066, 3): any name will do, the certificate is checked for the address.
  return tls.serverName ?? (isIP(hostOf(target)) === 0 ? null : 'fabric-node');
}

function channelCredentials({ target, tls }: NodeAddress, pair: TlsClientPair): ChannelCredentials {
  if (tls === null) return credentials.createInsecure();
  const expected = tls.serverName ?? hostOf(target);
  return credentials.createSsl(
    Buffer.from(tls.rootsPem),
    Buffer.from(pair.privateKeyPem),
    Buffer.from(pair.certificatePem),
    { checkServerIdentity: (_name, certificate) => checkServerIdentity(expected, certificate) },
  );
}

function hostOf(target: string): string {
  return target.slice(0, target.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
