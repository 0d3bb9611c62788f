import { request } from 'node:http';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createMetrics, startMetricsServer } from '../../../../agent/adapters/metrics';
import { METRICS, type MetricFacts } from '../../../../agent/ports/metrics';
import { FakeLog } from '../../../fakes/log';

const FACTS = Object.entries<MetricFacts>(METRICS);
const UNITS = /_(total|seconds|bytes|millis|blocks|days|info|ready|up|nodes|open|instances|in_flight|held)$/;

test.each(FACTS)('%s has a name as documented, a unit, help and few labels', (name, { kind, help, labels }) => {
  expect(name).toMatch(/^blosm_[a-z]+(_[a-z]+)*$/);
  expect(name).toMatch(UNITS);
  expect(name.endsWith('_total')).toBe(kind === 'counter');
  expect(help).toMatch(/^[A-Z0-9].*\.$/s);
  expect(labels.length).toBeLessThanOrEqual(3);
  // What would grow with the work, or say who somebody is.
  for (const label of labels) expect(label).not.toMatch(/device|instance|migration|token|id$/i);
});

test('the page has every figure with its help, and the values', async () => {
  const metrics = createMetrics();
  metrics.add('blosm_requests_total', { outcome: 'refused', code: 'BLOSM_E_NO_ROOM' });
  metrics.add('blosm_requests_total', { outcome: 'refused', code: 'BLOSM_E_NO_ROOM' }, 2);
  metrics.set('blosm_agent_ready', {}, 1);
  metrics.observe('blosm_request_seconds', { outcome: 'served' }, 0.003);
  metrics.beforePage(() => metrics.set('blosm_requests_held', {}, 4));
  const text = await metrics.text();
  for (const [name, { kind }] of FACTS) expect(text).toContain(`# TYPE ${name} ${kind}`);
  expect(text).toContain('blosm_requests_total{outcome="refused",code="BLOSM_E_NO_ROOM"} 3');
  expect(text).toContain('blosm_agent_ready 1');
  expect(text).toContain('blosm_requests_held 4');
  expect(text).toContain('blosm_request_seconds_bucket{le="0.005",outcome="served"} 1');
});

test('a gauge that is cleared is no longer told', async () => {
  const metrics = createMetrics();
  metrics.set('blosm_capacity_cpu_millis', { kind: 'total' }, 4000);
  metrics.clear('blosm_capacity_cpu_millis');
  metrics.set('blosm_lease_left_seconds', {}, 12);
  expect(await metrics.text()).toContain('\nblosm_lease_left_seconds 12\n');
  metrics.clear('blosm_lease_left_seconds');
  const text = await metrics.text();
  expect(text).not.toContain('blosm_capacity_cpu_millis{');
  expect(text).not.toContain('\nblosm_lease_left_seconds ');
  // What was never set is not 0 either.
  expect(text).not.toContain('\nblosm_certificate_left_days ');
});

test('two agents of one process share nothing', async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.set('blosm_agent_ready', {}, 1);
  expect(await other.text()).not.toContain('\nblosm_agent_ready 1\n');
});

describe('the server for scrapers', () => {
  const ask = (port: number, path: string, method = 'GET') =>
    new Promise<{ status: number; type: string; text: string }>((done, reject) => {
      request({ host: '127.0.0.1', port, path, method, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          done({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? '',
            text: Buffer.concat(chunks).toString(),
          }),
        );
      })
        .on('error', reject)
        .end();
    });

  test('answers with the page, and with nothing else', async () => {
    const metrics = createMetrics();
    const server = await startMetricsServer('127.0.0.1:0', metrics, new FakeLog());
    const { port } = server.address;
    const page = await ask(port, '/metrics?x=1');
    expect(page).toMatchObject({ status: 200, type: expect.stringContaining('text/plain') as string });
    expect(page.text).toContain('blosm_agent_ready');
    for (const [path, method] of [
      ['/', 'GET'],
      ['/v1/status', 'GET'],
      ['/metrics', 'POST'],
    ] as const) {
      expect((await ask(port, path, method)).status).toBe(404);
    }
    await server.close();
  });

  test('says 500 when the figures cannot be told, and goes on', async () => {
    const metrics = createMetrics();
    let isBroken = true;
    metrics.beforePage(() => {
      if (isBroken) throw new Error('no');
    });
    const log = new FakeLog();
    const server = await startMetricsServer('127.0.0.1:0', metrics, log);
    expect((await ask(server.address.port, '/metrics')).status).toBe(500);
    expect(log.messages('warn')).toHaveLength(1);
    isBroken = false;
    expect((await ask(server.address.port, '/metrics')).status).toBe(200);
    await server.close();
  });
});

/** Of a figure, or of a part of a histogram. */
function factsOf(name: string): MetricFacts {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  const found = FACTS.find(([known]) => known === name) ?? FACTS.find(([known]) => known === base);
  if (found === undefined) throw new Error(`there is no figure ${name}`);
  return found[1];
}

describe('the dashboard', () => {
  interface Panel {
    title: string;
    targets?: { expr: string }[];
    gridPos: { x: number; y: number; w: number; h: number };
  }
  const file = resolve(__dirname, '../../../../agent/docs/grafana/blosm.json');
  const dashboard = JSON.parse(readFileSync(file, 'utf8')) as { title: string; panels: Panel[]; uid: string };
  const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [title, expr] as const),
  );

  test.each(queries)('%s asks only for figures that exist: %s', (_title, expr) => {
    const names = expr.match(/blosm_\w+/g) ?? [];
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const base = name.replace(/_(bucket|sum|count)$/, '');
      const facts = factsOf(name);
      if (base !== name) expect([name, facts.kind]).toEqual([name, 'histogram']);
      // By labels that it has, in its selector and behind `by`.
      const labels = [...expr.matchAll(new RegExp(`${name}\\{([^}]*)\\}`, 'g'))].flatMap(([, inner = '']) =>
        [...inner.matchAll(/(\w+)\s*(?:=~?|!=)/g)].map(([, label]) => label),
      );
      for (const label of labels) expect([...facts.labels, 'instance', 'job', 'le']).toContain(label);
    }
    expect(expr.match(/\(/g) ?? []).toHaveLength((expr.match(/\)/g) ?? []).length);
  });

  test('shows something of every kind of figure, in panels that do not lie over each other', () => {
    expect(dashboard.title).toBe('BloSM');
    const asked = queries.map(([, expr]) => expr).join(' ');
    for (const subject of [
      'request',
      'migration',
      'ledger',
      'engine',
      'capacity',
      'lease',
      'certificate',
      'journal',
      'agent',
    ]) {
      expect(asked).toContain(`blosm_${subject}`);
    }
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });
});
