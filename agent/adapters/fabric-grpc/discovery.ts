import { BlosmError } from '../../../chaincode/src/model';
import type { NodeAddress } from './connection-profile';
import type { EndorsementPlan } from './endorsement-plan';
import { protos } from './protos';
import type { Session } from './session';

/** What the own peer tells of the network. Peers are named by the address that they announce. */
export interface DiscoveredNetwork {
  readonly peers: ReadonlyMap<string, NodeAddress>;
  readonly orderers: readonly NodeAddress[];
  readonly plan: EndorsementPlan;
}

/** How announced addresses are used. */
export interface Reach {
  /** True where nodes announce names that lead somewhere only as `localhost`. */
  readonly asLocalhost: boolean;
  /** As the own peer has it: a network has TLS everywhere or nowhere. */
  readonly hasTls: boolean;
}

const DISCOVER = '/discovery.Discovery/Discover';

/**
 * Asks the own peer for the channel's organisations, orderers and the chaincode's endorsement plan. The answer
 * is read here, because the SDK's reader connects to every peer in turn and waits for each.
 * @param asLocalhost true where nodes announce names that only lead somewhere as `localhost`
 * @throws BlosmError BLOSM_E_LEDGER_UNREACHABLE, or the ServiceError of gRPC
 */
export async function discoverNetwork(
  session: Session,
  asLocalhost: boolean,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DiscoveredNetwork> {
  const bytes = await session.ownPeer.unary(DISCOVER, newRequest(session), timeoutMs, signal);
  const hasTls = session.ownPeer.address.tls !== null;
  return readDiscovery(protos.discovery.Response.decode(bytes), { asLocalhost, hasTls });
}

function newRequest({ signer, channel, chaincode }: Session): Uint8Array {
  const interests = [{ chaincodes: [{ name: chaincode }] }];
  const payload = protos.discovery.Request.encode({
    authentication: { client_identity: signer.creator, client_tls_cert_hash: signer.tlsCertificateSha256 },
    queries: [
      { channel, config_query: {} },
      { channel, cc_query: { interests } },
    ],
  }).finish();
  return protos.discovery.SignedRequest.encode({ payload, signature: signer.sign(payload) }).finish();
}

/** @throws BlosmError BLOSM_E_LEDGER_UNREACHABLE when the answer has no endorsement plan. */
export function readDiscovery(response: protos.discovery.IResponse, reach: Reach): DiscoveredNetwork {
  const { config, descriptor } = partsOf(response.results ?? []);
  const roots = tlsRootsByMsp(config);
  const peers = new Map<string, NodeAddress>();
  const groups: Record<string, string[]> = {};
  for (const [group, members] of Object.entries(descriptor.endorsers_by_groups ?? {})) {
    const found = (members.peers ?? []).map((peer) => readPeer(peer, roots, reach));
    groups[group] = found.map((peer) => peer.name);
    for (const peer of found) peers.set(peer.name, peer);
  }
  const layouts = (descriptor.layouts ?? []).map((layout) => ({ ...layout.quantities_by_group }));
  return { peers, orderers: readOrderers(config, roots, reach), plan: { groups, layouts } };
}

function partsOf(results: readonly protos.discovery.IQueryResult[]): {
  config: protos.discovery.IConfigResult;
  descriptor: protos.discovery.IEndorsementDescriptor;
} {
  const refusal = results.find((result) => result.error)?.error?.content;
  if (typeof refusal === 'string') throw unusable(refusal);
  const config = results.find((result) => result.config_result)?.config_result;
  const descriptor = results.find((result) => result.cc_query_res)?.cc_query_res?.content?.[0];
  if (!config || !descriptor) throw unusable('the answer names no endorsers');
  return { config, descriptor };
}

function unusable(reason: string): BlosmError {
  return new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', `discovery: ${reason}`, { stage: 'endorse' });
}

type RootsByMsp = ReadonlyMap<string, string>;

function tlsRootsByMsp(config: protos.discovery.IConfigResult): RootsByMsp {
  return new Map(
    Object.entries(config.msps ?? {}).map(([mspId, msp]) => {
      const certificates = [...(msp.tls_root_certs ?? []), ...(msp.tls_intermediate_certs ?? [])];
      return [mspId, certificates.map((pem) => Buffer.from(pem).toString('utf8')).join('\n')];
    }),
  );
}

function readPeer(peer: protos.discovery.IPeer, roots: RootsByMsp, reach: Reach): NodeAddress {
  const { mspid } = protos.msp.SerializedIdentity.decode(peer.identity ?? new Uint8Array());
  const message = protos.gossip.GossipMessage.decode(peer.membership_info?.payload ?? new Uint8Array());
  return announcedNode(message.alive_msg?.membership?.endpoint ?? '', mspid, roots, reach);
}

function readOrderers(config: protos.discovery.IConfigResult, roots: RootsByMsp, reach: Reach): readonly NodeAddress[] {
  return Object.entries(config.orderers ?? {}).flatMap(([mspId, endpoints]) =>
    (endpoints.endpoint ?? []).map((each) =>
      announcedNode(`${each.host ?? ''}:${each.port ?? 0}`, mspId, roots, reach),
    ),
  );
}

function announcedNode(announced: string, mspId: string, roots: RootsByMsp, reach: Reach): NodeAddress {
  const colon = announced.lastIndexOf(':');
  const host = announced.slice(0, colon);
  return {
    name: announced,
    mspId,
    target: reach.asLocalhost ? `localhost${announced.slice(colon)}` : announced,
    tls: reach.hasTls ? { rootsPem: roots.get(mspId) ?? '', serverName: reach.asLocalhost ? host : null } : null,
  };
}
