import { createMetrics, type OpenMetrics } from '../../../agent/adapters/metrics';
import { AgentControl } from '../../../agent/app/control/control-service';
import { readGauges } from '../../../agent/app/figures/gauges';
import { LedgerFigures } from '../../../agent/app/figures/ledger-figures';
import { MigrationFigures } from '../../../agent/app/figures/migration-figures';
import { watchCalls } from '../../../agent/app/watch/watched-calls';
import { watchJournal } from '../../../agent/app/watch/watched-journal';
import { watchLedger } from '../../../agent/app/watch/watched-ledger';
import { watchRouter, type RequestEnd } from '../../../agent/app/watch/watched-router';
import { noFacts } from '../../../agent/domain/facts';
import type { JournalEntry } from '../../../agent/ports/journal';
import type { RouteDecision, Router } from '../../../agent/ports/traffic';
import { BlosmError } from '../../../chaincode/src/model';
import { FakeJournal } from '../../fakes/journal';
import { VirtualClock } from '../../fakes/virtual-clock';
import { nearNode, nodeIdOf, startWorld, type World } from '../../support/agents';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

/** The lines of one figure, without its help. */
async function figure(metrics: OpenMetrics, name: string): Promise<string[]> {
  const text = await metrics.text();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

describe('the ledger', () => {
  let world: World;
  afterEach(() => world.end());

  test('is watched by its calls and its blocks', async () => {
    world = await startWorld();
    const metrics = createMetrics();
    const figures = new LedgerFigures(metrics, world.clock);
    const ledger = watchLedger(world.node(1).ledger, world.clock, [figures]);
    expect(ledger.nodeId).toBe(nodeIdOf(1));
    const stop = new AbortController();
    const blocks = (async () => {
      for await (const block of ledger.events(null, stop.signal)) if (block.blockNumber < 0) return;
    })();
    await world.clock.runUntil(ledger.submit('NodeContract:Renew', [{ leaseSeconds: 60 }]));
    await ledger.query('NodeContract:List', []);
    await expect(ledger.query('InstanceContract:Get', ['inst-none'])).rejects.toMatchObject({
      code: 'BLOSM_E_NOT_FOUND',
    });
    await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    await world.clock.advance(1000);
    const name = 'blosm_ledger_queries_total';
    expect(await figure(metrics, name)).toEqual([
      `${name}{function="NodeContract:List",outcome="ok"} 1`,
      `${name}{function="InstanceContract:Get",outcome="BLOSM_E_NOT_FOUND"} 1`,
    ]);
    expect(await figure(metrics, 'blosm_ledger_submits_total')).toEqual([
      'blosm_ledger_submits_total{function="NodeContract:Renew",outcome="ok"} 1',
    ]);
    expect(await figure(metrics, 'blosm_ledger_failures_total')).toHaveLength(1);
    expect(await figure(metrics, 'blosm_ledger_stage_seconds_count')).toHaveLength(3);
    expect(await figure(metrics, 'blosm_ledger_events_total')).toContain(
      'blosm_ledger_events_total{name="InstanceCreated"} 1',
    );
    expect(figures.leaseUntilMs).toBeGreaterThan(world.clock.nowMs());
    expect(figures.lastBlock?.blockNumber).toBeGreaterThan(0);
    stop.abort();
    await world.clock.runUntil(blocks.catch(() => undefined));
  });

  test('gauges tell what the agent is at, and leave out what is not known', async () => {
    world = await startWorld();
    const metrics = createMetrics();
    const agent = world.agent(1);
    const control = new AgentControl(agent, { version: '1.2.3', channel: 'blosm', startedAtMs: world.clock.nowMs() });
    const figures = new LedgerFigures(metrics, world.clock);
    metrics.beforePage(() => readGauges(agent, control.board.view(), figures, metrics));
    expect(await figure(metrics, 'blosm_capacity_memory_bytes')).toEqual([]);
    expect(await figure(metrics, 'blosm_lease_left_seconds')).toEqual([]);
    const stop = new AbortController();
    const board = control.board.run(stop.signal);
    await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    await world.clock.advance(6000);
    expect(await figure(metrics, 'blosm_agent_ready')).toEqual(['blosm_agent_ready 1']);
    expect(await figure(metrics, 'blosm_instances')).toEqual([
      'blosm_instances{state="owned"} 1',
      'blosm_instances{state="serving"} 1',
    ]);
    const memory = (await figure(metrics, 'blosm_capacity_memory_bytes')).map((line) => Number(line.split(' ')[1]));
    expect(memory).toHaveLength(2);
    expect(memory[1]).toBeLessThan(memory[0] ?? 0);
    expect(await figure(metrics, 'blosm_ledger_nodes')).toEqual(['blosm_ledger_nodes{state="ACTIVE"} 3']);
    expect((await figure(metrics, 'blosm_dependency_up')).every((line) => line.endsWith(' 1'))).toBe(true);
    expect(await figure(metrics, 'blosm_dependency_up')).toContain('blosm_dependency_up{dependency="engine"} 1');
    stop.abort();
    await world.clock.runUntil(board);
  });
});

describe('migrations', () => {
  const entry = (kind: JournalEntry['kind'], name: string, atMs: number, migrationId = 'mig-1'): JournalEntry => ({
    ...{ atMs, kind, name, migrationId, instanceId: 'ins-1', detail: null },
  });
  const intent = {
    migrationId: 'mig-1',
    trigger: 'reconnect',
    strategy: 'registry',
    requestedDestination: null,
  } as const;

  test('are counted by the steps that the journal has, with what the source knows of them', async () => {
    const metrics = createMetrics();
    const figures = new MigrationFigures(metrics);
    figures.ask({
      facts: (_instanceId, migrationId) => ({
        ...noFacts(migrationId),
        intent: migrationId === 'mig-1' ? intent : null,
      }),
      outageMs: () => Promise.resolve(4200),
    });
    const clock = new VirtualClock();
    const journal = watchJournal(new FakeJournal(), clock, [figures]);
    for (const line of [
      entry('step-begun', 'propose', 0),
      entry('step-done', 'propose', 250),
      entry('step-begun', 'push', 1000),
      entry('step-failed', 'push', 3000),
      entry('step-begun', 'hand-over', 4000),
      entry('step-done', 'hand-over', 4100),
      entry('fact', 'closed', 5000),
      entry('step-begun', 'complete', 6000, 'mig-2'),
      entry('step-done', 'complete', 6100, 'mig-2'),
    ]) {
      await journal.append(line);
    }
    await clock.advance(1);
    expect(await figure(metrics, 'blosm_migrations_total')).toEqual([
      'blosm_migrations_total{state="PROPOSED",strategy="registry",trigger="reconnect"} 1',
      'blosm_migrations_total{state="HANDED_OVER",strategy="registry",trigger="reconnect"} 1',
      'blosm_migrations_total{state="COMPLETED",strategy="unknown",trigger="unknown"} 1',
    ]);
    expect(await figure(metrics, 'blosm_migration_phase_seconds_sum')).toEqual([
      'blosm_migration_phase_seconds_sum{phase="propose",outcome="done"} 0.25',
      'blosm_migration_phase_seconds_sum{phase="push",outcome="failed"} 2',
      'blosm_migration_phase_seconds_sum{phase="hand-over",outcome="done"} 0.1',
      'blosm_migration_phase_seconds_sum{phase="complete",outcome="done"} 0.1',
    ]);
    expect(await figure(metrics, 'blosm_migration_outage_seconds_sum')).toEqual([
      'blosm_migration_outage_seconds_sum{strategy="registry"} 4.2',
    ]);
    expect(await figure(metrics, 'blosm_journal_entries_total')).toHaveLength(4);
    expect(await journal.readAll()).toHaveLength(9);
  });
});

describe('requests', () => {
  const clock = new VirtualClock();
  const facts = {
    ...{ serviceId: 'counter', method: 'GET', deviceId: '', token: '', position: null },
    ...{ forwardedBy: null, migrated: false },
  };
  const routerOf = (decision: RouteDecision): Router => ({
    decide: () => Promise.resolve(decision),
    reportPosition: () => Promise.resolve(true),
  });
  const answer = { servedBy: 'edge1', instanceId: 'ins-1', newToken: null, connectTo: null, isFresh: true };
  let released = 0;
  const release = () => void (released += 1);

  test.each([
    ['served', { kind: 'serve', host: 'h', port: 1, answer, release }],
    ['forwarded', { kind: 'forward', nodeId: 'n', reason: 'owner', answer, release }],
    ['migrated', { kind: 'forward', nodeId: 'n', reason: 'request-migration', answer, release }],
  ] as const)('that are %s end with their release, once', async (outcome, decision) => {
    released = 0;
    const ends: RequestEnd[] = [];
    const router = watchRouter(routerOf(decision), clock, (end) => ends.push(end));
    const decided = await router.decide(facts, new AbortController().signal);
    expect(ends).toEqual([]);
    await clock.advance(2000);
    if (decided.kind !== 'refuse') {
      decided.release();
      decided.release();
    }
    expect(ends).toEqual([{ outcome, code: '', durationMs: 2000 }]);
    expect(released).toBe(2);
    expect(await router.reportPosition('', { latE6: 0, lonE6: 0 })).toBe(true);
  });

  test('that are refused end at once, with the code', async () => {
    const ends: RequestEnd[] = [];
    const refusal = { kind: 'refuse', status: 503, code: 'BLOSM_E_NO_ROOM', reason: '', retryAfterSeconds: 1 } as const;
    await watchRouter(routerOf(refusal), clock, (end) => ends.push(end)).decide(facts, new AbortController().signal);
    expect(ends).toEqual([{ outcome: 'refused', code: 'BLOSM_E_NO_ROOM', durationMs: 0 }]);
  });
});

test('calls of a port are told with their outcome; what is no call stays what it is', async () => {
  const clock = new VirtualClock();
  class Port {
    readonly #secret = 42;
    name = 'port';
    ok = async () => {
      await clock.sleep(50);
      return this.#secret;
    };
    bad = () => Promise.reject(new BlosmError('BLOSM_E_ENGINE', 'no'));
    worse = () => Promise.reject(new TypeError('no'));
    now = () => 7;
    own() {
      return Promise.resolve(this.#secret);
    }
  }
  const seen: unknown[] = [];
  const port = watchCalls(new Port(), clock, (call) => seen.push(call));
  expect([port.name, port.now(), await port.own()]).toEqual(['port', 7, 42]);
  expect(await clock.runUntil(port.ok())).toBe(42);
  await expect(port.bad()).rejects.toThrow('no');
  await expect(port.worse()).rejects.toThrow('no');
  await Promise.resolve();
  expect(seen).toEqual([
    { operation: 'own', durationMs: 0, outcome: 'ok' },
    { operation: 'ok', durationMs: 50, outcome: 'ok' },
    { operation: 'bad', durationMs: 0, outcome: 'BLOSM_E_ENGINE' },
    { operation: 'worse', durationMs: 0, outcome: 'BLOSM_E_INTERNAL' },
  ]);
});
