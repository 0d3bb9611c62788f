import type { ChaincodeDefinition } from './channel-facts';
import { fail, ok, warn, type Finding } from './finding';

/** Milliseconds; above it a migration's four commits alone take a second. */
const LONG_BATCH_MS = 200;

/** How far the own peer is behind the orderer, in blocks; a busy channel moves between the two questions. */
const LAG_BLOCKS = 3;

/** A peer's words for a channel that it has not joined. */
const NOT_JOINED =
  /channel .*(not found|does not exist)|no such channel|not joined|failed to (get|find) (ledger|channel)/i;

/** Why the own peer tells nothing of the channel. @param isDenied it does not let this identity in */
export function judgeUnreachable(channel: string, reason: string, isDenied: boolean): Finding {
  if (NOT_JOINED.test(reason)) {
    return fail(
      `the own peer has not joined channel ${channel}: ${reason}`,
      `Correct ledger.channel, or join it: peer channel fetch 0 ${channel}.block -c ${channel}, then peer channel join -b ${channel}.block.`,
    );
  }
  if (isDenied) {
    return fail(
      `the own peer does not let this identity in: ${reason}`,
      "Give the agent a client's identity of this channel's organisation: blosm identity show, blosm identity import --cert FILE --key FILE.",
    );
  }
  return fail(
    `the own peer does not answer: ${reason}`,
    'Start it, or correct ledger.connectionProfile: blosm network status, or docker ps, or the log of the peer.',
  );
}

/** @param orderedHeight blocks that the orderer has; null: it did not tell */
export function judgeHeights(channel: string, height: number, orderedHeight: number | null, why: string): Finding {
  const has = `the own peer has ${height} blocks of channel ${channel}`;
  if (orderedHeight === null) {
    return fail(
      `${has}, but no orderer tells its newest block: ${why}`,
      'Nothing can be written until the orderer answers: start it, and check ledger.connectionProfile and the network to it (blosm doctor --only tls).',
    );
  }
  if (orderedHeight - height > LAG_BLOCKS) {
    return warn(
      `${has}, the orderer ${orderedHeight}`,
      "The own peer catches up by itself; if the difference does not shrink, read the peer's log.",
    );
  }
  return ok(`${has}, the orderer ${orderedHeight}`);
}

/** What can be told of the release that the own peer runs: no peer says it, but each release brought a service. */
export interface FabricFacts {
  /** It has the gateway service: 2.4 or later. */
  readonly hasGateway: boolean;
  /** It has the release 3's lifecycle functions. */
  readonly isRelease3: boolean;
  readonly adapter: 'fabric-network' | 'fabric-gateway';
}

export function judgeFabric({ hasGateway, isRelease3, adapter }: FabricFacts): Finding {
  if (isRelease3) return ok('the own peer runs Fabric 3');
  if (hasGateway) return ok('the own peer runs Fabric 2.4 or later');
  const seen = 'the own peer runs a Fabric older than 2.4';
  if (adapter === 'fabric-gateway') {
    return fail(
      `${seen} and has no gateway service, which ledger.adapter fabric-gateway needs`,
      'Set ledger.adapter to fabric-network in the configuration, or upgrade the peer to 2.5.16 or 3.1.5.',
    );
  }
  return warn(
    `${seen}: that works, but gets no corrections any more and is for the sandbox`,
    'Upgrade peer and orderer to 2.5.16 or 3.1.5; a network of blosm network up with: blosm network upgrade --bin FOLDER.',
  );
}

export function judgeBatchTimeout(batchTimeoutMs: number): Finding {
  const seen = `BatchTimeout is ${batchTimeoutMs} ms`;
  if (batchTimeoutMs <= LONG_BATCH_MS) return ok(seen);
  return warn(
    `${seen}: each transaction waits for it, so that the four commits of a migration take ${((4 * batchTimeoutMs) / 1000).toFixed(1)} s or more (100 ms: p50 149 ms for each; 2 s: 2.05 s)`,
    'Let the orderer\'s admin set 100ms to 200ms, at the price of more and smaller blocks: network/administration.md, "BatchTimeout", has the commands.',
  );
}

/**
 * @param definition null: none is committed
 * @param functions what the chaincode offers; null: it could not be asked, for the reason given
 */
export function judgeChaincode(
  chaincode: string,
  definition: Pick<ChaincodeDefinition, 'version' | 'sequence'> | null,
  needed: readonly string[],
  functions: { readonly names: readonly string[] } | { readonly why: string },
): Finding {
  if (definition === null) {
    return fail(
      `no chaincode ${chaincode} is committed on the channel`,
      'Correct ledger.chaincode, or deploy it: blosm network deploy, or on another network network/test-network.md, "The chaincode".',
    );
  }
  const seen = `${chaincode} is committed, version ${definition.version}, sequence ${definition.sequence}`;
  if ('why' in functions) {
    return fail(
      `${seen}, but it does not answer: ${functions.why}`,
      'Start the chaincode of the own peer and see its log: blosm network status, or docker ps and docker logs.',
    );
  }
  const missing = needed.filter((name) => !functions.names.includes(name));
  if (missing.length === 0) return ok(`${seen}, with all ${needed.length} functions that this agent calls`);
  return fail(
    `${seen}, is older than this agent: it lacks ${missing.join(', ')}`,
    'Upgrade the chaincode on the channel first: blosm network deploy, or network/administration.md, "Upgrades".',
  );
}
