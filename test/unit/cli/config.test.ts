import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { AgentConfig } from '../../../agent/config/schema';
import { isOneOfMany, listKeys } from '../../../agent/config/key-tree';
import { unitOf } from '../../../agent/config/units';
import { invoke } from './invoke';

let cwd: string;
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'blosm-config-'));
  await blosm('init --name edge1');
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const blosm = (line: string, env: Record<string, string> = {}) => invoke(line.split(' '), { cwd, env });
const json = async (line: string, env: Record<string, string> = {}) => {
  const { exitCode, stdout, stderr } = await blosm(`${line} -o json`, env);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
};
const file = () => join(cwd, 'blosm.yaml');
const lineOf = (text: string) => readFileSync(file(), 'utf8').split('\n').indexOf(text) + 1;

describe('blosm config view', () => {
  test('is a configuration again, with all defaults and absolute paths', async () => {
    const { exitCode, stdout } = await blosm('config view');
    expect(exitCode).toBe(0);
    const config = AgentConfig.parse(parse(stdout));
    expect(config).toMatchObject({
      lease: { seconds: 120 },
      ledger: { certificate: join(cwd, 'fabric/agent/cert.pem') },
    });
    expect((await json('config view'))['config']).toEqual(config);
  });

  test('says of every key where its value comes from', async () => {
    const env = { BLOSM_EVALUATION_POLICY: 'paper' };
    const { stdout } = await blosm('config view --show-origin --set log.level=debug', env);
    expect(stdout).toMatch(/^KEY +VALUE +ORIGIN\n/);
    expect(stdout).toMatch(/^log\.level +"debug" +--set$/m);
    expect(stdout).toMatch(/^evaluation\.policy +"paper" +BLOSM_EVALUATION_POLICY$/m);
    expect(stdout).toMatch(new RegExp(`^cluster\\.name +"edge1" +${file()}:${lineOf('  name: edge1')}$`, 'm'));
    expect(stdout).toMatch(/^lease\.seconds +120 +default$/m);
    expect(stdout).toMatch(/^registry\.username +- +not set$/m);
    const { origins } = (await json('config view --show-origin', env)) as { origins: { key: string }[] };
    const keys = listKeys(AgentConfig).filter((key) => !key.isSection && !isOneOfMany(key));
    expect(origins.map(({ key }) => key)).toEqual(keys.map(({ path }) => path.join('.')));
  });

  test('keeps secrets to itself', async () => {
    const url = 'http://user:hunter2@edge1.example:8080';
    for (const line of [
      'config view',
      'config view --show-origin',
      'config view -o yaml',
      'config explain gateway.advertiseUrl',
    ]) {
      const { exitCode, stdout, stderr } = await blosm(`${line} --set gateway.advertiseUrl=${url}`);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('http://[redacted]@edge1.example:8080');
      expect(stdout + stderr).not.toContain('hunter2');
    }
  });

  test('of an invalid one is exit code 3 with all faults', async () => {
    writeFileSync(file(), readFileSync(file(), 'utf8').replace('level: info', 'level: loud'));
    const { exitCode, stdout, stderr } = await blosm('config view');
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/blosm\.yaml:\d+:3: log\.level: /);
  });
});

