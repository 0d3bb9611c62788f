import { setMaxListeners } from 'node:events';
import type { Ledger } from '../../../agent/ports/ledger';
import { requireFabricState, type FabricState } from '../../../network/fabric';
import { AgentAnswers } from './agent-answers';
import { connectAgent } from './connect';
import { LightAnswers } from './light-answers';
import { Connections } from './light-node';
import { ResponderOrder, type ResponderCount } from './responders';

/** A process that answers proposals for some clusters until it is told to stop: started by `startResponders`. */
async function main(): Promise<void> {
  const { stateFolder, clusters, kind } = ResponderOrder.parse(JSON.parse(process.argv[2] ?? '{}'));
  const state = requireFabricState(stateFolder);
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const count = { answered: 0, again: 0 };
  const close = await (kind === 'agents' ? answerAsAgents : answerLightly)(state, clusters, count, stop.signal);
  process.send?.('ready');
  process.once('message', () => {
    stop.abort();
    void close().then(() => process.send?.(count satisfies ResponderCount));
  });
  // The bench has ended without a word.
  process.once('disconnect', () => process.exit(1));
}

type Count = { -readonly [K in keyof ResponderCount]: ResponderCount[K] };

async function answerAsAgents(
  state: FabricState,
  clusters: readonly string[],
  count: Count,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const ledgers = await Promise.all(clusters.map((cluster) => connectAgent(state, cluster)));
  for (const ledger of ledgers) {
    const answers = new AgentAnswers(ledger);
    await followProposals(ledger, signal, async (migrationId) => {
      await answers.answer(migrationId);
      count.answered += 1;
    });
  }
  return async () => {
    await Promise.all(ledgers.map((ledger) => ledger.close()));
  };
}

async function answerLightly(
  state: FabricState,
  clusters: readonly string[],
  count: Count,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const connections = new Connections();
  const answers = new LightAnswers(state, clusters, connections);
  await answers.ready(signal);
  const ledger = await connectAgent(state, clusters[0] ?? '');
  await followProposals(ledger, signal, async (migrationId, blockNumber) => {
    const submits = await answers.answer(migrationId, blockNumber, signal);
    count.answered += clusters.length;
    count.again += submits - clusters.length;
  });
  return async () => {
    await Promise.all([answers.close(), ledger.close()]);
    connections.close();
  };
}

type Answer = (migrationId: string, blockNumber: number) => Promise<void>;

/** Resolves once every later proposal is sure to be answered; what fails ends the process. */
async function followProposals(ledger: Ledger, signal: AbortSignal, answer: Answer): Promise<void> {
  const { height, genesisSha256 } = await ledger.tip();
  const fail = (error: unknown): void => {
    if (signal.aborted) return;
    process.stderr.write(`${ledger.nodeId}: ${String(error)}\n`);
    process.exit(1);
  };
  const follow = async (): Promise<void> => {
    for await (const { events, blockNumber } of ledger.events({ genesisSha256, nextBlock: height }, signal)) {
      for (const { payload } of events) {
        if (payload.name !== 'MigrationProposed' || payload.migrationId === undefined) continue;
        void answer(payload.migrationId, blockNumber).catch(fail);
      }
    }
  };
  void follow().catch(fail);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
