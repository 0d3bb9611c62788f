import { FakeChannel } from '../../../fakes/channel';
import { VirtualClock } from '../../../fakes/virtual-clock';
import { testIdentity } from '../../../support/identity';
import { eventOf, expectNoWrites, expectRefusal, makeBench } from '../../../support/ledger-bench';
import { nodeProfile, nodeRegistration, serviceRegistration } from '../../../support/ledger-samples';

describe('NodeContract:Register', () => {
  it('names the node by the MSP of the admin and keeps the digest of its certificate', async () => {
    const bench = await makeBench();
    const agent = await testIdentity('Edge1MSP', 'client', 'agent');
    expect(await bench.edge2.query('NodeContract:Get', ['Edge1MSP'])).toEqual({
      v: 2,
      type: 'node',
      nodeId: 'Edge1MSP',
      ...nodeProfile('edge1'),
      agentCertificatePem: agent.certificatePem,
      agentCertificateSha256: agent.certificateSha256,
      state: 'ACTIVE',
      cordoned: false,
      registeredAtMs: bench.clock.nowMs(),
      updatedAtMs: bench.clock.nowMs(),
      revision: 1,
    });
  });

  it('announces the node, and writes nothing when asked again', async () => {
    const channel = new FakeChannel({ nodeIds: ['Edge1MSP'], clock: new VirtualClock() });
    const bench = { channel } as Awaited<ReturnType<typeof makeBench>>;
    const admin = await channel.admin('Edge1MSP');
    const registration = await nodeRegistration('Edge1MSP');
    const first = await admin.submit('NodeContract:Register', [registration]);
    expect(eventOf(bench, first)).toEqual({ v: 1, name: 'NodeRegistered', nodeId: 'Edge1MSP' });
    const second = await admin.submit('NodeContract:Register', [registration]);
    expectNoWrites(bench, second);
    expect(second.result).toEqual(first.result);
  });

  it('replaces the certificate: the old agent is refused from then on', async () => {
    const bench = await makeBench();
    const other = await testIdentity('Edge1MSP', 'client', 'agent-2');
    const admin = await bench.channel.admin('Edge1MSP');
    await bench.clock.advance(1000);
    const registration = { ...(await nodeRegistration('Edge1MSP')), agentCertificatePem: other.certificatePem };
    const committed = await admin.submit('NodeContract:Register', [registration]);
    expect(eventOf(bench, committed)).toMatchObject({ name: 'NodeUpdated' });
    expect(committed.result).toMatchObject({
      agentCertificateSha256: other.certificateSha256,
      registeredAtMs: bench.clock.nowMs() - 1000,
      updatedAtMs: bench.clock.nowMs(),
      revision: 2,
    });
    const share = () => bench.edge1.submit('ServiceContract:Register', [serviceRegistration()]);
    await expectRefusal(bench, 'BLOSM_E_FORBIDDEN', share, /only the agent that Edge1MSP registered/);
    await bench.channel.as(other).submit('ServiceContract:Register', [serviceRegistration()]);
  });

  it('refuses whoever is no admin', async () => {
    const bench = await makeBench();
    const registration = await nodeRegistration('Edge1MSP', nodeProfile('other'));
    const register = () => bench.edge1.submit('NodeContract:Register', [registration]);
    await expectRefusal(bench, 'BLOSM_E_FORBIDDEN', register, /an admin of Edge1MSP \(OU=admin\)/);
  });

  it('refuses an MSP id that cannot name a node', async () => {
    const channel = new FakeChannel({ nodeIds: ['Edge_1', 'Edge1MSP'], clock: new VirtualClock() });
    const bench = { channel } as Awaited<ReturnType<typeof makeBench>>;
    const admin = await channel.admin('Edge_1');
    const registration = await nodeRegistration('Edge1MSP');
    const register = () => admin.submit('NodeContract:Register', [registration]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', register, /nodeId: the MSP id Edge_1/);
  });

  it('refuses a PEM that holds no certificate', async () => {
    const bench = await makeBench();
    const admin = await bench.channel.admin('Edge1MSP');
    const agentCertificatePem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    const register = () => admin.submit('NodeContract:Register', [{ ...nodeProfile(), agentCertificatePem }]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', register, /agentCertificatePem: not an X.509/);
  });
});

describe('a certificate', () => {
  const registrationWith = async (nodeId: string, holder: string) => ({
    ...(await nodeRegistration(nodeId)),
    agentCertificatePem: (await testIdentity(holder, 'client', 'agent')).certificatePem,
  });

  it('that another node has registered is refused: the other agents could not tell the two apart', async () => {
    const bench = await makeBench();
    const admin = await bench.channel.admin('Edge2MSP');
    const taken = await registrationWith('Edge2MSP', 'Edge1MSP');
    const register = () => admin.submit('NodeContract:Register', [taken]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', register, /Edge1MSP has registered this certificate/);
  });

  it('that its node has replaced may be registered by another, and is not given up for that one again', async () => {
    const bench = await makeBench();
    const first = await bench.channel.admin('Edge1MSP');
    const second = await bench.channel.admin('Edge2MSP');
    const other = await testIdentity('Edge1MSP', 'client', 'agent-2');
    const replaced = { ...(await nodeRegistration('Edge1MSP')), agentCertificatePem: other.certificatePem };
    await first.submit('NodeContract:Register', [replaced]);
    await second.submit('NodeContract:Register', [await registrationWith('Edge2MSP', 'Edge1MSP')]);
    const back = async () => first.submit('NodeContract:Register', [await nodeRegistration('Edge1MSP')]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', back, /Edge2MSP has registered this certificate/);
  });

  it('of a node that has left is free', async () => {
    const bench = await makeBench();
    await bench.edge1.submit('NodeContract:Leave', []);
    const second = await bench.channel.admin('Edge2MSP');
    await second.submit('NodeContract:Register', [await registrationWith('Edge2MSP', 'Edge1MSP')]);
  });
});

describe('NodeContract:Update', () => {
  it('changes what the node says of itself, but not its certificate', async () => {
    const bench = await makeBench();
    const before = await bench.edge1.query('NodeContract:Get', ['Edge1MSP']);
    await bench.clock.advance(5000);
    const profile = { ...nodeProfile('edge1'), coverageRadiusMeters: 500 };
    const committed = await bench.edge1.submit('NodeContract:Update', [profile]);
    expect(committed.result).toEqual({
      ...before,
      coverageRadiusMeters: 500,
      updatedAtMs: bench.clock.nowMs(),
      revision: 2,
    });
    expect(eventOf(bench, committed)).toEqual({ v: 1, name: 'NodeUpdated', nodeId: 'Edge1MSP' });
    expectNoWrites(bench, await bench.edge1.submit('NodeContract:Update', [profile]));
  });

  it('is not the way to another certificate', async () => {
    const bench = await makeBench();
    const registration = await nodeRegistration('Edge1MSP');
    const update = () => bench.edge1.submit('NodeContract:Update', [registration]);
    await expectRefusal(bench, 'BLOSM_E_INVALID_ARGUMENT', update, /agentCertificatePem/);
  });

  it('is refused to a node that is not registered, and to the admin', async () => {
    const channel = new FakeChannel({ nodeIds: ['Edge1MSP'], clock: new VirtualClock() });
    const agent = await channel.agent('Edge1MSP');
    const update = agent.submit('NodeContract:Update', [nodeProfile()]);
    await expect(update).rejects.toMatchObject({ code: 'BLOSM_E_NOT_REGISTERED' });
    const bench = await makeBench();
    const admin = await bench.channel.admin('Edge1MSP');
    const asAdmin = () => admin.submit('NodeContract:Update', [nodeProfile('x')]);
    await expectRefusal(bench, 'BLOSM_E_FORBIDDEN', asAdmin);
  });
});

describe('the queries of nodes', () => {
  it('list all nodes in the order of their ids', async () => {
    const { edge1 } = await makeBench();
    const nodes = await edge1.query('NodeContract:List', []);
    expect(nodes.map(({ nodeId }) => nodeId)).toEqual(['Edge1MSP', 'Edge2MSP', 'Edge3MSP']);
  });

  it('say what there is not', async () => {
    const { edge1 } = await makeBench();
    const get = edge1.query('NodeContract:Get', ['Edge9MSP']);
    await expect(get).rejects.toMatchObject({
      code: 'BLOSM_E_NOT_FOUND',
      message: expect.stringContaining('there is no node Edge9MSP') as string,
    });
  });
});
