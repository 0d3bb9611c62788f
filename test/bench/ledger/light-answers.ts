import { CommitWatcher } from '../../../agent/adapters/fabric-grpc/commit-watcher';
import type { FabricState } from '../../../network/fabric';
import { trueEvaluation } from '../../support/ledger-samples';
import { openLightNode, type Connections, type LightNode } from './light-node';

interface Responder {
  readonly node: LightNode;
  /** One stream of filtered blocks, of the own peer: tells when it has committed the proposal. */
  readonly watcher: CommitWatcher;
}

/**
 * Many nodes in one process that answer every proposal with an offer, each as soon as its own peer and that of its
 * second endorser have committed the proposal. Left out of what an agent does: reading the metadata, the instance and
 * earlier evaluations, Algorithm 2, discovery (the second endorser is fixed), a stream of full blocks per node (one per
 * process tells of proposals), and the wait for the evaluation's own commit.
 */
export class LightAnswers {
  readonly #responders: readonly Responder[];

  constructor(state: FabricState, clusters: readonly string[], connections: Connections) {
    this.#responders = clusters.map((cluster) => {
      const node = openLightNode(state, cluster, 'agent', connections);
      return { node, watcher: new CommitWatcher(node.session) };
    });
  }

  /** Resolves once every node's stream has a position. */
  async ready(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#responders.map(({ watcher }) => watcher.waitForHeight(1, signal)));
  }

  /** @returns how many submits it took, one for each node if nobody lagged behind */
  async answer(migrationId: string, blockNumber: number, signal: AbortSignal): Promise<number> {
    const attempts = await Promise.all(
      this.#responders.map(async (responder, index) => {
        const other = this.#responders[(index + 1) % this.#responders.length] ?? responder;
        for (const { watcher } of [responder, other]) await watcher.waitForHeight(blockNumber + 1, signal);
        const evaluation = trueEvaluation(Date.now(), { metadataId: migrationId });
        return responder.node.submit('EvaluationContract:Submit', [evaluation], other.node, signal);
      }),
    );
    return attempts.reduce((sum, each) => sum + each, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#responders.map(({ watcher }) => watcher.close()));
  }
}
