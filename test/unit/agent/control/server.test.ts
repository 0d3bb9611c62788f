import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HTTP_STATUS, ROUTES, startControlServer, type ControlServer } from '../../../../agent/adapters/control';
import { ProblemView } from '../../../../agent/ports/control';
import type { Log } from '../../../../agent/ports/log';
import { BlosmError, ERRORS, type ErrorCode } from '../../../../chaincode/src/model';
import { waitUntil } from '../../../../network/processes';
import { FakeControl } from '../../../fakes/control';

let directory: string;
let service: FakeControl;
let server: ControlServer | undefined;
const warnings: string[] = [];
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_fields, message) => void warnings.push(message),
  error: (_fields, message) => void warnings.push(message),
};
const socketPath = () => join(directory, 'agent.sock');
const start = async () => {
  server = await startControlServer({ service, socketPath: socketPath(), log });
  return server;
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'blosm-control-'));
  service = new FakeControl();
  warnings.length = 0;
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(directory, { recursive: true, force: true });
});

interface Answer {
  status: number;
  type: string;
  body: unknown;
}

/** JSON, or the objects of an answer in lines. */
const bodyOf = (text: string, type: string): unknown =>
  type.includes('ndjson')
    ? text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
    : JSON.parse(text);

const ask = (method: string, path: string, body?: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const call = request({ socketPath: socketPath(), method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          body: bodyOf(Buffer.concat(chunks).toString(), response.headers['content-type'] ?? ''),
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });

const serviceFile = {
  serviceId: 'counter',
  applicationType: 'counter',
  image: { repository: 'blosm/counter' },
  run: { port: 80 },
};
const bodies: Record<string, unknown> = {
  '/v1/services': serviceFile,
  '/v1/migrations': { instanceId: 'ins-1', dryRun: true },
  '/v1/instances/:id/recover': { acceptLoss: true },
  '/v1/instances/:id/remove': {},
  '/v1/services/:id/remove': {},
};
const ids: Record<string, string> = {
  '/v1/services/:id': 'counter',
  '/v1/instances/:id': 'ins-1',
  '/v1/instances/:id/recover': 'ins-1',
  '/v1/instances/:id/remove': 'ins-1',
  '/v1/services/:id/remove': 'counter',
  '/v1/ledger/transactions/:id': 'a'.repeat(64),
  '/v1/ledger/blocks/:id': '7',
  '/v1/routes/:id': 'ins-1',
};

test.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s answers what its schema says',
  async (_name, route) => {
    await start();
    const path = route.path.replace(':kind', 'metadata').replace(':id', ids[route.path] ?? 'mig-1');
    const body = route.method === 'post' ? JSON.stringify(bodies[route.path]) : undefined;
    const answer = await ask(route.method.toUpperCase(), path, body);
    expect(Object.keys(route.statuses ?? { 200: '' })).toContain(String(answer.status));
    expect(answer.status).toBeLessThan(300);
    const answers = 'lines' in route ? (answer.body as unknown[]) : [answer.body];
    for (const each of answers) expect(route.answer.parse(each)).toEqual(each);
  },
);

test.each(Object.keys(ERRORS) as ErrorCode[])('%s becomes a problem with its own status', async (code) => {
  await start();
  service.failure = new BlosmError(code, 'because', { stage: 'somewhere', hint: 'do this' });
  const answer = await ask('GET', '/v1/clusters');
  expect(answer.type).toContain('application/problem+json');
  expect(answer.status).toBe(HTTP_STATUS[code]);
  expect(ProblemView.parse(answer.body)).toMatchObject({
    code,
    stage: 'somewhere',
    hint: 'do this',
    detail: `${code}: because`,
    status: HTTP_STATUS[code],
    retryable: ERRORS[code].retryable,
  });
});

test('a defect is told as internal, without its message, and logged', async () => {
  await start();
  service.failure = new TypeError('password is hunter2');
  const answer = await ask('GET', '/v1/clusters');
  expect(answer).toMatchObject({ status: 500, body: { code: 'BLOSM_E_INTERNAL' } });
  expect(JSON.stringify(answer.body)).not.toContain('hunter2');
  expect(warnings).toHaveLength(1);
});

test('an answer that breaks the schema is a defect, not an answer', async () => {
  await start();
  service.statusView = { ...service.statusView, ledgerHeight: -1 };
  expect(await ask('GET', '/v1/status')).toMatchObject({ status: 500, body: { code: 'BLOSM_E_INTERNAL' } });
});

test.each([
  ['POST', '/v1/migrations', '{', 400, /body cannot be read/],
  ['POST', '/v1/migrations', '{}', 400, /instanceId/],
  ['POST', '/v1/migrations', '{"instanceId":"ins-1","too":"edge2"}', 400, /too/],
  ['POST', '/v1/migrations', undefined, 400, /expected object/],
  ['POST', '/v1/services', JSON.stringify({ ...serviceFile, state: 'lots' }), 400, /state/],
  ['GET', '/v1/services/..%2f', undefined, 400, /lower-case/],
  ['GET', '/v1/services?limit=0', undefined, 400, /limit/],
  ['GET', '/v1/services?limti=5', undefined, 400, /limti/],
  ['GET', '/v1/ledger/transactions/xyz', undefined, 400, /hexadecimal/],
  ['GET', '/v1/services/unknown', undefined, 404, /unknown/],
  ['GET', '/v2/status', undefined, 404, /no GET \/v2\/status/],
  ['DELETE', '/v1/services/counter', undefined, 404, /no DELETE/],
])('%s %s with %j is refused with %d', async (method, path, body, status, detail) => {
  await start();
  const answer = await ask(method, path, body);
  expect(answer.status).toBe(status);
  expect(ProblemView.parse(answer.body).detail).toMatch(detail);
  expect(service.orders).toEqual([]);
});

