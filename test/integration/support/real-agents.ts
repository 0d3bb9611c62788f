import { Agent } from '../../../agent/app/agent';
import type { AgentSettings } from '../../../agent/app/context';
import { digestOf } from '../../../agent/app/hashing';
import type { Ledger } from '../../../agent/ports/ledger';
import type { RouteDecision } from '../../../agent/ports/traffic';
import { FakeEngine } from '../../fakes/engine';
import { FakeJournal, FakeStore } from '../../fakes/journal';
import { FakeLog } from '../../fakes/log';
import { FakePeerNetwork } from '../../fakes/peers';
import { FakeRandom } from '../../fakes/random';
import { FakeRegistry, imageOf, layerOf } from '../../fakes/registry';
import { NEED, nodeIdOf, worldSettings } from '../../support/agents';
import { nodeProfile, serviceRegistration } from '../../support/ledger-samples';
import { RUN_SPEC } from '../../support/run-spec';
import { wallClock } from '../../support/wall-clock';

/** Agents in this program on a real ledger in real time; their engines, and the links between them, are in memory. */
export class RealAgents {
  readonly agents: Agent[] = [];
  readonly engines: FakeEngine[] = [];
  readonly #registry = new FakeRegistry();
  readonly #network = new FakePeerNetwork();
  readonly #random = new FakeRandom();

  /** Starts one for each ledger; all nodes are registered. */
  static async start(ledgers: readonly Ledger[], settings: Partial<AgentSettings>): Promise<RealAgents> {
    const all = new RealAgents();
    const [first] = ledgers;
    if (first !== undefined) await all.#publish(first);
    for (const [index, ledger] of ledgers.entries()) await all.#startOne(index + 1, ledger, settings);
    return all;
  }

  /** A write of a device at the first cluster; without a token it makes an instance. */
  write(number: number, token: string): Promise<RouteDecision> {
    const facts = { serviceId: 'counter-real', method: 'POST', deviceId: 'car', token, position: null };
    const { router } = this.agent(number);
    return router.decide({ ...facts, forwardedBy: null, migrated: false }, new AbortController().signal);
  }

  agent(number: number): Agent {
    const agent = this.agents[number - 1];
    if (agent === undefined) throw new Error(`there is no agent ${number}`);
    return agent;
  }

  /** Orders a migration as an operator does; gives its id. */
  async move(instanceId: string, from: number, to: number): Promise<string> {
    const { lanes, mover, cache } = this.agent(from);
    const lane = lanes.ensure(instanceId);
    const destination = (await cache.nodes()).find(({ nodeId }) => nodeId === nodeIdOf(to)) ?? null;
    return mover.start(lane, 'operator', 'registry', destination);
  }

  async stop(number: number): Promise<void> {
    this.#network.detach(nodeIdOf(number));
    await this.agent(number).stop();
  }

  async stopAll(): Promise<void> {
    for (const index of this.agents.keys()) await this.stop(index + 1);
  }

  async #startOne(number: number, ledger: Ledger, changes: Partial<AgentSettings>): Promise<void> {
    const engine = new FakeEngine({ clock: wallClock, registry: this.#registry, name: `real${number}` });
    const agent = new Agent(
      {
        // As it was registered: no agent changes its node's record.
        settings: worldSettings(number, { profile: nodeProfile(`edge${number}`), ...changes }),
        ledger,
        engine,
        probe: engine,
        peers: this.#network.peersOf(ledger.nodeId),
        journal: new FakeJournal(),
        clock: wallClock,
        random: this.#random,
        log: new FakeLog(),
      },
      { checkpoints: new FakeStore(), specs: new FakeStore({ [digestOf(RUN_SPEC)]: RUN_SPEC }) },
    );
    this.agents.push(agent);
    this.engines.push(engine);
    await agent.start();
    this.#network.attach(ledger.nodeId, agent.peerHandlers);
  }

  async #publish(ledger: Ledger): Promise<void> {
    const image = imageOf([layerOf({ '/app': 'counter' }, 1_000_000)]);
    const repository = 'blosm/counter-real';
    const { manifestDigest } = this.#registry.put(repository, image);
    const service = serviceRegistration({
      serviceId: 'counter-real',
      image: { repository, manifestDigest, configDigest: image.configDigest, sizeBytes: 1_000_000 },
      specSha256: digestOf(RUN_SPEC),
      need: NEED,
    });
    await ledger.submit('ServiceContract:Register', [service]);
  }
}
