import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findConfigFile, loadConfig } from '../../../agent/config/load';
import { variableName } from '../../../agent/config/environment';
import { holdMsOf } from '../../../agent/app/context';
import { profileOf, settingsOf } from '../../../agent/daemon/settings';
import { configTemplate } from '../../../agent/config/template';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'blosm-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const template = configTemplate({
  ...{ connectionProfile: 'fabric/connection.yaml', channel: 'blosm', chaincode: 'blosm', asLocalhost: false },
  name: 'edge1',
  mspId: 'Edge1MSP',
});
const write = (text: string, name = 'blosm.yaml') => writeFileSync(join(cwd, name), text);
const load = (env: Record<string, string> = {}, file?: string) => loadConfig({ cwd, env, file });
const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ code: 'BLOSM_E_CONFIG_INVALID', stage: 'config' });
    return (error as Error).message;
  }
  throw new Error('it was accepted');
};

test('the file that init writes is valid and the rest has defaults', () => {
  write(template);
  const { config, file } = load();
  expect(file).toBe(join(cwd, 'blosm.yaml'));
  expect(config.cluster).toMatchObject({ name: 'edge1', mspId: 'Edge1MSP', capacity: { memoryMiB: 4096 } });
  expect(config.migration.deadlineSeconds).toBe(600);
  expect(config.evaluation.allow.privileged).toBe(false);
});

test('relative file names start at the folder of the file, absolute ones stay', () => {
  mkdirSync(join(cwd, 'below'));
  write(`${template}state: { directory: ../state }\n`, 'below/agent.yaml');
  const { config } = load({}, 'below/agent.yaml');
  expect(config.ledger.certificate).toBe(join(cwd, 'below/fabric/agent/cert.pem'));
  expect(config.state.directory).toBe(join(cwd, 'state'));
  expect(config.docker.socket).toBe('/var/run/docker.sock');
});

test.each([
  ['holdSeconds: 600, idleSeconds: 601', true],
  ['holdSeconds: 600', false],
  ['holdSeconds: 120', false],
  ['idleSeconds: 60', false],
])('a request is held for less than the silence that ends it: %s', (limits, isValid) => {
  write(template.replace('gateway:\n', `gateway:\n  limits: { ${limits} }\n`));
  if (isValid) expect(load().config.gateway.limits).toMatchObject({ holdSeconds: 600 });
  else expect(() => load()).toThrow(/gateway\.limits\.holdSeconds: less than idleSeconds/);
});

test('files of the gateway start there too, and with TLS it says https', () => {
  const more =
    '  tls: { certificate: tls/cert.pem, privateKey: tls/key.pem }\n  auth: { jwksFile: keys.json, issuer: i, audience: a }\n';
  write(template.replace('gateway:\n', `gateway:\n${more}`));
  const { config } = load();
  expect(config.gateway.tls).toEqual({ certificate: join(cwd, 'tls/cert.pem'), privateKey: join(cwd, 'tls/key.pem') });
  expect(config.gateway.auth).toMatchObject({ jwksFile: join(cwd, 'keys.json'), required: true, claim: 'sub' });
  expect(profileOf({ ...config, gateway: { ...config.gateway, advertiseUrl: undefined } }).gatewayUrl).toMatch(
    /^https:/,
  );
  write(template);
  expect(profileOf(load().config).gatewayUrl).toMatch(/^http:/);
});

test.each([
  ['neither file nor address', 'issuer: i, audience: a', /gateway\.auth\.jwksFile: either jwksFile or jwksUrl/],
  ['both', 'jwksFile: k, jwksUrl: "https://i/k", issuer: i, audience: a', /either jwksFile or jwksUrl/],
  [
    'an address in the clear',
    'jwksUrl: "http://issuer.test/k", issuer: i, audience: a',
    /gateway\.auth\.jwksUrl: https/,
  ],
  ['no audience', 'jwksFile: k, issuer: i', /gateway\.auth\.audience/],
])('the authentication of devices with %s is refused', (_what, auth, expected) => {
  write(template.replace('gateway:\n', `gateway:\n  auth: { ${auth} }\n`));
  expect(messageOf(() => load())).toMatch(expected);
});