describe('the precedence', () => {
  const level = async (line: string, env: Record<string, string> = {}) => {
    const { value, origin } = await json(`config explain log.level ${line}`.trim(), env);
    return [value, (origin as { from: string }).from];
  };

  test('is flags, then environment, then ./blosm.yaml, then the default', async () => {
    const env = { BLOSM_LOG_LEVEL: 'warn' };
    writeFileSync(file(), readFileSync(file(), 'utf8').replace('level: info', 'level: error'));
    expect(await level('--set log.level=debug --set log.level=info', env)).toEqual(['info', 'flag']);
    expect(await level('', env)).toEqual(['warn', 'environment']);
    expect(await level('')).toEqual(['error', 'file']);
    writeFileSync(file(), readFileSync(file(), 'utf8').replace(/log:\n.*\n/, ''));
    expect(await level('')).toEqual(['info', 'default']);
  });

  test('of files is --config, then BLOSM_CONFIG, then ./blosm.yaml', async () => {
    mkdirSync(join(cwd, 'other'));
    for (const name of ['flag', 'env']) {
      writeFileSync(
        join(cwd, 'other', `${name}.yaml`),
        readFileSync(file(), 'utf8').replace('name: edge1', `name: ${name}`),
      );
    }
    const env = { BLOSM_CONFIG: 'other/env.yaml' };
    expect(await json('config explain cluster.name --config other/flag.yaml', env)).toMatchObject({ value: 'flag' });
    expect(await json('config explain cluster.name', env)).toMatchObject({ value: 'env' });
    expect(await json('config explain cluster.name')).toMatchObject({ value: 'edge1' });
  });
});

describe('blosm config explain', () => {
  test('tells meaning, unit, value, line, default and variable', async () => {
    expect(await json('config explain cluster.coverageRadiusMeters')).toMatchObject({
      key: 'cluster.coverageRadiusMeters',
      description: expect.stringContaining('Threshold') as string,
      unit: 'metres',
      value: 400,
      origin: { from: 'file', file: file(), line: lineOf('  coverageRadiusMeters: 400') },
      default: null,
      needed: true,
      variable: 'BLOSM_CLUSTER_COVERAGE_RADIUS_METERS',
    });
    const { stdout } = await blosm('config explain lease.seconds');
    expect(stdout).toMatch(/^meaning: .*\n[^]*unit: +seconds\nvalue: +120\nfrom: +default\ndefault: +120\n/m);
  });

  test('names the line inside of a section on one line, and the section that was set as a whole', async () => {
    const latitude = await json('config explain cluster.site.latitude');
    expect(latitude).toMatchObject({ origin: { line: lineOf('  site: { latitude: -37.8136, longitude: 144.9631 }') } });
    const set = 'cluster.site={"latitude":1.5,"longitude":2}';
    expect(await json(`config explain cluster.site.latitude --set ${set}`)).toMatchObject({
      value: 1.5,
      origin: { from: 'flag', flag: '--set' },
    });
  });

  test('of a section lists its keys', async () => {
    const { stdout } = await blosm('config explain cluster.site');
    expect(stdout).toMatch(/^section: +cluster\.site\n[^]*cluster\.site\.latitude +number +Degrees/m);
    expect((await blosm('config explain lease -o name')).stdout).toBe('lease.seconds\n');
  });

  test('of what stands under names of the user: in general, and for one of them', async () => {
    const text = readFileSync(file(), 'utf8');
    writeFileSync(file(), text.replace('  # services: { counter:', '  services: { my-counter:'));
    const line = lineOf('  services: { my-counter: { bodyMiB: 1, requests: 100, durationSeconds: 30 } }');
    expect(line).toBeGreaterThan(0);
    expect(await json('config explain gateway.services.my-counter.bodyMiB')).toMatchObject({
      ...{ key: 'gateway.services.my-counter.bodyMiB', type: 'whole number', unit: 'MiB (1 048 576 bytes)' },
      ...{ value: 1, origin: { from: 'file', line }, default: null, needed: false, variable: null },
    });
    expect((await blosm('config explain gateway.services.my-counter.bodyMiB')).stdout).not.toMatch(/^variable/m);
    expect(await json('config explain gateway.services.other.bodyMiB')).toMatchObject({ value: null });
    const set = '--set gateway.services.my-counter.requests=7';
    expect(await json(`config explain gateway.services.my-counter.requests ${set}`)).toMatchObject({
      value: 7,
      origin: { from: 'flag' },
    });
    const all = await blosm('config explain gateway.services');
    expect(all.stdout).toMatch(/^type: +sections by name\nvalue: +\{"my-counter":\{"bodyMiB":1,/m);
    expect(all.stdout).toMatch(
      /^variable: +BLOSM_GATEWAY_SERVICES\n[^]*^gateway\.services\.NAME\.bodyMiB +whole number/m,
    );
    const one = await blosm('config explain gateway.services.my-counter');
    expect(one.stdout).toMatch(/^gateway\.services\.NAME\.durationSeconds +number/m);
    const env = { BLOSM_GATEWAY_SERVICES: '{ detect: { requests: 3 } }' };
    expect(await json('config explain gateway.services', env)).toMatchObject({ value: { detect: { requests: 3 } } });
  });

  test('names the nearest key; exit code 2', async () => {
    const { exitCode, stdout, stderr } = await blosm('config explain cluster.sorceIp');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('Did you mean cluster.sourceIp?');
    expect(await blosm('config explain nothing.of.this.kind')).toMatchObject({ exitCode: 2 });
  });

  test('works without a file, and with one that is not valid', async () => {
    const empty = await invoke(['config', 'explain', 'log.level'], { cwd: join(cwd, '..') });
    expect(empty).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('blosm init') as string });
    writeFileSync(file(), 'log: 7\n');
    const broken = await blosm('config explain log.level');
    expect(broken).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('not valid') as string });
    expect(broken.stdout).toMatch(/value: +-\nfrom: +unknown/);
    expect(await blosm('config explain log.level --config missing.yaml')).toMatchObject({ exitCode: 3 });
  });
});

