import { connectLedger } from '../../../agent/daemon/ledger';
import { FakeLog } from '../../fakes/log';
import { VirtualClock } from '../../fakes/virtual-clock';

const mockLoaded: string[] = [];
const mockAsked: object[] = [];

/** An adapter that says when it is loaded and what it is asked. */
function mockAdapter(name: string, connect: string): object {
  mockLoaded.push(name);
  return {
    [connect]: (options: object) => {
      mockAsked.push(options);
      return { nodeId: name };
    },
  };
}

jest.mock('../../../agent/adapters/fabric', () => mockAdapter('fabric-network', 'connectFabric'));
jest.mock('../../../agent/adapters/fabric-gateway', () => mockAdapter('fabric-gateway', 'connectFabricGateway'));

const pems = { certificatePem: 'CERTIFICATE', privateKeyPem: 'KEY' };

async function connect(adapter: 'fabric-network' | 'fabric-gateway'): Promise<string> {
  const files = { connectionProfile: 'profile.yaml', certificate: 'cert.pem', privateKey: 'key.pem' };
  const config = {
    ledger: { ...files, adapter, channel: 'edge', chaincode: 'blosm', asLocalhost: true },
    cluster: { mspId: 'Edge1MSP' },
    confirmation: { source: 'commit' },
  } as const;
  const { nodeId } = await connectLedger(config, pems, { log: new FakeLog(), clock: new VirtualClock() });
  return nodeId;
}

it('loads the SDK of the adapter that is chosen, and no other', async () => {
  expect(mockLoaded).toEqual([]);
  expect(await connect('fabric-gateway')).toBe('fabric-gateway');
  expect(mockLoaded).toEqual(['fabric-gateway']);
  expect(await connect('fabric-network')).toBe('fabric-network');
  expect(mockLoaded).toEqual(['fabric-gateway', 'fabric-network']);
});

it('tells either adapter the same', async () => {
  mockAsked.length = 0;
  await connect('fabric-gateway');
  await connect('fabric-network');
  const told = {
    ...pems,
    ...{ connectionProfile: 'profile.yaml', channel: 'edge', chaincode: 'blosm', asLocalhost: true },
    ...{ mspId: 'Edge1MSP', confirmationSource: 'commit' },
  };
  expect(mockAsked).toMatchObject([told, told]);
});