test.each([
  ['  sourceIp: ', '  sorceIp: ', /:\d+:3: cluster\.sorceIp: unknown key; did you mean "sourceIp"\?/],
  ['latitude:', 'lattitude:', /:\d+:11: cluster\.site\.lattitude: unknown key; did you mean "latitude"\?/],
  ['registry:\n', 'regsitry:\n', /:\d+:1: regsitry: unknown key; did you mean "registry"\?/],
  ['  level: info', '  loudness: 9', /log\.loudness: unknown key; known here: level/],
  ['memoryMiB: 4096', 'memoryMiB: lots', /:\d+:5: cluster\.capacity\.memoryMiB: .*expected number/],
  ['policy: strict', 'policy: lax', /:\d+:3: evaluation\.policy: .*"paper"\|"strict"/],
  ['listen: 0.0.0.0:8080', 'listen: nowhere', /gateway\.listen: .*host:port/],
  ['listen: 0.0.0.0:8080', 'listen: 0.0.0.0:80800', /gateway\.listen: a port is at most 65535/],
  ['  address: registry.example:5000', '  username: me', /:\d+:1: registry\.address: is needed but missing/],
  ['[image-recognition]', '[image-recognition, 7]', /:\d+:41: cluster\.applicationTypes\.1: /],
  ['log:\n', 'log: [\n', /:\d+:\d+: /],
  ['  name: edge1', '  name: edge1\n  name: edge2', /:\d+:3: Map keys must be unique/],
])('%j changed to %j is refused with its place', (from, to, expected) => {
  expect(template).toContain(from);
  write(template.replace(from, to));
  expect(messageOf(() => load())).toMatch(expected);
});

test('the line named is the line of the key', () => {
  write(template.replace('  policy: strict', '  policy: lax'));
  const line = template.split('\n').indexOf('  policy: strict') + 1;
  expect(messageOf(() => load())).toContain(`${join(cwd, 'blosm.yaml')}:${line}:3: evaluation.policy`);
});

test('all faults are named at once, in the order of the lines', () => {
  write(template.replace('mspId:', 'msp:').replace('level: info', 'level: loud'));
  const lines = messageOf(() => load()).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines.join()).toMatch(/cluster\.mspId: is needed.*cluster\.msp: unknown.*log\.level/);
});

test.each(['', '[]', '7', '- a'])('%j is no configuration', (text) => {
  write(text);
  messageOf(() => load());
});

test('the environment overrides the file, parsed as YAML', () => {
  write(template);
  const { config, overrides } = load({
    BLOSM_LOG_LEVEL: 'debug',
    BLOSM_CLUSTER_APPLICATION_TYPES: '[a, b]',
    BLOSM_EVALUATION_ALLOW_PRIVILEGED: 'true',
    BLOSM_MIGRATION_DEADLINE_SECONDS: '300',
    BLOSM_MODELS: '/elsewhere',
  });
  expect(config.log.level).toBe('debug');
  expect(config.cluster.applicationTypes).toEqual(['a', 'b']);
  expect(config.evaluation.allow.privileged).toBe(true);
  expect(config.migration.deadlineSeconds).toBe(300);
  expect(overrides).toHaveLength(4);
});

test('a service has limits of its own, and the rest is as for all', () => {
  write(
    template.replace('gateway:\n', 'gateway:\n  services: { counter: { holdSeconds: 2.5, bodyMiB: 0 }, detect: {} }\n'),
  );
  const { config } = load({ BLOSM_GATEWAY_LIMITS_HOLD_SECONDS: '7' });
  expect(config.gateway.services).toEqual({ counter: { holdSeconds: 2.5, bodyMiB: 0 }, detect: {} });
  const settings = settingsOf(config);
  expect(holdMsOf(settings, 'counter')).toBe(2500);
  expect(holdMsOf(settings, 'detect')).toBe(7000);
  // A name that every object has is a service like any other.
  expect(holdMsOf(settings, 'constructor')).toBe(7000);
});

test('a wrong value in the environment is refused', () => {
  write(template);
  expect(messageOf(() => load({ BLOSM_LOG_LEVEL: 'loud' }))).toContain('log.level');
  expect(messageOf(() => load({ BLOSM_LOG_LEVEL: '[' }))).toContain('BLOSM_LOG_LEVEL');
});

test('variable names split words', () => {
  expect(variableName(['cluster', 'sourceIp'])).toBe('BLOSM_CLUSTER_SOURCE_IP');
  expect(variableName(['cluster', 'capacity', 'memoryMiB'])).toBe('BLOSM_CLUSTER_CAPACITY_MEMORY_MIB');
});

test('a named file must exist; without any file the message says how to get one', () => {
  expect(messageOf(() => load({}, 'missing.yaml'))).toContain(join(cwd, 'missing.yaml'));
  expect(findConfigFile({ cwd, env: { BLOSM_CONFIG: 'other.yaml' } })).toBe(join(cwd, 'other.yaml'));
  expect(findConfigFile({ cwd, env: { BLOSM_CONFIG: 'other.yaml' }, file: 'x.yaml' })).toBe(join(cwd, 'x.yaml'));
});

test('a migration lasts longer than a lease: a cluster that is off is suspended meanwhile', () => {
  write(template);
  const message = messageOf(() => load({ BLOSM_LEASE_SECONDS: '571', BLOSM_MIGRATION_DEADLINE_SECONDS: '600' }));
  expect(message).toMatch(/migration\.deadlineSeconds: at least 30 s longer than lease\.seconds/);
  const { config } = load({ BLOSM_LEASE_SECONDS: '570' });
  expect(config.lease.seconds).toBe(570);
});
