import { request as httpsRequest } from 'node:https';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { request } from 'node:http';
import { startControlServer, type ControlServer } from '../../../../agent/adapters/control';
import {
  createAuthority,
  type CertificateAuthority,
  type Credential,
} from '../../../../network/fabric/pki/certificate-authority';
import { FakeControl } from '../../../fakes/control';
import { FakeLog } from '../../../fakes/log';
import { makeCertificate } from '../../../support/certificates';
import { invoke } from '../../cli/invoke';

let own: CertificateAuthority;
let foreign: CertificateAuthority;
let agent: Credential;
let admin: Credential;
let directory: string;
let server: ControlServer;
let service: FakeControl;
let log: FakeLog;

const issue = (authority: CertificateAuthority, commonName: string, unit: string): Promise<Credential> =>
  authority.issue({ commonName, unit, hosts: ['localhost'] });

beforeAll(async () => {
  own = await createAuthority('ca.edge1', 'edge1');
  foreign = await createAuthority('ca.edge2', 'edge2');
  agent = await issue(own, 'agent', 'client');
  admin = await issue(own, 'operator', 'admin');
});

const start = async (changes: { allow?: string[]; nowMs?: () => number; identity?: Credential } = {}) => {
  const { identity = agent, allow = ['OU=admin'], nowMs } = changes;
  server = await startControlServer({
    service,
    socketPath: join(directory, 'agent.sock'),
    tcp: {
      listen: '127.0.0.1:0',
      identity: { certificatePem: identity.certificatePem, privateKeyPem: identity.keyPem },
      clientCaPem: own.credential.certificatePem,
      allow,
      ...(nowMs === undefined ? {} : { nowMs }),
    },
    log,
  });
  return server.tcpAddress?.port ?? 0;
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'blosm-tcp-'));
  service = new FakeControl();
  log = new FakeLog();
});
afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Answer {
  status: number;
  body: { code?: string; detail?: string; nodeId?: string };
}

const ask = (
  port: number,
  client: Credential | null,
  options: { method?: string; path?: string; body?: string } = {},
) =>
  new Promise<Answer>((resolve, reject) => {
    const shown = client === null ? {} : { cert: client.certificatePem, key: client.keyPem };
    const call = httpsRequest(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        path: options.path ?? '/v1/status',
        method: options.method ?? 'GET',
        ca: own.credential.certificatePem,
        agent: false,
        ...shown,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) as object }),
        );
      },
    );
    call.on('error', reject);
    call.end(options.body);
  });

const fingerprint = async (credential: Credential): Promise<string> => {
  const { X509Certificate } = await import('node:crypto');
  return new X509Certificate(credential.certificatePem).fingerprint256.replaceAll(':', '');
};

test('an admin of the own organisation commands the agent', async () => {
  const port = await start();
  expect(await ask(port, admin)).toMatchObject({ status: 200, body: { nodeId: 'Edge1MSP' } });
});

test.each([
  ['no certificate', () => Promise.resolve(null), /no client certificate was shown/],
  ["a foreign organisation's admin", () => issue(foreign, 'operator', 'admin'), /not one of control.clientCa/],
  ["a member's client certificate", () => issue(own, 'camera', 'client'), /not in control.allow/],
  ["the agent's own certificate", () => Promise.resolve(agent), /not in control.allow/],
  ["the organisation's peer", () => issue(own, 'peer', 'peer'), /not in control.allow/],
  ['an admin by name only', () => issue(own, 'OU=admin', 'client'), /not in control.allow/],
  [
    'a certificate that it made itself',
    async () => {
      const { certificatePem, privateKeyPem } = await makeCertificate('operator');
      return { certificatePem, keyPem: privateKeyPem };
    },
    /not one of control.clientCa/,
  ],
])('%s is refused with a sentence, before any route sees the request', async (_who, credential, detail) => {
  const port = await start();
  const answer = await ask(port, await credential(), {
    method: 'POST',
    path: '/v1/migrations',
    body: '{"instanceId":"ins-1"}',
  });
  expect(answer.status).toBe(403);
  expect(answer.body.code).toBe('BLOSM_E_FORBIDDEN');
  expect(answer.body.detail).toMatch(detail);
  expect(service.orders).toEqual([]);
  expect(log.messages('warn')).toEqual(['a caller may not command this agent']);
});

test('the refused see no figures and no documents either', async () => {
  const port = await start();
  for (const path of ['/metrics', '/openapi.json', '/healthz', '/nothing']) {
    expect(await ask(port, null, { path })).toMatchObject({ status: 403 });
  }
});

test('an expired certificate is refused, by the clock of each request', async () => {
  let nowMs = Date.now();
  const port = await start({ nowMs: () => nowMs });
  expect(await ask(port, admin)).toMatchObject({ status: 200 });
  nowMs += 100 * 365 * 86_400_000;
  const answer = await ask(port, admin);
  expect(answer.status).toBe(403);
  expect(answer.body.detail).toMatch(/expired on/);
});

test.each([
  ['a fingerprint', async () => [await fingerprint(await camera())]],
  ['a name', () => Promise.resolve(['OU=nobody', 'CN=camera'])],
])('control.allow lets one in by %s, and then nobody else', async (_how, allow) => {
  const port = await start({ allow: await allow() });
  expect(await ask(port, await camera())).toMatchObject({ status: 200 });
  expect(await ask(port, admin)).toMatchObject({ status: 403 });
});

