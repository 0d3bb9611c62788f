import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openIdentity } from '../../../agent/adapters/identity';
import { AgentConfig } from '../../../agent/config/schema';
import { tcpControl } from '../../../agent/daemon/control';
import { waitUntil } from '../../../network/processes';
import { FakeLog } from '../../fakes/log';
import { VirtualClock } from '../../fakes/virtual-clock';
import { makeCertificate, type TestCertificate } from '../../support/certificates';

const LISTEN = '127.0.0.1:0';

let folder: string;
let clock: VirtualClock;
let log: FakeLog;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blosm-control-'));
  clock = new VirtualClock();
  log = new FakeLog();
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const files = (name: string) => ({ certificate: at(`${name}-cert.pem`), privateKey: at(`${name}-key.pem`) });
function put(name: string, { certificatePem, privateKeyPem }: TestCertificate): void {
  writeFileSync(files(name).certificate, certificatePem);
  writeFileSync(files(name).privateKey, privateKeyPem);
}
const controlOf = (changes: object) => ({ control: AgentConfig.shape.control.parse(changes) });

it("follows its own certificate's files, and the agent's where it has none of its own", async () => {
  const [agents, own, renewed] = [
    await makeCertificate('agent'),
    await makeCertificate('own'),
    await makeCertificate('renewed'),
  ];
  put('agent', agents);
  put('own', own);
  writeFileSync(at('ca.pem'), agents.certificatePem);
  const identity = await openIdentity(files('agent'), { log, clock });
  const common = { listen: LISTEN, clientCa: at('ca.pem') };
  const plain = await tcpControl(controlOf(common), identity, { log, clock });
  const setup = await tcpControl(controlOf({ ...common, ...files('own') }), identity, { log, clock });
  expect(plain?.options.identity.certificatePem).toBe(agents.certificatePem);
  expect(setup?.options.identity.certificatePem).toBe(own.certificatePem);
  let isTold = false;
  setup?.identity.onRenewal(() => void (isTold = true));
  put('own', renewed);
  await waitUntil(
    async () => {
      await clock.advance(2000);
      return isTold || undefined;
    },
    { deadlineMs: 20_000, what: 'the renewal' },
  );
  expect(setup?.options.identity).toMatchObject({
    certificatePem: renewed.certificatePem,
    privateKeyPem: renewed.privateKeyPem,
  });
  expect(plain?.options.identity.certificatePem).toBe(agents.certificatePem);
  await Promise.all([setup?.close(), plain?.close(), identity.close()]);
});

it('says which file cannot be read', async () => {
  put('agent', await makeCertificate('agent'));
  writeFileSync(at('ca.pem'), '');
  const identity = await openIdentity(files('agent'), { log, clock });
  const open = (changes: object) => tcpControl(controlOf({ listen: LISTEN, ...changes }), identity, { log, clock });
  await expect(open({ clientCa: at('none.pem') })).rejects.toMatchObject({
    code: 'BLOSM_E_CONFIG_INVALID',
    message: expect.stringContaining('control.clientCa') as string,
  });
  await expect(open({ clientCa: at('ca.pem'), ...files('none') })).rejects.toMatchObject({
    code: 'BLOSM_E_CONFIG_INVALID',
    hint: expect.stringContaining('control.certificate and control.privateKey') as string,
  });
  await identity.close();
});
