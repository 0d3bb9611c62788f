/** Whose endorsement a transaction of the chaincode needs. */
export type EndorsementRule =
  /** So many organisations together are enough, of these. */
  | { readonly kind: 'organizations'; readonly needed: number; readonly mspIds: readonly string[] }
  /** A policy of the channel, by its path. */
  | { readonly kind: 'reference'; readonly path: string }
  /** A form that tells nothing here. */
  | { readonly kind: 'unknown' };

/** The chaincode's definition as the channel has committed it. */
export interface ChaincodeDefinition {
  readonly version: string;
  readonly sequence: number;
  readonly rule: EndorsementRule;
}

/** What the channel's configuration in force says. */
export interface ChannelConfiguration {
  readonly batchTimeoutMs: number;
  /** The member organisations, orderer organisations not included. */
  readonly mspIds: readonly string[];
  /** The rule of the implicit policy `/Channel/Application/Endorsement`; null: it has another form. */
  readonly endorsement: 'ANY' | 'ALL' | 'MAJORITY' | null;
  /** Certificate authorities of the own organisation, intermediate ones included, PEM. */
  readonly ownAuthoritiesPem: readonly string[];
}

/** A node of the channel as this agent would reach it. */
export interface NodeEndpoint {
  readonly name: string;
  readonly role: 'peer' | 'orderer';
  /** Empty: the connection profile does not say. */
  readonly mspId: string;
  /** `host:port`. */
  readonly target: string;
  /** `profile`: the connection profile names it; `discovery`: the network announces it. */
  readonly source: 'profile' | 'discovery';
  readonly isOwnPeer: boolean;
  /** Null: no TLS. */
  readonly tls: { readonly rootsPem: string; readonly serverName: string | null } | null;
}

/** What an endorser's clock says of ours. `unknown`: it could not be asked. */
export type ClockVerdict =
  | { readonly kind: 'near' }
  | { readonly kind: 'ahead' | 'behind'; readonly isRefused: boolean }
  | { readonly kind: 'unknown'; readonly reason: string };
