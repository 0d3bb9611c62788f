import { BlosmError, TRANSACTIONS, encodeArgs } from '../../../chaincode/src/model';
import type { QueryName, ResultOf } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { ChannelInspection } from '../../ports/inspection';
import {
  Deadline,
  RpcNode,
  evaluateAtOwnPeer,
  newestOrderedBlock,
  openChannel,
  queryPeer,
  readHeight,
  reasonOf,
  type ChannelOptions,
  type QueryTime,
} from '../fabric-grpc';
import { probeClock } from './clock-probe';
import { findNodes } from './find-nodes';
import { hasGateway, isRelease3 } from './features';
import { readConfiguration } from './read-configuration';
import { definitionQuestion, readDefinition } from './read-definition';
import { readFunctions } from './read-functions';

const TIMEOUT_MS = 5_000;
const METADATA = 'org.hyperledger.fabric:GetMetadata';
/** A peer's words for a chaincode that nobody has committed. */
const UNDEFINED = /namespace \S+ is not defined/;

/**
 * Opens the way to a channel to look at it; nobody has been reached yet. See the port.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for a profile or an identity that cannot be used
 */
export function inspectChannel(options: ChannelOptions): ChannelInspection {
  const { session, directory, watcher, peerCommits } = openChannel(options);
  const { channel, chaincode, mspId } = options;
  const pair = { certificatePem: options.certificatePem, privateKeyPem: options.privateKeyPem };

  const system = (name: string, args: readonly string[], { leftMs, signal }: QueryTime, of: string): Promise<Buffer> =>
    queryPeer(session, { chaincode: of, name, args, timeoutMs: leftMs, signal });
  const query = async <N extends QueryName>(name: N, time: Deadline): Promise<ResultOf<N>> => {
    const bytes = await evaluateAtOwnPeer(session, { name, args: encodeArgs([]) }, time);
    return TRANSACTIONS[name].result.parse(JSON.parse(bytes.toString('utf8'))) as ResultOf<N>;
  };

  return {
    height: (call) => within('height', call, (time) => readHeight(session, time)),
    orderedHeight: (call) =>
      within('newest block', call, async (time) => (await newestOrderedBlock(session, directory, time)) + 1),
    features: (call) =>
      within('features', call, async (time) => {
        const isNewer = await hasGateway(session, time);
        return { hasGateway: isNewer, isRelease3: isNewer && (await isRelease3(session, time)) };
      }),
    configuration: (call) =>
      within('configuration', call, async (time) =>
        readConfiguration(await system('GetConfigBlock', [channel], time, 'cscc'), mspId),
      ),
    definition: (call) =>
      within('definition', call, async (time) => {
        try {
          const args = [definitionQuestion(chaincode)];
          return readDefinition(await system('QueryChaincodeDefinition', args, time, '_lifecycle'));
        } catch (error) {
          if (UNDEFINED.test(reasonOf(error))) return null;
          throw error;
        }
      }),
    functions: (call) =>
      within('functions', call, async (time) =>
        readFunctions(await evaluateAtOwnPeer(session, { name: METADATA, args: [] }, time)),
      ),
    registered: (call) => within('nodes', call, (time) => query('NodeContract:List', time)),
    leases: (call) => within('leases', call, (time) => query('NodeContract:Leases', time)),
    nodes: (call) => within('discovery', call, (time) => findNodes(session, options, time)),
    clock: async ({ name, mspId: owner, target, tls }, call) => {
      const node = new RpcNode({ name, mspId: owner, target, tls }, pair);
      const deadline = new Deadline(call, TIMEOUT_MS);
      try {
        return await probeClock(session, node, deadline.leftMs, deadline.signal);
      } finally {
        deadline.end();
        node.close();
      }
    },
    close: async () => {
      await peerCommits.close();
      await watcher.close();
      directory.close();
      session.ownPeer.close();
    },
  };
}

/** Gives a question its deadline and turns whatever it throws into a BlosmError. */
async function within<T>(what: string, call: CallOptions | undefined, run: (time: Deadline) => Promise<T>): Promise<T> {
  const deadline = new Deadline(call, TIMEOUT_MS);
  try {
    return await run(deadline);
  } catch (cause) {
    if (deadline.isCancelled) throw new BlosmError('BLOSM_E_CANCELLED', `${what} was cancelled`, { cause });
    if (cause instanceof BlosmError) throw cause;
    throw new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', `${what}: ${reasonOf(cause)}`, { stage: 'inspect', cause });
  } finally {
    deadline.end();
  }
}
