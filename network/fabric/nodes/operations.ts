import { BlosmError } from '../../../chaincode/src/model';

const REQUEST_TIMEOUT_MS = 5000;

/** A node's operations endpoint. */
export interface OperationsEndpoint {
  readonly address: string;
  readonly ports: { readonly operations: number };
}

/** True when the node's own health check passes; false when it does not answer or one of its parts is ill. */
export async function isHealthy(host: OperationsEndpoint): Promise<boolean> {
  return get(host, '/healthz').then(
    (response) => response.ok,
    () => false,
  );
}

/**
 * Number of blocks that a peer has of a channel; undefined before it has joined.
 * @throws BlosmError BLOSM_E_LEDGER_UNREACHABLE when the peer does not answer
 */
export async function ledgerHeight(host: OperationsEndpoint, channel: string): Promise<number | undefined> {
  return gauge(host, `ledger_blockchain_height{channel="${channel}"}`);
}

/** Number of the newest block that the orderer has written; undefined before it serves the channel. */
export async function ordererBlock(host: OperationsEndpoint, channel: string): Promise<number | undefined> {
  return gauge(host, `consensus_etcdraft_committed_block_number{channel="${channel}"}`);
}

/** True when the orderer, the only consenter, leads the channel: before that it refuses transactions. */
export async function leadsChannel(host: OperationsEndpoint, channel: string): Promise<boolean> {
  return (await gauge(host, `consensus_etcdraft_is_leader{channel="${channel}"}`)) === 1;
}

async function gauge(host: OperationsEndpoint, series: string): Promise<number | undefined> {
  const response = await get(host, '/metrics');
  const line = (await response.text()).split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

async function get({ address, ports }: OperationsEndpoint, path: string): Promise<Response> {
  const url = `http://${address}:${ports.operations}${path}`;
  return fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) }).catch((cause: unknown) => {
    throw new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', `${url} does not answer`, { stage: 'health', cause });
  });
}
