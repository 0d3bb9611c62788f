import { join } from 'node:path';
import { z } from 'zod';
import { InstanceRecord, RunSpec, ServiceRecord } from '../../chaincode/src/model';
import { createRandom, systemClock } from '../adapters/clock';
import { startControlServer } from '../adapters/control';
import { openIdentity } from '../adapters/identity';
import { openJournal, openStore } from '../adapters/journal';
import { connectPeers, startPeerServer } from '../adapters/peers';
import { openPeerLinks } from '../adapters/tls';
import { Agent } from '../app/agent';
import { joinSignals, underSignals } from '../domain/join-signals';
import { TokenRecord } from '../domain/token';
import { AgentControl } from '../app/control/control-service';
import { LedgerCache } from '../app/ledger-cache';
import { NodeDirectory } from '../app/node-directory';
import { refuseSecondAgent } from '../app/second-agent';
import type { AgentConfig } from '../config/schema';
import type { Store } from '../ports/journal';
import { tcpControl } from './control';
import { requireFit } from './doctor';
import { connectEngine } from './engine';
import { openGateway } from './gateway';
import { openLedger } from './ledger';
import { Observing } from './observing';
import { Opened } from './opened';
import { settingsOf } from './settings';
import { readVersion } from '../config/version';

const Checkpoint = z.strictObject({ genesisSha256: z.string(), nextBlock: z.int().min(0) });

/** What an earlier release cannot have written, or wrote otherwise, is read from the ledger again. */
const Remembered = z.strictObject({
  instances: z.record(z.string(), InstanceRecord),
  services: z.record(z.string(), ServiceRecord),
});

const DrainMark = z.strictObject({ sinceMs: z.number().nullable() });

/**
 * Runs the agent until the signal fires, then stops looking and acting; containers and the ledger go on.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID, BLOSM_E_AGENT_RUNNING, BLOSM_E_JOURNAL
 */
export async function runAgent(config: AgentConfig, { signal }: { readonly signal: AbortSignal }): Promise<void> {
  const opened = new Opened();
  await opened.during(async () => {
    const { displaced } = await start(config, signal, opened);
    await underSignals([signal, displaced], fired);
    if (displaced.aborted) throw displaced.reason;
  });
}

async function fired(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function start(config: AgentConfig, signal: AbortSignal, { onClose }: Opened): Promise<Agent> {
  const clock = systemClock;
  const startedAtMs = clock.nowMs();
  await requireFit(config, startedAtMs);
  const version = readVersion();
  const observing = new Observing(clock, config, version);
  const { log, metrics } = observing;
  const identity = await openIdentity(config.ledger, { log, clock });
  onClose(() => identity.close());
  const journal = observing.journal(await openJournal(config.state.directory));
  onClose(() => journal.close());
  if (journal.droppedBytes > 0) log.warn({ droppedBytes: journal.droppedBytes }, 'the journal had a torn last line');
  const ledger = observing.ledger(await openLedger(config, identity, { log, clock }));
  onClose(() => ledger.close());
  const cache = new LedgerCache(ledger);
  const { mspId: nodeId } = config.cluster;
  const mutualTls = { nodeId, directory: new NodeDirectory(cache), identity };
  const links = openPeerLinks(mutualTls);
  onClose(() => links.close());
  const peers = observing.peers(connectPeers(mutualTls));
  onClose(() => peers.close());
  const { directory } = mutualTls;
  await refuseSecondAgent({ nodeId, directory, peers, readNodes: () => cache.nodes(), clock, log }, signal);
  const engine = observing.engine(await connectEngine(config, log));
  const context = {
    ...{ settings: settingsOf(config), ledger, ...engine, peers, journal, clock, log, metrics },
    random: createRandom(clock),
  };
  const store = <T>(file: string, schema: z.ZodType<T>): Store<T> =>
    openStore(join(config.state.directory, file), schema, log);
  const stores = {
    checkpoints: store('checkpoint.json', Checkpoint),
    activity: store('activity.json', z.record(z.string(), z.number())),
    drains: store('drain.json', DrainMark),
    memory: store('ledger-memory.json', Remembered),
    specs: store('run-specs.json', z.record(z.string(), RunSpec)),
    tokens: store('tokens.json', z.record(z.string(), TokenRecord)),
  };
  const agent = new Agent(context, stores, cache);
  await agent.start();
  onClose(() => agent.stop());
  const about = { version, channel: config.ledger.channel, startedAtMs };
  const control = new AgentControl(agent, about, observing.feeds);
  const boardEnds = new AbortController();
  const board = control.board.run(joinSignals(signal, boardEnds.signal).signal);
  onClose(() => {
    boardEnds.abort();
    return board;
  });
  observing.attach({ agent, board: control.board, identity, journalBytes: () => journal.sizeBytes() });
  const router = observing.router(agent.router);
  const gateway = await openGateway(config.gateway, { router, links, log, clock });
  onClose(() => gateway.close());
  const handlers = agent.peerHandlers;
  const peerServer = await startPeerServer({
    ...mutualTls,
    listen: config.peers.listen,
    handlers,
    forward: gateway.forwarded,
    maxConnections: config.gateway.limits.connections,
    release: version,
    log,
  });
  onClose(() => peerServer.close());
  identity.onRenewal(() => peerServer.renew());
  const socketPath = config.control.socket;
  const tcp = await tcpControl(config, identity, { log, clock });
  onClose(() => tcp?.close());
  const controlServer = await startControlServer({ service: control, socketPath, tcp: tcp?.options, metrics, log });
  onClose(() => controlServer.close());
  tcp?.identity.onRenewal(() => controlServer.renew());
  const page = await observing.listen();
  onClose(() => page?.close());
  log.info({ gateway: config.gateway.listen, peers: config.peers.listen, socketPath }, 'the agent runs');
  return agent;
}