describe('blosm config validate', () => {
  test('says who said what is wrong, when it was not the file', async () => {
    const { exitCode, stdout } = await blosm('config validate --set log.level=loud', { BLOSM_LEASE_SECONDS: 'long' });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/log\.level: .* \(set by --set\)\n/);
    expect(stdout).toMatch(/lease\.seconds: .* \(set by BLOSM_LEASE_SECONDS\)\n/);
  });

  test('names a variable that sets nothing and the one that was meant', async () => {
    const { exitCode, stdout } = await blosm('config validate', {
      BLOSM_LOG_LEVL: 'info',
      BLOSM_AGENT: 'x',
      LOG_X: '',
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('BLOSM_LOG_LEVL sets nothing: no key has this name; did you mean BLOSM_LOG_LEVEL?\n');
    expect(stdout).not.toContain('BLOSM_AGENT');
  });
});

test.each(['', '--service'])(
  'blosm config schema %s is a JSON Schema in which every key is described',
  async (option) => {
    const { stdout } = await blosm(`config schema ${option}`.trim());
    const schema = JSON.parse(stdout) as Schema;
    expect(schema).toMatchObject({ $schema: expect.stringContaining('json-schema.org') as string, type: 'object' });
    expect(schema['additionalProperties']).toBe(false);
    expect(undescribed(schema)).toEqual([]);
    expect(await json(`config schema ${option}`.trim())).toMatchObject({ kind: 'ConfigSchema', schema });
  },
);

interface Schema {
  readonly [key: string]: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
}

const undescribed = ({ properties = {}, additionalProperties: named }: Schema): string[] =>
  Object.entries({ ...properties, ...(typeof named === 'object' ? { NAME: named } : {}) }).flatMap(([key, child]) => [
    ...(child.description === undefined ? [key] : []),
    ...undescribed(child).map((below) => `${key}.${below}`),
  ]);

test('a number of the configuration that is no count has a unit', () => {
  const numbers = listKeys(AgentConfig).filter(({ kind }) => kind === 'number');
  expect(numbers.length).toBeGreaterThan(5);
  expect(numbers.map(({ path }) => path.at(-1) ?? '').filter((key) => unitOf(key) === undefined)).toEqual([]);
  expect(unitOf('headerKiB')).toBe('KiB (1024 bytes)');
  expect(unitOf('connections')).toBeUndefined();
});
