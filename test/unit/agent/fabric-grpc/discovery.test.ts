import { readDiscovery } from '../../../../agent/adapters/fabric-grpc/discovery';
import { protos } from '../../../../agent/adapters/fabric-grpc/protos';

function peer(mspid: string, endpoint: string): protos.discovery.IPeer {
  const payload = protos.gossip.GossipMessage.encode({ alive_msg: { membership: { endpoint } } }).finish();
  return {
    identity: protos.msp.SerializedIdentity.encode({ mspid, id_bytes: Buffer.from('certificate') }).finish(),
    membership_info: { payload },
  };
}

const config: protos.discovery.IConfigResult = {
  msps: {
    Edge1MSP: { tls_root_certs: [Buffer.from('ROOT-1')], tls_intermediate_certs: [Buffer.from('INTER-1')] },
    OrdererMSP: { tls_root_certs: [Buffer.from('ROOT-O')] },
  },
  orderers: { OrdererMSP: { endpoint: [{ host: 'orderer.example.com', port: 7050 }] } },
};
const plan: protos.discovery.IChaincodeQueryResult = {
  content: [
    {
      chaincode: 'blosm',
      endorsers_by_groups: {
        G0: { peers: [peer('Edge1MSP', 'peer1.example.com:7051')] },
        G1: { peers: [peer('Edge2MSP', '10.88.1.2:7051')] },
      },
      layouts: [{ quantities_by_group: { G0: 1, G1: 1 } }],
    },
  ],
};
const response = (...results: protos.discovery.IQueryResult[]) => ({ results });

describe('what discovery tells', () => {
  it('is the endorsement plan with the addresses and TLS roots of its peers, and the orderers', () => {
    const found = readDiscovery(response({ config_result: config }, {}, { cc_query_res: plan }), {
      asLocalhost: false,
      hasTls: true,
    });
    expect(found.plan).toEqual({
      groups: { G0: ['peer1.example.com:7051'], G1: ['10.88.1.2:7051'] },
      layouts: [{ G0: 1, G1: 1 }],
    });
    expect(found.peers.get('peer1.example.com:7051')).toEqual({
      name: 'peer1.example.com:7051',
      mspId: 'Edge1MSP',
      target: 'peer1.example.com:7051',
      tls: { rootsPem: 'ROOT-1\nINTER-1', serverName: null },
    });
    // Never without TLS because an organisation names no roots: the connection then fails.
    expect(found.peers.get('10.88.1.2:7051')?.tls).toEqual({ rootsPem: '', serverName: null });
    expect(found.orderers).toMatchObject([{ target: 'orderer.example.com:7050', mspId: 'OrdererMSP' }]);
  });

  it('leads to localhost when asked to, with the announced name for TLS', () => {
    const found = readDiscovery(response({ config_result: config }, { cc_query_res: plan }), {
      asLocalhost: true,
      hasTls: true,
    });
    expect(found.peers.get('peer1.example.com:7051')).toMatchObject({
      target: 'localhost:7051',
      tls: { serverName: 'peer1.example.com' },
    });
  });

  it.each([
    [
      'a refusal',
      response({ config_result: config }, { error: { content: 'access denied' } }),
      /discovery: access denied/,
    ],
    ['no plan', response({ config_result: config }), /names no endorsers/],
    ['an empty plan', response({ config_result: config }, { cc_query_res: { content: [] } }), /names no endorsers/],
    ['nothing', {}, /names no endorsers/],
  ])('may be %s', (_what, answer, message) => {
    const read = () => readDiscovery(answer, { asLocalhost: false, hasTls: true });
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ code: 'BLOSM_E_LEDGER_UNREACHABLE' }) as Error);
  });
});
