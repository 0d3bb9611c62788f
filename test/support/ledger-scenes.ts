import { FakeChannel } from '../fakes/channel';
import type { FakeLedger } from '../fakes/ledger';
import { VirtualClock } from '../fakes/virtual-clock';
import {
  handOverOrder,
  instanceCreation,
  preparation,
  proposal,
  registerNodes,
  serviceRegistration,
  trueEvaluation,
} from './ledger-samples';

/** Five registered nodes on a channel in memory, and how far they have come. */
export interface Stage {
  readonly clock: VirtualClock;
  readonly channel: FakeChannel;
  readonly agent: (nodeId: string) => Promise<FakeLedger>;
}

const NODE_IDS = ['Edge1MSP', 'Edge2MSP', 'Edge3MSP', 'Edge4MSP', 'Edge5MSP'];

/** How long a node is silent until it is suspended, in milliseconds: longer than clocks may differ. */
const SILENCE_MS = 60_000;

interface SceneStep {
  readonly after: string | null;
  readonly play: (stage: Stage) => Promise<unknown>;
}

/** Each scene follows another one. The instance `i-1` begins at edge1, and its migration `m-1` is for edge2. */
const SCENES = {
  registered: { after: null, play: ({ channel }) => registerNodes(channel, ...NODE_IDS) },
  cordoned: { after: 'registered', play: async (stage) => (await edge1(stage)).submit('NodeContract:Cordon', []) },
  lapsed: { after: 'registered', play: (stage) => letLapse(stage, 'Edge5MSP') },
  service: {
    after: 'registered',
    play: async (stage) =>
      (await edge1(stage)).submit('ServiceContract:Register', [serviceRegistration({ state: 'none' })]),
  },
  instance: {
    after: 'service',
    play: async (stage) => (await edge1(stage)).submit('InstanceContract:Create', [instanceCreation()]),
  },
  orphaned: { after: 'instance', play: (stage) => suspend(stage, 'Edge1MSP') },
  proposed: {
    after: 'instance',
    play: async (stage) => {
      const order = proposal(stage.clock.nowMs(), { requestedDestination: 'Edge2MSP' });
      await (await edge1(stage)).submit('MigrationContract:Propose', [order]);
    },
  },
  offered: {
    after: 'proposed',
    play: async (stage) =>
      (await edge2(stage)).submit('EvaluationContract:Submit', [trueEvaluation(stage.clock.nowMs())]),
  },
  prepared: {
    after: 'offered',
    play: async (stage) => (await edge2(stage)).submit('MigrationContract:Prepare', [preparation()]),
  },
  'handed over': {
    after: 'prepared',
    play: async (stage) => (await edge1(stage)).submit('MigrationContract:HandOver', [handOverOrder()]),
  },
  'handed over and orphaned': { after: 'handed over', play: (stage) => suspend(stage, 'Edge2MSP') },
} as const satisfies Record<string, SceneStep>;

export type Scene = keyof typeof SCENES;

const edge1 = ({ agent }: Stage): Promise<FakeLedger> => agent('Edge1MSP');
const edge2 = ({ agent }: Stage): Promise<FakeLedger> => agent('Edge2MSP');

/** Plays everything up to the scene on a channel of its own. */
export async function playUpTo(scene: Scene): Promise<Stage> {
  const clock = new VirtualClock();
  const channel = new FakeChannel({ nodeIds: NODE_IDS, clock });
  const stage: Stage = { clock, channel, agent: (nodeId) => channel.agent(nodeId) };
  const plays: SceneStep['play'][] = [];
  for (let name: Scene | null = scene; name !== null; name = SCENES[name].after) plays.unshift(SCENES[name].play);
  for (const play of plays) await play(stage);
  return stage;
}

/** The node renews for the shortest time there is, and then is silent. */
async function letLapse({ agent, clock }: Stage, nodeId: string): Promise<void> {
  await (await agent(nodeId)).submit('NodeContract:Renew', [{ leaseSeconds: 5 }]);
  await clock.advance(SILENCE_MS);
}

/** The node is silent, and another one says so. */
export async function suspend(stage: Stage, nodeId: string): Promise<void> {
  await letLapse(stage, nodeId);
  await (await stage.agent('Edge4MSP')).submit('NodeContract:Suspend', [nodeId]);
}
