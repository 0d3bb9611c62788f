import { BlosmError } from '../../chaincode/src/model';
import { nodeIdOf, type World } from './agents';

/** Something that goes away and comes back, whatever the state of the machine. */
export interface WorldFault {
  readonly name: string;
  /** For how long, in simulated milliseconds. */
  readonly forMs: number;
  begin(world: World): void;
  end(world: World): Promise<void> | void;
}

const SECONDS = 1000;
const MINUTES = 60 * SECONDS;

const CLUSTERS = [
  [1, 'source'],
  [2, 'destination'],
  [3, 'third cluster'],
] as const;

const agentGone = ([number, role]: (typeof CLUSTERS)[number]): WorldFault => ({
  name: `the agent of the ${role} killed`,
  forMs: 3 * SECONDS,
  begin: (world) => world.crash(number),
  end: (world) => world.node(number).start(),
});

const peerGone = ([number, role]: (typeof CLUSTERS)[number]): WorldFault => ({
  name: `the peer of the ${role} stopped`,
  forMs: 8 * SECONDS,
  begin: (world) => world.channel.peer(nodeIdOf(number)).stop(),
  end: (world) => world.channel.peer(nodeIdOf(number)).start(),
});

const engineGone = ([number, role]: (typeof CLUSTERS)[number]): WorldFault => ({
  name: `the Docker Engine of the ${role} killed, with its containers`,
  forMs: 5 * SECONDS,
  begin: (world) => world.node(number).engine.crash(),
  end: (world) => void (world.node(number).engine.isDown = false),
});

const ordererGone = (forMs: number): WorldFault => ({
  name: `the orderer stopped for ${forMs / SECONDS} s`,
  forMs,
  begin: (world) => void (world.channel.ordererRunning = false),
  end: (world) => {
    world.channel.ordererRunning = true;
    world.channel.cut();
  },
});

/** Nobody says that the link is cut: calls wait until their deadline. */
const linkCut = (forMs: number): WorldFault => ({
  name: `the link between the agents cut for ${forMs / SECONDS} s`,
  forMs,
  begin: ({ network }) => {
    network.cut(nodeIdOf(1), nodeIdOf(2), 'silent');
    network.cut(nodeIdOf(2), nodeIdOf(1), 'silent');
  },
  end: ({ network }) => {
    network.mend(nodeIdOf(1), nodeIdOf(2));
    network.mend(nodeIdOf(2), nodeIdOf(1));
  },
});

/** The whole machine without a network: no other agent, no orderer, no other peer, no registry; devices reach it. */
const machineCut = ([number, role]: (typeof CLUSTERS)[number], forMs: number): WorldFault => {
  const noRegistry: (() => void)[] = [];
  return {
    name: `the link of the ${role} cut for ${forMs / SECONDS} s`,
    forMs,
    begin: (world) => {
      const me = nodeIdOf(number);
      world.channel.isolate(me);
      for (const other of world.nodes.keys()) {
        if (other === me) continue;
        world.network.cut(me, other, 'silent');
        world.network.cut(other, me, 'silent');
      }
      const fails = new BlosmError('BLOSM_E_REGISTRY', 'no route to host', { stage: 'transfer' });
      for (const operation of ['pushImage', 'pullImage'] as const) {
        noRegistry.push(world.node(number).engine.fault({ operation, fails, times: Infinity }));
      }
    },
    end: (world) => {
      const me = nodeIdOf(number);
      world.channel.rejoin(me);
      for (const other of world.nodes.keys()) {
        world.network.mend(me, other);
        world.network.mend(other, me);
      }
      for (const mend of noRegistry.splice(0)) mend();
    },
  };
};

/** By a machine's whole software: its agent, its client and its peer. Endorsers refuse what is off by more than 30 s. */
const clockBack = ([number, role]: (typeof CLUSTERS)[number], backMs: number): WorldFault => {
  const set = (world: World, offsetMs: number): void => {
    const node = world.node(number);
    node.clockOffsetMs = offsetMs;
    node.ledger.clockOffsetMs = offsetMs;
    world.channel.peer(node.nodeId).clockOffsetMs = offsetMs;
  };
  return {
    name: `the clock of the ${role} set back by ${backMs / SECONDS} s`,
    forMs: 20 * SECONDS,
    begin: (world) => set(world, -backMs),
    end: (world) => set(world, 0),
  };
};

const diskFull = ([number, role]: (typeof CLUSTERS)[number]): WorldFault => ({
  name: `the disk of the ${role} full`,
  forMs: 20 * SECONDS,
  begin: (world) => world.node(number).fillDisk(),
  end: (world) => world.node(number).makeRoom(),
});

/** The agent is killed, and the disk has lost what the journal wrote last. */
const journalCut = ([number, role]: (typeof CLUSTERS)[number], entries: number): WorldFault => ({
  name: `the agent of the ${role} killed, and its journal ${entries === Infinity ? 'lost' : `cut by ${entries}`}`,
  forMs: 3 * SECONDS,
  begin: (world) => {
    world.crash(number);
    world.node(number).journal.truncate(entries);
  },
  end: (world) => world.node(number).start(),
});

/** Everything of issue 5, section C, that can happen in any state of a migration. */
export const WORLD_FAULTS: readonly WorldFault[] = [
  ...CLUSTERS.map(agentGone),
  ...CLUSTERS.map(peerGone),
  ...CLUSTERS.map(engineGone),
  ...CLUSTERS.slice(0, 2).map(diskFull),
  ...CLUSTERS.slice(0, 2).flatMap((cluster) => [1, 5, Infinity].map((entries) => journalCut(cluster, entries))),
  ordererGone(5 * SECONDS),
  ordererGone(10 * MINUTES),
  linkCut(10 * SECONDS),
  linkCut(10 * MINUTES),
  ...CLUSTERS.slice(0, 2).flatMap((cluster) => [machineCut(cluster, 10 * SECONDS), machineCut(cluster, 10 * MINUTES)]),
  ...CLUSTERS.slice(0, 2).flatMap((cluster) => [clockBack(cluster, 20 * SECONDS), clockBack(cluster, 60 * MINUTES)]),
];
