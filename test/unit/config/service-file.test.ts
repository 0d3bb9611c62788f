import { toRegistration } from '../../../agent/app/control/register-service';
import { digestOf } from '../../../agent/app/hashing';
import { ServiceFile, toServiceOrder } from '../../../agent/config/service-file';
import { parseYaml, readYaml } from '../../../agent/config/yaml-file';
import { ServiceOrder } from '../../../agent/ports/control';
import { RunSpec, ServiceRegistration } from '../../../chaincode/src/model';

const smallest = `
serviceId: counter
applicationType: counter
image: { repository: blosm/counter }
run: { port: 8000 }
`;
const read = (text: string) => parseYaml(text, 'counter.yaml', ServiceFile);

test('the smallest file has defaults for all the rest', () => {
  const order = toServiceOrder(read(smallest));
  expect(ServiceOrder.parse(order)).toEqual(order);
  expect(order).toMatchObject({
    state: 'none',
    tenancy: 'device',
    image: { repository: 'blosm/counter', tag: 'latest' },
  });
  expect(order.runSpec).toEqual(RunSpec.parse(order.runSpec));
  expect(order.runSpec).toMatchObject({ v: 1, port: 8000, healthPath: '/', privileged: false, stopGraceSeconds: 10 });
});

test('MiB become bytes, and the registration is what the ledger takes', () => {
  const file = read(`${smallest}need: { memoryMiB: 64, cpuMillis: 250, diskMiB: 1 }\nidleSeconds: 60\n`);
  const digest = `sha256:${'a'.repeat(64)}`;
  const image = { repository: 'blosm/counter', manifestDigest: digest, configDigest: digest, sizeBytes: 5 };
  const registration = toRegistration(toServiceOrder(file), image);
  expect(ServiceRegistration.parse(registration)).toEqual(registration);
  expect(registration.need).toEqual({ memoryBytes: 67_108_864, cpuMillis: 250, gpuMillis: 0, diskBytes: 1_048_576 });
  expect(registration.specSha256).toBe(digestOf(toServiceOrder(file).runSpec));
});

test('the hash of a run spec does not depend on the order of its keys', () => {
  const { runSpec } = toServiceOrder(read(smallest));
  expect(digestOf(Object.fromEntries(Object.entries(runSpec).reverse()))).toBe(digestOf(runSpec));
  expect(digestOf({ ...runSpec, port: 8001 })).not.toBe(digestOf(runSpec));
});

test('a file with state must not be shared, and secrets are marked', () => {
  const shared = readYaml(`${smallest}state: files\ntenancy: shared\n`, ServiceFile);
  expect(shared).toMatchObject({ ok: false, faults: [{ key: 'tenancy', line: 7, column: 1 }] });
  const file = read(smallest.replace('port: 8000', 'port: 8000, env: [{ name: KEY, value: x, secret: true }]'));
  expect(file.run.env).toEqual([{ name: 'KEY', value: 'x', secret: true }]);
});

test("the host's network has room for one container: only a shared service may have it", () => {
  const inHostNetwork = smallest.replace('port: 8000', 'port: 8000, hostNamespaces: [network]');
  const alone = readYaml(inHostNetwork, ServiceFile);
  expect(alone).toMatchObject({ ok: false, faults: [{ key: 'run.hostNamespaces', line: 5 }] });
  expect(read(`${inHostNetwork}tenancy: shared\n`).run.hostNamespaces).toEqual(['network']);
});

test('files are deleted with an idle instance only when the service says so', () => {
  const silent = readYaml(`${smallest}state: files\nidleSeconds: 60\n`, ServiceFile);
  expect(silent).toMatchObject({ ok: false, faults: [{ key: 'idleSeconds', line: 7 }] });
  const said = read(`${smallest}state: files\nidleSeconds: 60\nidleDiscardsState: true\n`);
  expect(ServiceOrder.parse(toServiceOrder(said))).toMatchObject({ state: 'files', idleSeconds: 60 });
  expect(read(`${smallest}state: files\n`).idleSeconds).toBe(0);
});

test('a typing error inside a list is named with its place', () => {
  const text = smallest.replace('{ port: 8000 }', '\n  port: 8000\n  env:\n    - { nmae: KEY, value: x }');
  expect(readYaml(text, ServiceFile)).toMatchObject({
    ok: false,
    faults: [
      { key: 'run.env.0.name', line: 8, column: 7, message: 'is needed but missing' },
      { key: 'run.env.0.nmae', line: 8, column: 9, message: 'unknown key; did you mean "name"?' },
    ],
  });
});
