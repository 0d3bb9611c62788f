import type { AddressInfo, Server } from 'node:net';
import { BlosmError } from '../../../chaincode/src/model';

/** Where a server listens; `port` is the real one where 0 was asked for. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Splits `host:port` or `[v6]:port`, as the configuration has checked it. */
export function parseListen(listen: string): ListenAddress {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(listen.slice(colon + 1)) };
}

/**
 * Starts listening.
 * @param purpose for the message, e.g. `devices`
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when the address cannot be had
 */
export async function listenOn(server: Server, listen: string, purpose: string): Promise<ListenAddress> {
  const { host, port } = parseListen(listen);
  await new Promise<void>((resolve, reject) => {
    const onError = (cause: Error): void => reject(cannotListen(listen, purpose, cause));
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve();
    });
  });
  return { host, port: (server.address() as AddressInfo).port };
}

function cannotListen(listen: string, purpose: string, cause: Error): BlosmError {
  return new BlosmError('BLOSM_E_CONFIG_INVALID', `cannot listen on ${listen} for ${purpose}: ${cause.message}`, {
    stage: 'listen',
    cause,
    hint: 'Choose an address of this machine and a free port in the configuration.',
  });
}
