import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkConfig, findConfigFile } from '../../../agent/config/load';
import { configTemplate } from '../../../agent/config/template';
import { describeFault } from '../../../agent/config/yaml-file';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'blosm-bad-config-'));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const GOOD = configTemplate({
  ...{ connectionProfile: 'fabric/connection.yaml', channel: 'blosm', chaincode: 'blosm', asLocalhost: false },
  ...{ name: 'edge1', mspId: 'Edge1MSP' },
});

/** All faults of a text as `line:column: key: message`. */
function faultsOf(text: string | Buffer): string[] {
  writeFileSync(join(cwd, 'blosm.yaml'), text);
  const { reading } = checkConfig({ cwd, env: {}, file: 'blosm.yaml' });
  return reading.ok ? [] : reading.faults.map((fault) => describeFault('', fault).slice(1));
}

/** Line and column of a piece of the text, both from 1. */
function placeIn(text: string, piece: string): string {
  const before = text.slice(0, text.indexOf(piece)).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

const SERVICES = '  listen: 0.0.0.0:8080';
const services = (text: string) => `${SERVICES}\n  services: ${text}`;

test('what init writes has no fault', () => {
  expect(faultsOf(GOOD)).toEqual([]);
});

/** What is written in the place of what, the piece at which the fault is, and what it says. */
const BAD: readonly (readonly [what: string, from: string, to: string, at: string, says: RegExp])[] = [
  ['a mistyped section', 'registry:\n', 'regsitry:\n', 'regsitry', /regsitry: unknown key; did you mean "registry"/],
  ['a mistyped key', 'sourceIp:', 'sorceIp:', 'sorceIp', /did you mean "sourceIp"/],
  ['a mistyped key of a flow map', 'latitude:', 'lattitude:', 'lattitude', /did you mean "latitude"/],
  ['a key in another case', 'mspId:', 'mspid:', 'mspid', /did you mean "mspId"/],
  ['two letters swapped', 'policy:', 'poilcy:', 'poilcy', /did you mean "policy"/],
  [
    'a key of another section',
    '  level: info',
    '  level: info\n  socket: x',
    'socket: x',
    /log\.socket: unknown key; known here: level/,
  ],
  ['a key that is like none', '  level: info', '  zzz: 1', 'zzz', /unknown key; known here: level/],
  ['a key twice', '  name: edge1', '  name: edge1\n  name: edge2', 'name: edge2', /Map keys must be unique/],
  ['a missing key', '  sourceIp: 192.0.2.1\n', '', 'cluster:', /cluster\.sourceIp: is needed but missing/],
  [
    'a missing key of a flow map',
    'latitude: -37.8136, ',
    '',
    'site:',
    /cluster\.site\.latitude: is needed but missing/,
  ],
  ['an empty section', 'log:\n  level: info', 'log:', 'log:', /log: .*expected object, received null/],
  ['a number for a section', 'log:\n  level: info', 'log: 7', 'log:', /log: .*expected object, received number/],
  ['a list for a section', 'log:\n  level: info', 'log: [info]', 'log:', /log: .*expected object, received array/],
  ['a text for a number', 'memoryMiB: 4096', 'memoryMiB: lots', 'memoryMiB', /expected number, received string/],
  ['a number with its unit', 'memoryMiB: 4096', 'memoryMiB: 4096MiB', 'memoryMiB', /expected number, received string/],
  ['half a core in thousandths', 'cpuMillis: 4000', 'cpuMillis: 0.5', 'cpuMillis', /expected int/],
  ['less than nothing', 'memoryMiB: 4096', 'memoryMiB: -1', 'memoryMiB', /Too small/],
  ['a number beyond all', 'memoryMiB: 4096', 'memoryMiB: 1e30', 'memoryMiB', /Invalid input|Too big|expected int/],
  ['no number', 'latitude: -37.8136', 'latitude: .nan', 'latitude', /expected number, received NaN/],
  [
    'a latitude beyond the pole',
    'latitude: -37.8136',
    'latitude: -97.8',
    'latitude',
    /cluster\.site\.latitude: Too small/,
  ],
  ['latitude and longitude swapped', 'latitude: -37.8136', 'latitude: 144.96', 'latitude', /latitude: Too big/],
  ['a radius of nothing', 'coverageRadiusMeters: 400', 'coverageRadiusMeters: 0', 'coverageRadiusMeters', /Too small/],
  ['a word for true or false', 'asLocalhost: false', 'asLocalhost: "no"', 'asLocalhost', /expected boolean/],
  ['a value that is not offered', 'policy: strict', 'policy: lax', 'policy', /evaluation\.policy: .*"paper"\|"strict"/],
  ['an unknown strategy', 'strategy: registry', 'strategy: magic', 'strategy', /migration\.strategy: /],
  ['a strategy that no agent has', 'strategy: registry', 'strategy: direct', 'strategy', /migration\.strategy: /],
  [
    'a password without a user',
    'address: registry.example:5000',
    'address: registry.example:5000\n  passwordFile: password',
    'passwordFile',
    /registry\.passwordFile: needs registry\.username/,
  ],
  ['an unknown level', 'level: info', 'level: loud', 'level: loud', /log\.level: /],
  [
    'an address without a port',
    'listen: 0.0.0.0:8080',
    'listen: 0.0.0.0',
    'listen: 0.0.0.0\n',
    /gateway\.listen: host:port/,
  ],
  ['a port beyond all', 'listen: 0.0.0.0:8080', 'listen: 0.0.0.0:80800', 'listen: 0.0.0.0:80800', /at most 65535/],
  [
    'a URL without a scheme',
    'advertiseUrl: http://',
    'advertiseUrl: ',
    'advertiseUrl: 192',
    /gateway\.advertiseUrl: Invalid URL/,
  ],
  [
    'peers without TLS',
    'advertiseUrl: https://',
    'advertiseUrl: http://',
    'advertiseUrl: http://192.0.2.1:8443',
    /peers\.advertiseUrl: /,
  ],
  ['a name with a capital', 'name: edge1', 'name: Edge1', 'name: Edge1', /lower-case letters, digits and hyphens/],
  ['a name that is a number', 'name: edge1', 'name: 17', 'name: 17', /expected string, received number/],
  ['a text for a list', '[image-recognition]', 'image-recognition', 'applicationTypes', /expected array/],
  ['a wrong item', '[image-recognition]', '[image-recognition, 7]', '7]', /cluster\.applicationTypes\.1: /],
  ['an empty file name', 'socket: /var/run/docker.sock', 'socket: ""', 'socket', /docker\.socket: Too small/],
  [
    'a mistyped limit of a service',
    SERVICES,
    services('{ counter: { bodMiB: 1 } }'),
    'bodMiB',
    /gateway\.services\.counter\.bodMiB: unknown key; did you mean "bodyMiB"/,
  ],
  [
    'a service that can have no such name',
    SERVICES,
    services('{ My_Service: {} }'),
    'My_Service',
    /gateway\.services\.My_Service: lower-case letters, digits and hyphens/,
  ],
  ['no limits for a service', SERVICES, services('{ counter: 7 }'), 'counter: 7', /counter: .*expected object/],
  ['a list of services', SERVICES, services('[counter]'), 'services: [', /gateway\.services: .*expected record/],
  ['no request at all', SERVICES, services('{ counter: { requests: 0 } }'), 'requests', /requests: Too small/],
  [
    'less time than there is',
    SERVICES,
    services('{ counter: { durationSeconds: 0 } }'),
    'durationSeconds',
    /gateway\.services\.counter\.durationSeconds: Too small/,
  ],
  [
    'more header lines than the gateway takes',
    SERVICES,
    services('{ counter: { headerKiB: 64 } }'),
    'headerKiB',
    /counter\.headerKiB: at most gateway\.limits\.headerKiB, which is 32/,
  ],
  [
    'more waiting requests than the gateway has',
    SERVICES,
    `  limits: { heldRequests: 5 }\n${services('{ counter: { heldRequests: 6 } }')}`,
    'heldRequests: 6',
    /counter\.heldRequests: at most gateway\.limits\.heldRequests, which is 5/,
  ],
  ['a tabulator', '  level: info', '\tlevel: info', '\tlevel', /Tabs are not allowed as indentation/],
  ['a bracket without its end', 'log:\n', 'log: [\n', 'level: info\n', /./],
  ['a quote without its end', '  level: info\n', '  level: "info\n', '"info', /./],
  ['an alias of nothing', 'level: info', 'level: *nothing', '*nothing', /Unresolved alias/],
  ['a second document', 'log:\n', '---\nlog:\n', '---', /multiple documents/],
];

test.each(BAD)('%s is named with line and column', (_what, from, to, at, says) => {
  expect(GOOD).toContain(from);
  const text = GOOD.replace(from, to);
  const faults = faultsOf(text);
  expect(faults.join('\n')).toMatch(says);
  // The end of the text is where a bracket or a quote turns out to be missing.
  const places = faults.map((fault) => fault.split(':').slice(0, 2).join(':'));
  if (says.source === '.') expect(places.every((place) => /^[1-9]\d*:[1-9]\d*$/.test(place))).toBe(true);
  else expect(places).toContain(placeIn(text, at));
});

test('at least thirty of them', () => {
  expect(BAD.length).toBeGreaterThanOrEqual(30);
});

test.each([
  ['nothing', ''],
  ['a number', '7'],
  ['a list', '- a'],
  ['a text', 'hello'],
  ['an empty map', '{}'],
  ['only a remark', '# nothing'],
  ['what is not UTF-8', Buffer.from([0xff, 0xfe, 0x00, 0x41])],
  ['a key that is no text', '1: 2'],
  ['a key for all objects', '__proto__: { cluster: 1 }'],
])('%s is no configuration, and says so at a place of the file', (_what, text) => {
  const faults = faultsOf(text);
  expect(faults.length).toBeGreaterThan(0);
  for (const fault of faults) expect(fault).toMatch(/^[1-9]\d*:[1-9]\d*: ./);
});

test('a few lines that stand for gigabytes are refused, not written out', () => {
  const levels = 'abcdefghij'.split('').map((name, index, all) => {
    const below = index === 0 ? '"x"' : `*${all[index - 1] ?? ''}`;
    return `${name}: &${name} [${Array.from({ length: 10 }, () => below).join(', ')}]`;
  });
  expect(faultsOf(levels.join('\n'))).toEqual([expect.stringMatching(/^1:1: .*alias/i) as string]);
});

test('without a file of the user, the one of the system counts; ./blosm.yaml goes before it', () => {
  const other = mkdtempSync(join(tmpdir(), 'blosm-etc-'));
  const systemFile = join(other, 'blosm.yaml');
  try {
    const empty = { cwd: other, env: {}, systemFile: join(other, 'etc.yaml') };
    expect(findConfigFile(empty)).toBeNull();
    writeFileSync(systemFile, GOOD);
    expect(findConfigFile({ cwd: '/nowhere', env: {}, systemFile })).toBe(systemFile);
    writeFileSync(join(cwd, 'blosm.yaml'), GOOD);
    expect(findConfigFile({ cwd, env: {}, systemFile })).toBe(join(cwd, 'blosm.yaml'));
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});