test('an order reaches the service complete', async () => {
  await start();
  const started = await ask('POST', '/v1/migrations', '{"instanceId":"ins-1","to":"edge2"}');
  expect(started.status).toBe(202);
  await ask('POST', '/v1/services', JSON.stringify({ ...serviceFile, need: { memoryMiB: 2 } }));
  expect(service.orders).toMatchObject([
    { instanceId: 'ins-1', to: 'edge2', strategy: null, dryRun: false },
    { serviceId: 'counter', need: { memoryBytes: 2_097_152 }, runSpec: { port: 80, healthPath: '/' } },
  ]);
});

test('health and readiness are told by the status too', async () => {
  await start();
  service.ready = false;
  expect(await ask('GET', '/healthz')).toMatchObject({ status: 503, body: { ticking: false } });
  expect(await ask('GET', '/readyz')).toMatchObject({ status: 503, body: { ready: false, waitsFor: ['the ledger'] } });
});

test('the socket is for its owner and group, goes at the end, and a left one is replaced', async () => {
  const killed = createServer();
  await new Promise<void>((resolve) => killed.listen(`${socketPath()}-of-another`, resolve));
  renameSync(`${socketPath()}-of-another`, socketPath());
  await new Promise((resolve) => killed.close(resolve));
  await (await start()).close();
  expect(() => statSync(socketPath())).toThrow(/ENOENT/);
  await start();
  expect(statSync(socketPath()).mode & 0o777).toBe(0o660);
});

test('a second agent on the same socket is refused and the first goes on', async () => {
  await start();
  await expect(startControlServer({ service, socketPath: socketPath(), log })).rejects.toMatchObject({
    code: 'BLOSM_E_AGENT_RUNNING',
  });
  expect(await ask('GET', '/healthz')).toMatchObject({ status: 200 });
});

test('what else listens there is not thrown away', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(socketPath(), resolve));
  await expect(start()).rejects.toMatchObject({ code: 'BLOSM_E_AGENT_RUNNING' });
  await new Promise((resolve) => other.close(resolve));
});

test('a file that is no socket stays as it is', async () => {
  writeFileSync(socketPath(), 'the journal');
  await expect(start()).rejects.toMatchObject({ code: 'BLOSM_E_CONFIG_INVALID' });
  expect(readFileSync(socketPath(), 'utf8')).toBe('the journal');
});

test('a path that no socket can have is a fault of the configuration', async () => {
  const long = join(directory, 'x'.repeat(120));
  await expect(startControlServer({ service, socketPath: long, log })).rejects.toMatchObject({
    code: 'BLOSM_E_CONFIG_INVALID',
  });
  writeFileSync(join(directory, 'plain'), '');
  const below = join(directory, 'plain', 'a.sock');
  await expect(startControlServer({ service, socketPath: below, log })).rejects.toMatchObject({
    code: 'BLOSM_E_CONFIG_INVALID',
  });
});

describe('an answer in lines', () => {
  const PATH = '/v1/ledger/verification';

  it('that fails before its first line is a problem document', async () => {
    await start();
    service.failure = new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'no peer', { stage: 'query' });
    const answer = await ask('GET', PATH);
    expect(answer).toMatchObject({ status: 503, body: { code: 'BLOSM_E_LEDGER_UNREACHABLE' } });
    expect(answer.type).toContain('application/problem+json');
  });

  it('that fails later ends with a line that says so', async () => {
    await start();
    service.verification = service.verification.slice(0, 1);
    service.lateFailure = new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'the peer went away');
    const { status, body } = await ask('GET', PATH);
    expect(status).toBe(200);
    expect(body).toMatchObject([
      { progress: { blockNumber: 40 } },
      { problem: { code: 'BLOSM_E_LEDGER_UNREACHABLE' } },
    ]);
  });

  it.each(['?from=-1', '?from=x', '?to=2&from=3', '?form=1'])('refuses %s before any work', async (query) => {
    await start();
    expect(await ask('GET', `${PATH}${query}`)).toMatchObject({
      status: 400,
      body: { code: 'BLOSM_E_INVALID_ARGUMENT' },
    });
  });

  it('ends the work when nobody reads any more', async () => {
    await start();
    let signalOfWork: AbortSignal | undefined;
    service.ledger.verify = async function* (_request, signal) {
      signalOfWork = signal;
      for (let blockNumber = 0; !signal.aborted; blockNumber += 1) {
        await Promise.resolve();
        yield { progress: { blockNumber } };
      }
    };
    await new Promise<void>((resolve) => {
      const call = request({ socketPath: socketPath(), path: PATH }, (response) => {
        response.once('data', () => {
          call.destroy();
          resolve();
        });
      });
      call.on('error', () => undefined);
      call.end();
    });
    await waitUntil(() => signalOfWork?.aborted, { deadlineMs: 10_000, what: 'the work to be told' });
  });
});