let cameraCredential: Promise<Credential> | undefined;
const camera = () => (cameraCredential ??= issue(own, 'camera', 'client'));

test('plain HTTP gets nothing', async () => {
  const port = await start();
  await expect(
    new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/v1/status', agent: false }, resolve).on('error', reject).end();
    }),
  ).rejects.toThrow();
});

test('a renewed certificate is shown to new connections', async () => {
  const identity = { certificatePem: agent.certificatePem, privateKeyPem: agent.keyPem };
  server = await startControlServer({
    service,
    socketPath: join(directory, 'agent.sock'),
    tcp: { listen: '127.0.0.1:0', identity, clientCaPem: own.credential.certificatePem, allow: ['OU=admin'] },
    log,
  });
  const next = await issue(own, 'agent', 'client');
  Object.assign(identity, { certificatePem: next.certificatePem, privateKeyPem: next.keyPem });
  server.renew();
  const shown = await new Promise<string>((resolve, reject) => {
    const ca = own.credential.certificatePem;
    const socket = tlsConnect({ host: '127.0.0.1', servername: 'localhost', port: server.tcpAddress?.port, ca });
    socket.on('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.toString() ?? '');
      socket.destroy();
    });
  });
  expect(shown.trim()).toBe(next.certificatePem.trim());
});

test('an authority that is none is a fault of the configuration', async () => {
  const tcp = {
    listen: '127.0.0.1:0',
    identity: { certificatePem: agent.certificatePem, privateKeyPem: admin.keyPem },
    clientCaPem: own.credential.certificatePem,
    allow: [],
  };
  const socketPath = join(directory, 'agent.sock');
  await expect(startControlServer({ service, socketPath, tcp, log })).rejects.toMatchObject({
    code: 'BLOSM_E_CONFIG_INVALID',
  });
  await start();
});

describe('blosm --agent https://', () => {
  const files = (client: Credential, ca: string) => {
    const put = (name: string, text: string) => {
      writeFileSync(join(directory, name), text);
      return name;
    };
    return [
      '--agent-cert',
      put('c.pem', client.certificatePem),
      '--agent-key',
      put('k.pem', client.keyPem),
      '--agent-ca',
      put('ca.pem', ca),
    ];
  };
  const blosm = (argv: string[], env: Record<string, string> = {}) => invoke(argv, { cwd: directory, env });

  test('works with the authority and a name that the certificate has', async () => {
    const port = await start();
    const outcome = await blosm([
      ...['status', '-o', 'json', '--agent', `https://localhost:${port}`],
      ...files(admin, own.credential.certificatePem),
    ]);
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ kind: 'Status', nodeId: 'Edge1MSP' });
  });

  test('works by the environment, and line by line', async () => {
    const port = await start();
    files(admin, own.credential.certificatePem);
    const env = { BLOSM_AGENT: `https://localhost:${port}`, BLOSM_AGENT_CERT: 'c.pem', BLOSM_AGENT_KEY: 'k.pem' };
    const outcome = await blosm(['logs', '-o', 'json'], { ...env, BLOSM_AGENT_CA: 'ca.pem' });
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ message: 'step failed', position: '7-1' });
  });

  test("works by an address that the certificate does not have, with the agent's certificate as the pin", async () => {
    const port = await start();
    const argv = ['status', '--agent', `https://127.0.0.1:${port}`];
    const refused = await blosm([...argv, ...files(admin, own.credential.certificatePem)]);
    expect(refused.exitCode).toBe(6);
    expect(refused.stderr).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID[^]*certificate itself as --agent-ca/);
    expect(await blosm([...argv, ...files(admin, agent.certificatePem)])).toMatchObject({ exitCode: 0 });
  });

  test('does not speak to an impostor', async () => {
    const port = await start({ identity: await issue(foreign, 'agent', 'client') });
    const argv = ['status', '--agent', `https://localhost:${port}`];
    for (const ca of [own.credential.certificatePem, agent.certificatePem]) {
      const outcome = await blosm([...argv, ...files(admin, ca)]);
      expect(outcome.exitCode).toBe(6);
      expect(outcome.stderr).toMatch(/not of the authority in --agent-ca/);
    }
  });

  test('says why it is refused', async () => {
    const port = await start();
    const outcome = await blosm([
      ...['migration', 'list', '--agent', `https://localhost:${port}`],
      ...files(agent, own.credential.certificatePem),
    ]);
    expect(outcome.exitCode).toBe(5);
    expect(outcome.stderr).toMatch(/not in control.allow[^]*admin's certificate/);
  });

  test.each([
    [['--agent-key', 'k.pem', '--agent-ca', 'ca.pem'], /needs --agent-cert \(or \$BLOSM_AGENT_CERT\)/],
    [
      ['--agent-cert', 'none.pem', '--agent-key', 'k.pem', '--agent-ca', 'ca.pem'],
      /--agent-cert .*none.pem cannot be read/,
    ],
  ])('with %j says what is missing', async (options, message) => {
    await start();
    files(admin, own.credential.certificatePem);
    const outcome = await blosm(['status', '--agent', 'https://localhost:1', ...options]);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.stderr).toMatch(message);
  });
});
