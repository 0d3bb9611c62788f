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
import { underSignals } from '../domain/join-signals';
import { TokenRecord } from '../domain/token';
import { AgentControl } from '../app/control/control-service';
import { LedgerCache } from '../app/ledger-cache';
import { NodeDirectory } from '../app/node-directory';
import { refuseSecondAgent } from '../app/second-agent';
import type { AgentConfig } from '../config/schema';
import { tcpControl } from './control';
import { requireFit } from './doctor';
import { connectEngine } from './engine';
import { openGateway } from './gateway';
import { openLedger } from './ledger';
import { Observing } from './observing';
import { settingsOf } from './settings';
import { readVersion } from '../config/version';

const Checkpoint = z.strictObject({ genesisSha256: z.string(), nextBlock: z.int().min(0) });

/** What an earlier release cannot have written, or wrote otherwise, is read from the ledger again. */
const Remembered = z.strictObject({
  instances: z.record(z.string(), InstanceRecord),
  services: z.record(z.string(), ServiceRecord),
});

const DrainMark = z.strictObject({ sinceMs: z.number().nullable() });

/** Something that was opened and has to be closed. */
type Close = () => Promise<void> | void;

/**
 * Runs the agent until the signal fires, then stops looking and acting; containers and the ledger go on.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID, BLOSM_E_AGENT_RUNNING, BLOSM_E_JOURNAL
 */
export async function runAgent(config: AgentConfig, { signal }: { readonly signal: AbortSignal }): Promise<void> {
  const closing: Close[] = [];
  try {
    const { displaced } = await start(config, signal, (close) => closing.push(close));
    await underSignals([signal, displaced], fired);
    if (displaced.aborted) throw displaced.reason;
  } finally {
    // The last opened first: no request may meet a part that is gone already.
    for (const close of closing.reverse()) await close();
  }
}

async function fired(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function start(config: AgentConfig, signal: AbortSignal, onClose: (close: Close) => void): Promise<Agent> {
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
  const mutualTls = { directory: new NodeDirectory(cache), identity };
  const links = openPeerLinks(mutualTls);
  onClose(() => links.close());
  const peers = observing.peers(connectPeers(mutualTls));
  onClose(() => peers.close());
  const { directory } = mutualTls;
  await refuseSecondAgent(
    { nodeId: config.cluster.mspId, directory, peers, readNodes: () => cache.nodes(), clock, log },
    signal,
  );
  const engine = observing.engine(await connectEngine(config, log));
  const context = {
    ...{ settings: settingsOf(config), ledger, ...engine, peers, journal, clock, log, metrics },
    random: createRandom(clock),
  };
  const at = (file: string): string => join(config.state.directory, file);
  const stores = {
    checkpoints: openStore(at('checkpoint.json'), Checkpoint),
    activity: openStore(at('activity.json'), z.record(z.string(), z.number())),
    drains: openStore(at('drain.json'), DrainMark),
    memory: openStore(at('ledger-memory.json'), Remembered),
    specs: openStore(at('run-specs.json'), z.record(z.string(), RunSpec)),
    tokens: openStore(at('tokens.json'), z.record(z.string(), TokenRecord)),
  };
  const agent = new Agent(context, stores, cache);
  await agent.start();
  onClose(() => agent.stop());
  const about = { version, channel: config.ledger.channel, startedAtMs };
  const control = new AgentControl(agent, about, observing.feeds);
  const board = control.board.run(signal);
  onClose(() => board);
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
    log,
  });
  onClose(() => peerServer.close());
  identity.onRenewal(() => peerServer.renew());
  const socketPath = config.control.socket;
  const tcp = await tcpControl(config, identity);
  const controlServer = await startControlServer({ service: control, socketPath, tcp, metrics, log });
  onClose(() => controlServer.close());
  identity.onRenewal(() => controlServer.renew());
  const page = await observing.listen();
  onClose(() => page?.close());
  log.info({ gateway: config.gateway.listen, peers: config.peers.listen, socketPath }, 'the agent runs');
  return agent;
}
