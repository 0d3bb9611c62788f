import { visitAgent } from '../../../agent/daemon/doctor/visit-agent';
import type { AgentLook } from '../../../agent/domain/doctor/agents';
import { recordingHandlers } from '../../contract/peers.contract';
import { neighbour } from '../../support/doctor-visit';
import { makeCertificate } from '../../support/certificates';
import { startTwoAgents, type TwoAgents } from '../agent/peers/two-agents';

let running: TwoAgents | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function visit(
  options: { calleeRelease?: string; calleeSpeaks?: { oldest: number; newest: number } },
  as?: { certificatePem: string; privateKeyPem: string },
): Promise<AgentLook> {
  running = await startTwoAgents(recordingHandlers([]), options);
  const { agentUrl = '', certificateSha256Hex = '' } = running.directory.addressOf('Edge2MSP') ?? {};
  const record = { ...neighbour('Edge2MSP'), agentUrl, agentCertificateSha256: `sha256:${certificateSha256Hex}` };
  const identity = as ?? running.caller;
  return visitAgent('Edge1MSP', () => Promise.resolve(identity))(record, { timeoutMs: 5000 });
}

it.each([
  [{ calleeRelease: '0.2.0' }, { kind: 'answers', release: '0.2.0', protocol: { oldest: 1, newest: 1 } }],
  [{}, { kind: 'answers', release: null, protocol: { oldest: 1, newest: 1 } }],
  [
    { calleeRelease: '9.0.0', calleeSpeaks: { oldest: 8, newest: 9 } },
    { kind: 'other-protocol', release: '9.0.0', failure: expect.stringContaining('versions 8 to 9') as string },
  ],
])("another cluster's agent that is %j is seen as %j", async (options, expected) => {
  expect(await visit(options)).toEqual(expected);
});

it('one that refuses is told from one that does not answer', async () => {
  const stranger = await makeCertificate('stranger');
  expect(await visit({ calleeRelease: '0.2.0' }, stranger)).toMatchObject({ kind: 'refuses', release: null });
  await running?.server.close();
  const { agentUrl = '' } = running?.directory.addressOf('Edge2MSP') ?? {};
  const look = visitAgent('Edge1MSP', () => Promise.resolve(stranger));
  expect(await look({ ...neighbour('Edge2MSP'), agentUrl }, { timeoutMs: 5000 })).toMatchObject({ kind: 'silent' });
});
